"""One process at work on a roll: it holds its lease, and takes one step after the other until the roll rests."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from orchestrator.engine.interlude import pause
from orchestrator.engine.keeping import KeepingLoop
from orchestrator.engine.lease import keeping
from orchestrator.engine.runner import LEASE_LASTS, RENEW_EVERY
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.evacuation import rolling
from orchestrator.evacuation.rolling import Next
from orchestrator.migration.terms import Level
from orchestrator.model.cordon import Cordon
from orchestrator.model.lease import Fence
from orchestrator.model.order import Order
from orchestrator.model.roll import Roll, RollEntry, Step
from orchestrator.operations.doors import Doors
from orchestrator.operations.harm import Harmed
from orchestrator.operations.hooks import of_roll
from orchestrator.operations.occasions import keep_over
from orchestrator.operations.rolling_moves import Hands, Moving
from orchestrator.operations.rolling_steps import Bench, Leaving, act, bear_unknown
from orchestrator.ports import Store

T = TypeVar("T")
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


class Drive:
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
        code = rolling.exit_code(done)
        return self._patiently(lambda: rolled(self._doors, done, 1 if code == _STOPPED and self._expired else code))

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


def rolled(doors: Doors, roll: Roll, code: int) -> Rolled:
    """The roll as it stands, with what is still cordoned."""
    cordoned = tuple(one for one in doors.store().cordons() if one.host in roll.hosts)
    return Rolled(roll=roll, cordoned=cordoned, exit_code=code)


def _away(error: OrchestratorError) -> bool:
    return all(problem.code == "store.unavailable" for problem in error.problems)
