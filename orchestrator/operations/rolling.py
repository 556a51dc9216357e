"""Roll through hosts: find or open the roll, hold its lease, and take one step after the other until it rests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from orchestrator.engine.interlude import pause
from orchestrator.engine.keeping import KeepingLoop
from orchestrator.engine.lease import keeping
from orchestrator.engine.runner import LEASE_LASTS, RENEW_EVERY
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError, Problem
from orchestrator.evacuation import rolling, sequence
from orchestrator.evacuation.rolling import Next
from orchestrator.migration.terms import Level
from orchestrator.model.cordon import Cordon
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence, Held
from orchestrator.model.order import Order
from orchestrator.model.roll import Roll, RollEntry, Step
from orchestrator.model.run import RunId, Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.given_up import leave_out
from orchestrator.operations.harm import HELD, Harmed
from orchestrator.operations.hooks import of_roll
from orchestrator.operations.liveness import dead
from orchestrator.operations.occasions import keep_over
from orchestrator.operations.rolling_claims import demand_disjoint, give_up, same, take, worked_on
from orchestrator.operations.rolling_moves import MOVING, Hands, Moving
from orchestrator.operations.rolling_steps import Bench, Leaving, act, bear_unknown, reckon
from orchestrator.ports import EventSink, Store

T = TypeVar("T")
OPENING = "rolls"  # the lease under which a roll is opened: two that begin at once see each other
LISTEN = 1.0
_STOPPED = 130
STORE_AWAY = 5.0  # seconds between two attempts to reach a store that does not answer

Tell = Callable[[Roll, RollEntry], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """A roll after somebody has worked on it. cordoned: its hosts that take no guests now. exit_code: of the whole."""

    roll: Roll
    cordoned: tuple[Cordon, ...]
    exit_code: int


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
    if isinstance(opening, Held) and (opening.expired or dead(doors, opening)):
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
    return _Drive(doors, fence, at, hands, tell, moving).go(found is not None)


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
    return _Drive(doors, fence, current, Hands(who=who, sinks=sinks, stop=stop), tell, moving).go(go_on)


def find_roll(doors: Doors, name: str) -> Roll | None:
    """A roll by its name."""
    return next((one for one in doors.store().rolls() if one.id == name), None)


def done_since(doors: Doors, wish: Roll, since: datetime) -> Rolled | None:
    """The roll with the same wish that has come to its end since then, with all of its hosts done."""
    for one in doors.store().rolls():
        if one.over and one.same_wish(wish) and one.entries[-1].at >= since and _all_done(one):
            return _rolled(doors, one, exit_code(one))
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
    process = f"process {held.holder.pid} on {held.holder.controller}" if held and worked_on(doors, held) else None
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


class _Drive:
    """One process at work on a roll. Every entry is durable before the next step is taken."""

    def __init__(
        self,
        doors: Doors,
        fence: Fence,
        at: Roll,
        hands: Hands,
        tell: Tell,
        moving: Moving,
    ) -> None:
        self._fence = fence
        self._until = at.until
        self._expired = False
        self._harmed = Harmed()
        self._hands = hands = replace(hands, sinks=(*hands.sinks, self._harmed))
        self._tell = tell
        self._renewed = doors.clock.ticks()
        self._order = rolling.order_read(at)
        self._told_to_stop = False
        self._plain = doors
        self._doors = replace(doors, loop=lambda: KeepingLoop(doors.loop(), self._keep))
        self._bench = Bench(doors=self._doors, fence=fence, hands=hands, moving=moving, note=self._note, roll=at)

    def go(self, go_on: bool) -> Rolled:
        """Step by step, until the roll rests or is over. However long one takes, nobody else may take the roll."""
        with keeping(self._plain.store(), self._plain.loop(), self._fence, lasts=LEASE_LASTS):
            return self._go(go_on)

    def _go(self, go_on: bool) -> Rolled:
        store = self._doors.store()
        self._patiently(self._listen)  # what waits in the queue binds as well
        self._open_freed()
        if go_on and self._hands.stop.level is Level.GO and self._at_rest():
            by = f"{self._hands.who.login} on {self._hands.who.controller}"
            self._note(RollEntry(at=self._doors.clock.now(), step=Step.CONTINUED, because=f"taken up again by {by}"))
        try:
            while self._patiently(self._step):
                pass
        except Leaving as leaving:
            self._note(self._stopped(str(leaving)))
        if self._order > rolling.order_read(self._bench.roll):  # it came to a roll that rested already
            self._note(self._stopped(f"stopped by {self._hands.stop.by}"))
        self._patiently(lambda: store.release(self._fence))
        done = self._bench.roll
        code = exit_code(done)
        return self._patiently(lambda: _rolled(self._doors, done, 1 if code == _STOPPED and self._expired else code))

    def _at_rest(self) -> bool:
        return rolling.resting(self._bench.roll) or bool(rolling.failures(self._bench.roll))

    def _step(self) -> bool:
        self._listen()
        following = rolling.next_step(self._bench.roll)
        if following is None:
            return False
        if self._hands.stop.level is Level.GO or following.what in rolling.BROUGHT_TO_ITS_END:
            self._take_step(following)
            return True
        if self._hands.stop.passing:  # whoever goes on does so from here
            return False
        if following.host is not None and following.what in rolling.LETS_GO:
            self._bench.let_go(following.host)
        self._note(self._stopped(f"stopped by {self._hands.stop.by}"))
        return False

    def _take_step(self, following: Next) -> None:
        if following.host is not None and following.host not in self._plain.settings.hosts:
            bear_unknown(self._bench, following.what, following.host)
        elif following.host is not None:
            act(self._bench, following.what, following.host)
        else:
            self._note(RollEntry(at=self._doors.clock.now(), step=following.what, because=following.because))

    def _stopped(self, because: str) -> RollEntry:
        return RollEntry(at=self._doors.clock.now(), step=Step.STOPPED, because=because, order=self._order)

    def _note(self, entry: RollEntry) -> None:
        """Durable once this returns, however long the store is away; with what has become of guests meanwhile."""
        known = self._bench.roll
        harm, code = self._harmed.told
        entry = replace(entry, harm=harm, code=code)
        if entry.step in (Step.STOPPED, Step.ENDED) and not self._hands.stop.passing:
            self._patiently(lambda: keep_over(self._doors.store(), known.occasion))
        now = replace(known, entries=(*known.entries, entry))
        self._patiently(lambda: self._doors.store().keep_roll(now, fence=self._fence))
        self._bench.roll = now
        self._harmed.forget()
        if entry.freed:
            self._open_freed()
        self._tell(now, entry)
        if entry.step in (Step.DONE, Step.FAILED):
            of_roll(self._doors, now, entry)

    def _open_freed(self) -> None:
        """Lift what the record says is lifted: after it is written, so that who goes on from there never relies on a
        cordon that is gone."""
        store, roll_ = self._doors.store(), self._bench.roll
        for host in rolling.freed(roll_):
            self._patiently(partial(store.lift_cordon, host, of=roll_.id, fence=self._fence))

    def _keep(self) -> float:
        """While moves go on: prolong the lease, and hear of orders. A store that is away ends nothing."""
        try:
            self._listen()
        except OrchestratorError as error:
            if not _away(error):
                raise
        return LISTEN

    def _listen(self) -> None:
        if self._until is not None and not self._expired and self._plain.clock.now() >= self._until:
            self._expired = True
            if self._hands.stop.level is Level.GO:
                self._told_to_stop = True  # it binds whoever comes next as well
            self._hands.stop.more(f"the deadline ({self._until:%Y-%m-%d %H:%M} UTC)", at_most=Level.STOP)
        store, now = self._plain.store(), self._plain.clock.ticks()
        if now - self._renewed >= RENEW_EVERY:
            store.renew(self._fence, lasts=LEASE_LASTS)
            self._renewed = now
        self._keep_the_stop(store)
        for queued in store.orders(self._bench.roll.id, after=self._order):
            self._order = queued.number
            if queued.order.kind in ("stop", "abort"):
                self._hands.stop.more(queued.order.by, at_most=Level.STOP)
                self._told_to_stop = True

    def _keep_the_stop(self, store: Store) -> None:
        """What a person has told this process binds whoever goes on after it: it may die before the roll rests."""
        stop = self._hands.stop
        if stop.level is Level.GO or stop.passing or self._told_to_stop:
            return
        store.order(self._bench.roll.id, Order(kind="stop", by=stop.by), at=self._plain.clock.now())
        self._told_to_stop = True

    def _patiently(self, call: Callable[[], T]) -> T:
        """Again and again while the store is away; whatever is called bears being called twice."""
        while True:
            try:
                return call()
            except OrchestratorError as error:
                if not _away(error) or self._hands.stop.level >= Level.ABORT:
                    raise
                pause(self._plain.loop(), self._plain.clock, Stop(), STORE_AWAY)


def _away(error: OrchestratorError) -> bool:
    return all(problem.code == "store.unavailable" for problem in error.problems)


def _all_done(roll: Roll) -> bool:
    return all(rolling.done(roll, host) for host in roll.hosts)


def _rolled(doors: Doors, roll: Roll, code: int) -> Rolled:
    cordoned = tuple(one for one in doors.store().cordons() if one.host in roll.hosts)
    return Rolled(roll=roll, cordoned=cordoned, exit_code=code)


def exit_code(roll: Roll) -> int:
    """0: all hosts are done. 7: a guest is held. 130: an operator stopped it. 1: a host failed, did not come back, or
    misses guests that were to come home; or a guest did not arrive as it should."""
    codes = {entry.code for entry in rolling.untold(roll)}
    if HELD in codes:
        return HELD
    if _all_done(roll):
        return 1 if rolling.not_home(roll) or any(codes) else 0
    return 1 if rolling.failures(roll) else _STOPPED
