"""What has changed on the hosts since a plan was made, as far as the plan relied on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.guest import Guest, Power
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.plan import Plan
from orchestrator.model.transport import Mode

_SOMEWHERE = frozenset({Power.RUNNING, Power.PAUSED, Power.INCOMING})
_NOT_ASKED = Unknown(why="it is not in the configuration any more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One thing that is not as planned. guest: its name, "" for a host. was, now: each a sentence without an end."""

    guest: str
    was: str
    now: str

    @property
    def sentence(self) -> str:
        """Both, beside each other."""
        return f"planned: {self.was}; now: {self.now}"


def drift(plan: Plan, facts: Facts, emptied: Sequence[HostName] = ()) -> tuple[Drift, ...]:
    """Compare the plan with hosts that were asked again: those of all its moves, and `emptied`, on which every guest
    was to leave or known to stay. Empty: it is all as it was."""
    found = [one for move in plan.moves for one in _of_move(move, facts)]
    return tuple(dict.fromkeys((*found, *_newcomers(plan, facts, emptied))))


def refreshed(plan: Plan, facts: Facts) -> Plan:
    """The same plan with what grows by itself as it is now: the CPU time that each guest has used."""
    return replace(plan, moves=tuple(_refreshed(move, facts) for move in plan.moves))


def _refreshed(move: Move, facts: Facts) -> Move:
    guest = _guest(facts.hosts.get(move.source, _NOT_ASKED), move)
    return move if guest is None else replace(move, vcpu_time_ns=guest.vcpu_time_ns)


def _of_move(move: Move, facts: Facts) -> Iterator[Drift]:
    silent = [
        (host, said)
        for host in (move.source, move.destination)
        if isinstance(said := facts.hosts.get(host, _NOT_ASKED), Unknown)
    ]
    for host, said in silent:
        yield Drift(guest="", was=f"{host} answers", now=f"{host} does not answer: {said.why}")
    source = facts.hosts.get(move.source, _NOT_ASKED)
    if isinstance(source, Unknown):
        return
    guest = _guest(source, move)
    power = _power(move)
    if guest is None or guest.power is not power:
        was = f"{move.name} is {power.value} on {move.source}"
        yield Drift(guest=move.name, was=was, now=_where(move, guest, facts))
        return
    yield from _of_guest(move, guest)


def _of_guest(move: Move, guest: Guest) -> Iterator[Drift]:
    """What the move carries or is measured by."""
    pairs = (
        (f"it is called {move.name}", f"it is called {guest.name}"),
        (
            f"{move.name} has {move.memory_bytes} bytes of memory",
            f"{move.name} has {guest.memory_bytes} bytes of memory",
        ),
        (f"{move.name} {_kept(persistent=move.persistent)}", f"{move.name} {_kept(persistent=guest.persistent)}"),
        (f"{move.name} {_starts(by_itself=move.autostart)}", f"{move.name} {_starts(by_itself=guest.autostart)}"),
    )
    for was, now in pairs:
        if was != now:
            yield Drift(guest=move.name, was=was, now=now)


def _kept(*, persistent: bool) -> str:
    return "has a definition that stays" if persistent else "is transient"


def _starts(*, by_itself: bool) -> str:
    return "starts with its host" if by_itself else "does not start with its host"


def _power(move: Move) -> Power:
    if move.transport.mode is Mode.OFFLINE:
        return Power.SHUT_OFF
    return Power.PAUSED if move.paused else Power.RUNNING


def _where(move: Move, guest: Guest | None, facts: Facts) -> str:
    elsewhere = [
        f"{one.power.value} on {host}"
        for host, said in sorted(facts.answering().items())
        for one in said.guests
        if one.uuid == move.guest and one.power in _SOMEWHERE and host != move.source
    ]
    here = [] if guest is None else [f"{guest.power.value} on {move.source}"]
    places = [*here, *elsewhere]
    return f"{move.name} is {' and '.join(places)}" if places else f"{move.name} is not on {move.source} any more"


def _newcomers(plan: Plan, facts: Facts, emptied: Sequence[HostName]) -> Iterator[Drift]:
    known = {*(move.guest for move in plan.moves), *(one.guest for one in plan.staying)}
    for host in emptied:
        said = facts.hosts.get(host, _NOT_ASKED)
        if isinstance(said, Unknown):
            yield Drift(guest="", was=f"{host} answers", now=f"{host} does not answer: {said.why}")
            continue
        for guest in said.guests:
            if guest.power in _SOMEWHERE and guest.uuid not in known:
                yield Drift(
                    guest=guest.name, was=f"{guest.name} is not on {host}", now=f"it is {guest.power.value} there"
                )


def _guest(said: HostFacts | Unknown, move: Move) -> Guest | None:
    if isinstance(said, Unknown):
        return None
    return next((guest for guest in said.guests if guest.uuid == move.guest), None)
