"""Holds: a person's word that nothing new begins on a host, by an entry of the schedule, or at all."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from orchestrator.errors import OrchestratorError
from orchestrator.evacuation import due
from orchestrator.model.hold import Hold
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.run import Who
from orchestrator.model.settings import Settings
from orchestrator.operations.doors import Doors


def hold(doors: Doors, name: str, who: Who, because: str, until: datetime | None, *, keep: bool = True) -> Hold:
    """Hold NAME, in place of an earlier hold of it. keep: or only say what that would come to.

    Raises usage.hold for what is neither a host nor an entry nor `all`, and for an end that is over.
    """
    known = _known(doors.settings)
    if name not in known:
        raise OrchestratorError.of("usage.hold", f"{name} is none of {', '.join(known)}")
    now = doors.clock.now()
    if until is not None and until <= now:
        raise OrchestratorError.of("usage.hold", f"{until:%Y-%m-%d %H:%M} UTC is over already")
    made = Hold(name=name, by=f"{who.login} on {who.controller}", at=now, because=because, until=until)
    if keep:
        doors.store().keep_hold(made)
    return made


def lift(doors: Doors, name: str, *, keep: bool = True) -> Hold:
    """End a hold, and say which. Raises usage.hold where there is none."""
    held = {one.name: one for one in in_force(doors)}
    if name not in held:
        there = f"on hold: {', '.join(held)}" if held else "nothing is on hold"
        fix = "ferry status; or if a slot is meant, as GUEST@HOST: ferry status --slots"
        raise OrchestratorError.of("usage.hold", f"{name} is not on hold; {there}", fix=fix)
    if keep:
        doors.store().lift_hold(name)
    return held[name]


def in_force(doors: Doors) -> tuple[Hold, ...]:
    """All holds that have not ended by themselves, the oldest first."""
    held, now = doors.store().holds(), doors.clock.now()
    return tuple(one for one in held if one.until is None or now < one.until)


def on_hold(doors: Doors) -> frozenset[HostName]:
    """The hosts that nobody is sent to for now, where there is a choice."""
    held = {one.name for one in in_force(doors)}
    everywhere = due.EVERYTHING in held
    return frozenset(host for host in doors.settings.hosts if everywhere or host in held)


def demand_free(doors: Doors, hosts: Iterable[HostName]) -> None:
    """Let nothing new begin on hosts that are on hold. Raises lease.on-hold with who, since when and why."""
    held: Sequence[Hold] = due.in_force(doors.store().holds(), tuple(dict.fromkeys(hosts)), doors.clock.now())
    if held:
        saw = "; ".join(map(due.sentence, held))
        who = " and ".join(dict.fromkeys(one.by for one in held))
        lift_all = "; ".join(f"ferry release {one.name}" for one in held)
        raise OrchestratorError.of("lease.on-hold", saw, fix=f"Ask {who}, then: {lift_all}; or --despite-hold")


def hosts_of(plan: Plan) -> tuple[HostName, ...]:
    """The hosts that a plan touches."""
    return tuple(dict.fromkeys(host for move in plan.moves for host in (move.source, move.destination)))


def _known(settings: Settings) -> tuple[str, ...]:
    return (due.EVERYTHING, *settings.hosts, *(entry.name for entry in settings.schedule))
