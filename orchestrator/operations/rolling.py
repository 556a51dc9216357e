"""Roll through hosts: what a person or the schedule may ask for. Who works on a roll is in rolling_drive.py."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.engine.runner import LEASE_LASTS
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError, Problem
from orchestrator.evacuation import rolling, sequence
from orchestrator.model.cordon import Cordon
from orchestrator.model.host import HostName
from orchestrator.model.lease import Held
from orchestrator.model.order import Order
from orchestrator.model.roll import Roll
from orchestrator.model.run import RunId, Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.given_up import leave_out
from orchestrator.operations.liveness import lives
from orchestrator.operations.rolling_claims import demand_disjoint, give_up, same, take
from orchestrator.operations.rolling_drive import Drive, Rolled, Tell, rolled
from orchestrator.operations.rolling_moves import MOVING, Hands, Moving
from orchestrator.operations.rolling_steps import reckon
from orchestrator.ports import EventSink

OPENING = "rolls"  # the lease under which a roll is opened: two that begin at once see each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a roll is done this time. anew: one with the same wish is given up, and all hosts are begun again; over:
    hosts for which a person says that its command runs no more. until: from then on nothing more begins, as after a
    stop."""

    anew: bool = False
    over: tuple[HostName, ...] = ()
    until: datetime | None = None


NO_TERMS = Terms()


def roll(
    doors: Doors,
    wish: Roll,
    who: Who,
    sinks: Sequence[EventSink],
    stop: Stop,
    *,
    tell: Tell = lambda _roll, _entry: None,
    moving: Moving = MOVING,
    terms: Terms = NO_TERMS,
) -> Rolled:
    """Roll as wished. A roll with the same wish that is not over is joined; its hosts that are done stay done.

    Raises lease.held where a living process works on it; evacuation.roll-overlaps, evacuation.roll-rests where another
    open roll has one of the hosts, or a command may still run; usage.unknown-host, store.unavailable.
    """
    _demand_known(doors, wish)
    store = doors.store()
    opening = store.take(OPENING, doors.holder, lasts=LEASE_LASTS)
    if isinstance(opening, Held) and not lives(doors, opening):
        opening = store.take(OPENING, doors.holder, lasts=LEASE_LASTS, instead_of=opening)
    if isinstance(opening, Held):
        raise OrchestratorError.of("lease.held", "another process opens a roll just now")
    try:
        found = same(doors, wish)
        wanted = wish.occasion or (found.occasion if found is not None else None)
        if found is not None and terms.anew:
            give_up(doors, found, who, terms.over)
            found = None
        demand_disjoint(doors, wish, found)
        at = replace(found or wish, until=terms.until, occasion=wanted)
        fence = take(doors, at.id)
        if at != found:
            store.keep_roll(at, fence=fence)
        leave_out(doors, wish.hosts)  # from now on the roll says who leaves these hosts, and when they come back
    finally:
        store.release(opening)
    hands = Hands(who=who, sinks=sinks, stop=stop)
    return Drive(doors, fence, at, hands, tell, moving).go(found is not None)


def resume_roll(
    doors: Doors,
    name: RunId,
    who: Who,
    sinks: Sequence[EventSink],
    stop: Stop,
    *,
    tell: Tell = lambda _roll, _entry: None,
    moving: Moving = MOVING,
    go_on: bool = True,
) -> Rolled:
    """Take up a roll that was left, or rests. go_on: take hosts up again that have failed, and go on after a stop, or
    after its deadline: a person wants it. Otherwise the deadline binds.

    Raises usage.unknown-run, lease.held.
    """
    found = find_roll(doors, name)
    if found is None:
        raise OrchestratorError.of("usage.unknown-run", f"there is no roll {name}")
    fence = take(doors, name)
    current = find_roll(doors, name) or found  # as its last process left it
    if go_on and current.until is not None and doors.clock.now() >= current.until:
        current = replace(current, until=None)
    return Drive(doors, fence, current, Hands(who=who, sinks=sinks, stop=stop), tell, moving).go(go_on)


def find_roll(doors: Doors, name: str) -> Roll | None:
    """A roll by its name."""
    return next((one for one in doors.store().rolls() if one.id == name), None)


def done_since(doors: Doors, wish: Roll, since: datetime) -> Rolled | None:
    """The roll with the same wish that has come to its end since then, with all of its hosts done."""
    for one in doors.store().rolls():
        if one.over and one.same_wish(wish) and one.entries[-1].at >= since and rolling.all_done(one):
            return rolled(doors, one, rolling.exit_code(one))
    return None


def open_rolls(doors: Doors) -> tuple[tuple[Roll, Held | None], ...]:
    """Rolls that are not over, with who works on them."""
    store = doors.store()
    return tuple((one, store.lease(one.id)) for one in store.rolls() if not one.over)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopGiven:
    """An order to stop a roll. driver: the process that obeys it; None: nobody works on it. rests: it does already."""

    roll: Roll
    driver: str | None
    rests: bool
    dry_run: bool
    cordoned: tuple[Cordon, ...] = ()


def order_stop(doors: Doors, name: RunId, who: Who, *, dry_run: bool = False) -> StopGiven:
    """Queue the order, where there is anything to stop: whoever works on the roll, now or next, obeys it once.

    Raises usage.unknown-run.
    """
    found = find_roll(doors, name)
    if found is None:
        raise OrchestratorError.of("usage.unknown-run", f"there is no roll {name}")
    store = doors.store()
    held = store.lease(name)
    process = str(held.holder) if held is not None and lives(doors, held) else None
    rests = found.over or (process is None and rolling.resting(found))
    if not rests and not dry_run:
        store.order(name, Order(kind="stop", by=f"{who.login} on {who.controller}"), at=doors.clock.now())
    cordoned = tuple(one for one in store.cordons() if one.host in found.hosts)
    return StopGiven(roll=found, driver=process, rests=rests, dry_run=dry_run, cordoned=cordoned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """ways: how each host would be emptied. against: what speaks against the sequence. silent: of the
    hosts those that do not answer. joins: a roll with the same wish is not over, and would go on where it stands."""

    ways: tuple[str, ...]
    against: tuple[str, ...] = ()
    silent: tuple[Problem, ...] = ()
    joins: bool = False


def preview(doors: Doors, wish: Roll) -> Preview:
    """What would be done, reckoned through. Raises usage.unknown-host, evacuation.roll-overlaps,
    evacuation.roll-rests."""
    _demand_known(doors, wish)
    found = same(doors, wish)
    demand_disjoint(doors, wish, found)
    legs, against, facts = reckon(doors, found or wish)
    silent = sequence.silent([leg.host for leg in legs], facts, doors.settings.hosts)
    ways = tuple(leg.sentence for leg in legs)
    return Preview(ways=ways, against=against, silent=silent, joins=found is not None)


def _demand_known(doors: Doors, wish: Roll) -> None:
    unknown = [host for host in wish.hosts if host not in doors.settings.hosts]
    if unknown:
        raise OrchestratorError.of(
            "usage.unknown-host", f"{', '.join(unknown)}: not among {', '.join(doors.settings.hosts)}"
        )
