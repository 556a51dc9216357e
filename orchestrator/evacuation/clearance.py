"""Whether a command may be run on a host now, and whether the host has come back healthy from it: why not."""

from collections.abc import Iterator, Sequence

from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.guest import Power
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Ticket
from orchestrator.model.open_move import OpenMove
from orchestrator.model.roll import Picture
from orchestrator.model.upkeep import MachineSeen


def against(
    host: HostName,
    facts: Facts,
    machine: MachineSeen | Unknown,
    moves: Sequence[OpenMove] = (),
    tickets: Sequence[Ticket] = (),
) -> tuple[str, ...]:
    """What speaks against a command that may stop whatever runs on the host; (): nothing does.

    facts: of all hosts. machine: what the host's kernel says. moves, tickets: all that are open.
    """
    return (*_of_guests(host, facts), *_of_machine(host, machine), *_of_moves(host, moves, tickets))


def _of_guests(host: HostName, facts: Facts) -> Iterator[str]:
    here = facts.hosts.get(host)
    if not isinstance(here, HostFacts):
        yield f"{host} does not answer: {here.why if here is not None else 'not asked'}"
        return
    for guest in here.guests:
        if guest.power is not Power.SHUT_OFF:
            yield f"{guest.name} is {guest.power} there"
    starts = [guest for guest in here.guests if guest.power is Power.SHUT_OFF and guest.autostart]
    elsewhere = {
        guest.uuid: name
        for name, said in facts.answering().items()
        for guest in said.guests
        if name != host and guest.power is not Power.SHUT_OFF
    }
    silent = [name for name, said in facts.hosts.items() if isinstance(said, Unknown)]
    for guest in starts:
        if guest.uuid in elsewhere:
            yield (
                f"{guest.name} runs on {elsewhere[guest.uuid]} and is still defined with autostart on {host}: it would "
                f"start a second time"
            )
        elif silent:
            yield f"{guest.name} starts with {host}, and whether it runs on {', '.join(silent)} is not known"


def _of_machine(host: HostName, machine: MachineSeen | Unknown) -> Iterator[str]:
    if isinstance(machine, Unknown):
        yield f"the process table of {host} cannot be read: {machine.why}"
    elif machine.guests:
        yield f"the kernel of {host} has QEMU processes: {', '.join(map(str, machine.guests))}"


def _of_moves(host: HostName, moves: Sequence[OpenMove], tickets: Sequence[Ticket]) -> Iterator[str]:
    for move in moves:
        if host in (move.source, move.destination):
            yield move.sentence
    named = {(move.run, move.guest) for move in moves}
    for ticket in tickets:
        if host in (ticket.source, ticket.destination) and (ticket.run, ticket.guest) not in named:
            way = f"from {ticket.source} to {ticket.destination}"
            yield f"run {ticket.run} has a slot for {ticket.name} {way}, or waits for one"


def picture(facts: HostFacts) -> Picture | None:
    """The host as it is now; None where it does not say enough to be compared later."""
    identity, networks, pools = facts.identity, facts.active_networks, facts.pools
    if isinstance(identity.boot_id, Unknown) or isinstance(identity.machine_id, Unknown):
        return None
    if isinstance(networks, Unknown) or isinstance(facts.bridges, Unknown) or isinstance(pools, Unknown):
        return None
    return Picture(
        boot_id=identity.boot_id,
        machine_id=identity.machine_id,
        networks=tuple(sorted(networks)),
        bridges=tuple(sorted(facts.bridges)),
        pools=tuple(sorted(pool.name for pool in pools if pool.active)),
        cpu=_cpu(facts),
    )


def _cpu(facts: HostFacts) -> str:
    """The processor as guests see it: what a guest that comes back would have to fit."""
    offers = facts.cpu_offers if not isinstance(facts.cpu_offers, Unknown) else ()
    features = [f"{offer.arch}/{offer.virt_type}: {' '.join(sorted(offer.features))}" for offer in offers]
    return "; ".join([f"{facts.cpu_vendor} {facts.cpu_model}".strip(), *sorted(set(features))])


def unhealthy(before: Picture, now: HostFacts | Unknown, *, reboot: bool) -> tuple[str, ...]:
    """What the host lacks of how it was before the command; (): it is healthy again.

    reboot: another boot id is required. A host that has lost its connections proves nothing by that.
    """
    if isinstance(now, Unknown):
        return (f"it does not answer: {now.why}",)
    seen = picture(now)
    if seen is None:
        return ("it does not say all that it said before: machine and boot id, networks, bridges, pools",)
    return tuple(_lacking(before, seen, reboot=reboot))


def _lacking(before: Picture, now: Picture, *, reboot: bool) -> Iterator[str]:
    if before.machine_id != now.machine_id:
        yield f"another machine answers under its name: machine id {now.machine_id}, before {before.machine_id}"
    if reboot and before.boot_id == now.boot_id:
        yield "it has not been restarted: its boot id is the one from before"
    for what, were, are in (
        ("network", before.networks, now.networks),
        ("bridge", before.bridges, now.bridges),
        ("pool", before.pools, now.pools),
    ):
        yield from (f"the {what} {name} is not up" for name in were if name not in are)
    if before.cpu != now.cpu:
        yield f"its CPU baseline has changed: {_difference(before.cpu, now.cpu)}"


def _difference(before: str, now: str) -> str:
    were, are = set(before.split()), set(now.split())
    gone, new = " ".join(sorted(were - are)), " ".join(sorted(are - were))
    return ", ".join(part for part in (f"gone: {gone}" if gone else "", f"new: {new}" if new else "") if part)
