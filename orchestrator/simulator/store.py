"""A store in memory with a clock of its own: the twin of the SQL one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from statistics import median_low

from orchestrator.errors import OrchestratorError
from orchestrator.model.baseline import Baseline
from orchestrator.model.cordon import Cordon
from orchestrator.model.entry import Adopted, Closed, Ended, Entry, Recorded, Seq
from orchestrator.model.errand import OpenErrand
from orchestrator.model.guest import GuestId
from orchestrator.model.hold import Hold
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence, Held
from orchestrator.model.ledger import Ledger, Ticket
from orchestrator.model.move import Doubt
from orchestrator.model.network_test import NetworkTest
from orchestrator.model.offer import Crossing
from orchestrator.model.order import Order, Queued
from orchestrator.model.roll import Roll
from orchestrator.model.run import Holder, Run, RunId
from orchestrator.model.sample import Sample

LAST_MOVES = 10  # as many as a crossing is the median of


class _Lease:
    def __init__(self, number: int, holder: Holder, until: float) -> None:
        self.number, self.holder, self.until = number, holder, until
        self.released = False


class MemoryStore:
    """Lives as long as the object; not for several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._runs: dict[RunId, Run] = {}
        self._entries: dict[RunId, list[Recorded]] = {}
        self._samples: dict[tuple[RunId, GuestId], list[tuple[datetime, Sample]]] = {}
        self._leases: dict[str, _Lease] = {}
        self._tickets: dict[tuple[RunId, GuestId], Ticket] = {}
        self._baselines: dict[str, Baseline] = {}
        self._orders: list[Queued] = []
        self._crossings: dict[tuple[HostName, HostName], list[Crossing]] = {}
        self._version = 0
        self._network_tests: dict[tuple[HostName, HostName, str], tuple[datetime, NetworkTest]] = {}
        self._cordons: dict[HostName, Cordon] = {}
        self._holds: dict[str, Hold] = {}
        self._plans: dict[str, tuple[datetime, str]] = {}
        self._rolls: dict[RunId, Roll] = {}
        self._errands: dict[str, OpenErrand] = {}
        self._ran: dict[str, datetime] = {}

    def open_run(self, run: Run, holder: Holder, *, lasts: float) -> Fence:
        """Keep the head of a run and take its lease."""
        fence = self.take(run.id, holder, lasts=lasts)
        assert isinstance(fence, Fence)
        self._runs[run.id] = run
        self._entries[run.id] = []
        return fence

    def append(self, run: RunId, entry: Entry, *, at: datetime, fence: Fence) -> Seq:
        """Add an entry under a lease that still holds."""
        self._check(fence)
        return self._add(run, entry, at)

    def import_spilled(self, run: RunId, entries: Sequence[tuple[datetime, Entry]], fence: Fence) -> Sequence[Seq]:
        """Add those that are not there yet."""
        self._check(fence)
        numbers: list[Seq] = []
        for at, entry in entries:
            same = (e.seq for e in self._entries[run] if (e.at, e.entry) == (at, entry) and e.seq not in numbers)
            numbers.append(next(same, None) or self._add(run, entry, at))
        return tuple(numbers)

    def _add(self, run: RunId, entry: Entry, at: datetime) -> Seq:
        seq = Seq(len(self._entries[run]) + 1)
        self._entries[run].append(Recorded(run=run, seq=seq, at=at, entry=entry))
        return seq

    def entries(self, run: RunId, *, after: int = 0) -> Sequence[Recorded]:
        """Entries in order."""
        return tuple(e for e in self._entries.get(run, ()) if e.seq > after)

    def runs(self, *, limit: int | None = None, unfinished: bool = False) -> Sequence[Run]:
        """Heads, newest first."""
        found = [run for run in reversed(self._runs.values()) if not (unfinished and self._over(run.id))]
        return tuple(found[:limit])

    def doubtful(self) -> Sequence[Run]:
        """Heads of the runs with a verdict in doubt, newest first."""
        return tuple(run for run in reversed(self._runs.values()) if self._in_doubt(run.id))

    def _in_doubt(self, run: RunId) -> bool:
        told = [e.entry.outcome for e in self._entries[run] if isinstance(e.entry, Ended)]
        return any(outcome.doubt is Doubt.CONTRADICTION for outcome in told)

    def _over(self, run: RunId) -> bool:
        told = [e.entry for e in self._entries[run] if isinstance(e.entry, Closed | Adopted)]
        return bool(told) and isinstance(told[-1], Closed)

    def keep_sample(self, run: RunId, guest: GuestId, sample: Sample, *, at: datetime) -> None:
        """Keep a sample."""
        self._samples.setdefault((run, guest), []).append((at, sample))

    def samples(self, run: RunId, guest: GuestId) -> Sequence[tuple[datetime, Sample]]:
        """Samples, oldest first."""
        return tuple(self._samples.get((run, guest), ()))

    def take(self, name: str, holder: Holder, *, lasts: float, instead_of: Held | None = None) -> Fence | Held:
        """Take a free or expired lease, or the one of a holder proven dead."""
        held = self.lease(name)
        if held is not None and not held.expired and held != instead_of:
            return held
        before = self._leases.get(name)
        number = before.number + 1 if before else 1
        self._leases[name] = _Lease(number, holder, self._clock() + lasts)
        return Fence(name=name, number=number)

    def lease(self, name: str) -> Held | None:
        """Who holds a lease."""
        lease = self._leases.get(name)
        if lease is None or lease.released:
            return None
        return Held(
            name=name,
            number=lease.number,
            holder=lease.holder,
            until=datetime.fromtimestamp(lease.until, UTC),
            expired=lease.until <= self._clock(),
        )

    def renew(self, fence: Fence, *, lasts: float) -> None:
        """Prolong a lease."""
        self._check(fence)
        self._leases[fence.name].until = self._clock() + lasts

    def release(self, fence: Fence) -> None:
        """Give a lease back."""
        lease = self._leases.get(fence.name)
        if lease is not None and lease.number == fence.number:
            lease.released = True

    def ledger(self) -> Ledger:
        """All tickets in the order of their waiting, and who drives their runs."""
        tickets = sorted(self._tickets.values(), key=lambda ticket: (ticket.since, ticket.run, ticket.position))
        holders = {run: self.lease(run) for run in {ticket.run for ticket in tickets}}
        held = {run: holder for run, holder in holders.items() if holder is not None}
        return Ledger(version=self._version, tickets=tuple(tickets), holders=held)

    def book(self, *, put: Sequence[Ticket], drop: Sequence[Ticket], if_version: int, fence: Fence) -> bool:
        """Change tickets if nobody else did meanwhile."""
        self._check(fence)
        if if_version != self._version:
            return False
        for ticket in drop:
            self._tickets.pop((ticket.run, ticket.guest), None)
        for ticket in put:
            self._tickets[ticket.run, ticket.guest] = ticket
        self._version += 1
        return True

    def order(self, run: RunId, order: Order, *, at: datetime) -> int:
        """Queue an order."""
        self._orders.append(Queued(number=len(self._orders) + 1, run=run, at=at, order=order))
        return len(self._orders)

    def orders(self, run: RunId, *, after: int = 0) -> Sequence[Queued]:
        """Orders of a run, oldest first."""
        return tuple(queued for queued in self._orders if queued.run == run and queued.number > after)

    def keep_crossing(self, source: HostName, destination: HostName, crossing: Crossing, *, at: datetime) -> None:
        """Keep what a move taught; the order in which they come is their age."""
        del at
        self._crossings.setdefault((source, destination), []).append(crossing)

    def crossing(self, source: HostName, destination: HostName) -> Crossing:
        """Medians of the last moves this way."""
        kept = self._crossings.get((source, destination), [])[::-1]
        return Crossing(
            handover_ms=_median(c.handover_ms for c in kept),
            bytes_per_second=_median(c.bytes_per_second for c in kept),
        )

    def keep_baseline(self, name: str, baseline: Baseline) -> None:
        """Keep a baseline."""
        self._baselines[name] = baseline

    def baselines(self) -> Mapping[str, Baseline]:
        """All baselines, the newest first."""
        by_age = sorted(self._baselines.items(), key=lambda kept: (-kept[1].made_at.timestamp(), kept[0]))
        return dict(by_age)

    def keep_network_test(self, test: NetworkTest, *, at: datetime) -> None:
        """Keep a test, in place of the earlier one of that way."""
        self._network_tests[test.source, test.destination, test.network] = (at, test)

    def network_tests(self) -> Sequence[tuple[datetime, NetworkTest]]:
        """The last test of each way, the newest first."""
        return tuple(sorted(self._network_tests.values(), key=lambda kept: kept[0], reverse=True))

    def cordons(self) -> Sequence[Cordon]:
        """All cordons, the oldest first."""
        return tuple(sorted(self._cordons.values(), key=lambda cordon: (cordon.at, cordon.host)))

    def keep_cordon(self, cordon: Cordon, *, fence: Fence | None = None) -> Cordon:
        """Keep it, unless it is for a run and somebody else's is there."""
        if fence is not None:
            self._check(fence)
        stands = self._cordons.get(cordon.host)
        if stands is None or cordon.run is None or stands.run == cordon.run:
            self._cordons[cordon.host] = cordon
        return self._cordons[cordon.host]

    def lift_cordon(self, host: HostName, *, of: RunId | None = None, fence: Fence | None = None) -> bool:
        """Remove it, with `of` only if it is that run's."""
        if fence is not None:
            self._check(fence)
        stands = self._cordons.get(host)
        if stands is None or (of is not None and stands.run != of):
            return False
        del self._cordons[host]
        return True

    def holds(self) -> Sequence[Hold]:
        """All holds, the oldest first."""
        return tuple(sorted(self._holds.values(), key=lambda hold: (hold.at, hold.name)))

    def keep_hold(self, hold: Hold) -> None:
        """Keep it, in place of the one of that name."""
        self._holds[hold.name] = hold

    def lift_hold(self, name: str) -> bool:
        """Remove it."""
        return self._holds.pop(name, None) is not None

    def keep_plan(self, name: str, text: str, *, at: datetime) -> None:
        """Keep the text of a plan."""
        self._plans[name] = (at, text)

    def plan(self, name: str) -> str | None:
        """The text of a plan."""
        kept = self._plans.get(name)
        return None if kept is None else kept[1]

    def plans(self) -> Mapping[str, datetime]:
        """When each was kept, the newest first."""
        by_age = sorted(self._plans.items(), key=lambda kept: (-kept[1][0].timestamp(), kept[0]))
        return {name: at for name, (at, _) in by_age}

    def keep_roll(self, roll: Roll, *, fence: Fence) -> None:
        """Keep a roll under a lease that still holds."""
        self._check(fence)
        self._rolls[roll.id] = roll

    def rolls(self) -> Sequence[Roll]:
        """All rolls, the newest first."""
        return tuple(sorted(self._rolls.values(), key=lambda roll: (-roll.started_at.timestamp(), roll.id)))

    def errands(self) -> Sequence[OpenErrand]:
        """All that are open, the oldest first."""
        return tuple(sorted(self._errands.values(), key=lambda one: (one.started_at, one.name)))

    def change_errands(
        self, before: Sequence[OpenErrand], after: Sequence[OpenErrand], *, fence: Fence | None = None
    ) -> bool:
        """Put some in place of others, all or none."""
        if fence is not None:
            self._check(fence)
        if any(self._errands.get(one.name) != one for one in before):
            return False
        for one in before:
            del self._errands[one.name]
        self._errands.update({one.name: one for one in after})
        return True

    def keep_ran(self, name: str, *, at: datetime) -> None:
        """Keep when it ran."""
        self._ran[name] = at

    def ran(self, name: str) -> datetime | None:
        """When it last ran."""
        return self._ran.get(name)

    def _check(self, fence: Fence) -> None:
        lease = self._leases.get(fence.name)
        if lease is None or lease.released or lease.number != fence.number:
            raise OrchestratorError.of("store.fence-lost", f"lease {fence.name} number {fence.number} was given away")


def _median(values: Iterable[int | None]) -> int | None:
    """The median (of two in the middle: the lower) of the first few that say something."""
    known = [value for value in values if value is not None][:LAST_MOVES]
    return median_low(known) if known else None
