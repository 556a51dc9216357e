"""The door to what is kept: runs, leases, tickets, orders."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from orchestrator.model.baseline import Baseline
from orchestrator.model.cordon import Cordon
from orchestrator.model.entry import Entry, Recorded, Seq
from orchestrator.model.errand import OpenErrand
from orchestrator.model.guest import GuestId
from orchestrator.model.hold import Hold
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence, Held
from orchestrator.model.ledger import Ledger, Ticket
from orchestrator.model.network_test import NetworkTest
from orchestrator.model.offer import Crossing
from orchestrator.model.order import Order, Queued
from orchestrator.model.roll import Roll
from orchestrator.model.run import Holder, Run, RunId
from orchestrator.model.sample import Sample
from orchestrator.model.spilled import Spilled


class Store(Protocol):
    """Durable on return; leases expire by the store's own clock.

    Raises OrchestratorError: store.unavailable (a write may have arrived all the same, and then whole),
    store.fence-lost (the lease has passed to another process).
    """

    def open_run(self, run: Run, holder: Holder, *, lasts: float) -> Fence:
        """Write the head of a new run and take its lease (named after the run)."""
        ...

    def append(self, run: RunId, entry: Entry, *, at: datetime, fence: Fence) -> Seq:
        """Add one entry to the journal of the run."""
        ...

    def import_spilled(self, run: RunId, entries: Sequence[tuple[datetime, Entry]], fence: Fence) -> Sequence[Seq]:
        """Append entries that were written while the store was away, with their own times, all or none.

        Answers their numbers. One that is there already, with the same time and content, is not added again: a write
        that got no answer may have arrived.
        """
        ...

    def entries(self, run: RunId, *, after: int = 0) -> Sequence[Recorded]:
        """Entries in order, those with a higher number than `after`."""
        ...

    def runs(self, *, limit: int | None = None, unfinished: bool = False) -> Sequence[Run]:
        """Heads of runs, newest first. unfinished: only those without a Closed entry, or adopted since."""
        ...

    def doubtful(self) -> Sequence[Run]:
        """Heads of the runs in which a move was ever held because the hosts contradict each other, newest first."""
        ...

    def keep_sample(self, run: RunId, guest: GuestId, sample: Sample, *, at: datetime) -> None:
        """Keep a sample; it may be lost or late."""
        ...

    def samples(self, run: RunId, guest: GuestId) -> Sequence[tuple[datetime, Sample]]:
        """The samples of one move, oldest first."""
        ...

    def take(self, name: str, holder: Holder, *, lasts: float, instead_of: Held | None = None) -> Fence | Held:
        """Take a lease that is free, expired, or still held exactly as `instead_of` says (a process proven dead)."""
        ...

    def lease(self, name: str) -> Held | None:
        """Who holds a lease, expired or not; None: nobody ever did, or it was released."""
        ...

    def renew(self, fence: Fence, *, lasts: float) -> None:
        """Prolong a lease."""
        ...

    def release(self, fence: Fence) -> None:
        """Give a lease back; giving it back twice is no error."""
        ...

    def ledger(self) -> Ledger:
        """All tickets in the order of their waiting, who holds their runs, and the version that booking compares."""
        ...

    def book(self, *, put: Sequence[Ticket], drop: Sequence[Ticket], if_version: int, fence: Fence) -> bool:
        """Replace tickets (same run and guest) and remove others, at once. False: the ledger has changed."""
        ...

    def order(self, run: RunId, order: Order, *, at: datetime) -> int:
        """Queue an order for the process that drives the run; it needs no lease. Answers its number."""
        ...

    def orders(self, run: RunId, *, after: int = 0) -> Sequence[Queued]:
        """Orders for a run with a higher number than `after`, oldest first."""
        ...

    def keep_crossing(self, source: HostName, destination: HostName, crossing: Crossing, *, at: datetime) -> None:
        """Keep what a finished move taught; it may be lost."""
        ...

    def crossing(self, source: HostName, destination: HostName) -> Crossing:
        """What the last moves this way taught: medians of up to ten of them, of those that say something."""
        ...

    def keep_baseline(self, name: str, baseline: Baseline) -> None:
        """Keep a baseline under a name, in place of one of that name."""
        ...

    def baselines(self) -> Mapping[str, Baseline]:
        """All baselines by name, the newest first."""
        ...

    def keep_network_test(self, test: NetworkTest, *, at: datetime) -> None:
        """Keep a test of a network, in place of the earlier one of the same two hosts, in that direction."""
        ...

    def network_tests(self) -> Sequence[tuple[datetime, NetworkTest]]:
        """The last test of each way, with its time, the newest first."""
        ...

    def cordons(self) -> Sequence[Cordon]:
        """Which hosts take no guests, the oldest cordon first."""
        ...

    def keep_cordon(self, cordon: Cordon, *, fence: Fence | None = None) -> Cordon:
        """Cordon a host, in place of an earlier cordon; answers the one that stands. fence: of who does it for a run.

        A run never replaces what a person or another run has put: that one stays, and is answered.
        """
        ...

    def lift_cordon(self, host: HostName, *, of: RunId | None = None, fence: Fence | None = None) -> bool:
        """Let a host take guests again. of: only if that run put the cordon. fence: of who does it for that run.
        Answers whether one was lifted."""
        ...

    def holds(self) -> Sequence[Hold]:
        """All holds, the oldest first, also those whose time is over."""
        ...

    def keep_hold(self, hold: Hold) -> None:
        """Hold something, in place of an earlier hold of that name."""
        ...

    def lift_hold(self, name: str) -> bool:
        """End a hold. Answers whether there was one."""
        ...

    def keep_plan(self, name: str, text: str, *, at: datetime) -> None:
        """Keep the text of a plan under a name, in place of one of that name."""
        ...

    def plan(self, name: str) -> str | None:
        """The text of a stored plan; None: there is none of that name."""
        ...

    def plans(self) -> Mapping[str, datetime]:
        """When each stored plan was kept, by name, the newest first."""
        ...

    def keep_roll(self, roll: Roll, *, fence: Fence) -> None:
        """Keep what is known of a roll, in place of what was known before."""
        ...

    def rolls(self) -> Sequence[Roll]:
        """All rolls, the newest first."""
        ...

    def errands(self) -> Sequence[OpenErrand]:
        """The evacuations that have not concluded, the oldest first."""
        ...

    def change_errands(
        self, before: Sequence[OpenErrand], after: Sequence[OpenErrand], *, fence: Fence | None = None
    ) -> bool:
        """Put `after` in place of `before`, at once. fence: of whoever carries them out; None: a person's word.

        False, and nothing has changed: one of `before` is not there any more, or not like this.
        """
        ...

    def keep_ran(self, name: str, *, at: datetime) -> None:
        """Keep when an entry of the schedule last ran."""
        ...

    def ran(self, name: str) -> datetime | None:
        """When an entry of the schedule last ran; None: never."""
        ...


class Spill(Protocol):
    """Where a process of this machine writes what its store cannot take, by the fence it drove the run under.

    Durable on return. Raises OrchestratorError: store.unavailable, store.corrupt.
    """

    def add(self, fence: Fence, entry: Spilled) -> None:
        """Write one entry behind all others of that fence."""
        ...

    def waiting(self) -> Sequence[Fence]:
        """Under which fences entries wait to be imported, the lowest number of a run first."""
        ...

    def read(self, fence: Fence) -> Sequence[Spilled]:
        """Its entries in order. What a crash cut off in the middle was never acted on, and is left out."""
        ...

    def drop(self, fence: Fence) -> None:
        """Forget entries that the store has. Never raises: those that stay are found to be there already."""
        ...

    def set_aside(self, fence: Fence) -> str:
        """Keep entries that come too late to be imported; answers where."""
        ...

    def place(self, fence: Fence) -> str:
        """Where the entries are, for a person."""
        ...
