"""Guests on more hosts than they should be: copies that nobody sends, live twice, started twice with their hosts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from orchestrator.checks.case import LIVE
from orchestrator.checks.remedy import virsh
from orchestrator.model.facts import Facts
from orchestrator.model.finding import Finding, Scope, Severity
from orchestrator.model.guest import Guest, GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.settings import Settings
from orchestrator.planning.resolve import lives_on, silent

_ALARM = 7
_SENDING = "outgoing migration"


@dataclass(frozen=True, slots=True)
class _Copies:
    """Copies of one guest that would be wrong, if they are the same at a second look."""

    guest: GuestId
    hosts: tuple[HostName, ...]


def doubtful(facts: Facts) -> bool:
    """Whether something looks wrong that a migration under way would look like, too: then look again in a while."""
    return bool(_waiting(facts) or _twice(facts))


def copies(settings: Settings, looks: Sequence[Facts]) -> tuple[Finding, ...]:
    """What is wrong with guests at every one of the looks, which were taken some seconds apart."""
    looks = _continued(looks)
    return (
        *(_runs_twice(settings, looks[-1], one) for one in _lasting(looks, _twice)),
        *(_left_incoming(settings, looks[-1], one) for one in _lasting(looks, _waiting)),
        *_autostarts_twice(settings, looks[-1]),
    )


def _continued(looks: Sequence[Facts]) -> Sequence[Facts]:
    """A host that has fallen silent in between is taken to be as it was."""
    first = looks[0]
    return [Facts(hosts={**first.hosts, **look.answering()}) for look in looks]


def _lasting(looks: Sequence[Facts], wrong: Callable[[Facts], tuple[_Copies, ...]]) -> Iterator[_Copies]:
    return (one for one in wrong(looks[-1]) if all(one in wrong(look) for look in looks))


def _waiting(facts: Facts) -> tuple[_Copies, ...]:
    """Copies that wait for memory, and no host is sending it."""
    sent = _sent(facts)
    return tuple(
        _Copies(guest.uuid, (host,))
        for host, guest in _guests(facts)
        if guest.power is Power.INCOMING and guest.uuid not in sent
    )


def _twice(facts: Facts) -> tuple[_Copies, ...]:
    sent = _sent(facts)
    live = dict.fromkeys(guest.uuid for _, guest in _guests(facts) if guest.power in LIVE and guest.uuid not in sent)
    found = (_Copies(uuid, lives_on(uuid, facts)) for uuid in live)
    return tuple(one for one in found if len(one.hosts) > 1)


def _sent(facts: Facts) -> frozenset[GuestId]:
    return frozenset(guest.uuid for _, guest in _guests(facts) if guest.active_job == _SENDING)


def _guests(facts: Facts) -> Iterator[tuple[HostName, Guest]]:
    return ((host, guest) for host, said in sorted(facts.answering().items()) for guest in said.guests)


def _places(facts: Facts, uuid: GuestId) -> dict[HostName, Guest]:
    return {host: guest for host, guest in _guests(facts) if guest.uuid == uuid}


def _runs_twice(settings: Settings, facts: Facts, one: _Copies) -> Finding:
    places = _places(facts, one.guest)
    name = places[one.hosts[0]].name
    seen = " and ".join(f"{host} ({places[host].power})" for host in one.hosts)
    return Finding(
        check="runs-twice",
        severity=Severity.BLOCKER,
        guest=name,
        source=one.hosts[0],
        destination=None,
        saw=f"ALARM: {name} ({one.guest}) is live on {seen}, and no host is sending it. Two copies that write to one "
        "disk destroy it.",
        fix="Look at both, decide which one is right, and end the other by hand: "
        + "; ".join(virsh(settings.hosts[host], "domstate", one.guest, "--reason") for host in one.hosts),
        exit_code=_ALARM,
        scope=Scope.HOST,
    )


def _left_incoming(settings: Settings, facts: Facts, one: _Copies) -> Finding:
    (host,) = one.hosts
    places = _places(facts, one.guest)
    name, quiet, live = places[host].name, silent(facts), lives_on(one.guest, facts)
    where = f"it lives on {', '.join(live)}, which sends nothing" if live else "no host that answered has it live"
    saw = f"{host} holds a paused copy of {name} ({one.guest}) that waits for its memory; {where}"
    look = virsh(settings.hosts[host], "domstate", one.guest, "--reason")
    if quiet:
        severity, fix = Severity.WARNING, f"See first whether {', '.join(quiet)} is sending it; then: {look}"
        saw += f". {', '.join(quiet)} may be sending it, but does not answer"
    elif live:
        end = virsh(settings.hosts[host], "destroy", one.guest)
        severity, fix = Severity.BLOCKER, f"ferry status; {look}; if nothing is on its way, end the waiting copy: {end}"
    else:
        severity, fix = (
            Severity.BLOCKER,
            f"Find out where the guest went before anything is ended: ferry status; {look}",
        )
    return Finding(
        check="leftover-incoming",
        severity=severity,
        guest=name,
        source=host,
        destination=None,
        saw=saw,
        fix=fix,
        exit_code=_ALARM,
        scope=Scope.HOST,
    )


def _autostarts_twice(settings: Settings, facts: Facts) -> Iterator[Finding]:
    started: dict[GuestId, list[HostName]] = {}
    for host, guest in _guests(facts):
        if guest.autostart:
            started.setdefault(guest.uuid, []).append(host)
    for uuid, hosts in started.items():
        if len(hosts) < 2:
            continue
        live, name = lives_on(uuid, facts), _places(facts, uuid)[hosts[0]].name
        idle = [host for host in hosts if host not in live] if live else []
        off = [virsh(settings.hosts[host], "autostart", "--disable", uuid) for host in idle or hosts]
        yield Finding(
            check="autostarts-twice",
            severity=Severity.WARNING,
            guest=name,
            source=(idle or hosts)[0],
            destination=None,
            saw=f"{' and '.join(hosts)} would both start {name} ({uuid}) when they boot; "
            + (f"it lives on {' and '.join(live)}" if live else "it runs on none of them now"),
            fix="; ".join(off)
            if idle
            else "Leave it on where the guest belongs, and not elsewhere: " + " or ".join(off),
            scope=Scope.HOST,
        )
