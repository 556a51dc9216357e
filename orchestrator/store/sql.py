"""The Store over SQL: each call is one transaction, and every write under a lease proves its fence inside it."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from orchestrator.documents.journal import prepare
from orchestrator.errors import OrchestratorError
from orchestrator.model.baseline import Baseline
from orchestrator.model.entry import Entry, Recorded, Seq
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence, Held
from orchestrator.model.ledger import Ledger, Ticket
from orchestrator.model.offer import Crossing
from orchestrator.model.order import Order, Queued
from orchestrator.model.run import Holder, Run, RunId
from orchestrator.model.sample import Sample
from orchestrator.store import baselines, crossings, journal, leases, ledger, orders
from orchestrator.store.database import Database

_log = logging.getLogger(__name__)
_SCHEME = "sqlite:///"


class SqlStore:
    """Opened at the first call; see ports.Store for what each one promises."""

    def __init__(self, url: str) -> None:
        if not url.startswith(f"{_SCHEME}/"):
            raise ValueError("a store is sqlite:/// and an absolute path")
        self._database = Database(Path(url.removeprefix(_SCHEME)))

    def close(self) -> None:
        """Give the connections back; the next call opens them again."""
        self._database.close()

    def open_run(self, run: Run, holder: Holder, *, lasts: float) -> Fence:
        """Write the head of a new run and take its lease, both or neither."""
        prepare()
        with self._database.writing() as connection:
            fence = leases.take(connection, run.id, holder, lasts=lasts)
            if isinstance(fence, Held):
                raise OrchestratorError.of("lease.held", f"run {run.id} is held by process {fence.holder.pid}")
            journal.open_run(connection, run)
            return fence

    def append(self, run: RunId, entry: Entry, *, at: datetime, fence: Fence) -> Seq:
        """Add one entry to the journal of the run."""
        with self._database.writing() as connection:
            leases.demand(connection, fence)
            return journal.append(connection, run, entry, at=at)

    def import_spilled(self, run: RunId, entries: Sequence[tuple[datetime, Entry]], fence: Fence) -> Sequence[Seq]:
        """Add what was written while the store was away, except what is there already; answers the number of each."""
        with self._database.writing() as connection:
            leases.demand(connection, fence)
            return journal.import_spilled(connection, run, entries)

    def entries(self, run: RunId, *, after: int = 0) -> Sequence[Recorded]:
        """Entries in order, those with a higher number than `after`."""
        with self._database.reading() as connection:
            return journal.read_entries(connection, run, after=after) if connection else ()

    def runs(self, *, limit: int | None = None, unfinished: bool = False) -> Sequence[Run]:
        """Heads of runs, newest first."""
        with self._database.reading() as connection:
            return journal.read_runs(connection, limit=limit, unfinished=unfinished) if connection else ()

    def doubtful(self) -> Sequence[Run]:
        """Heads of the runs in which a move was ever held for a person, newest first."""
        with self._database.reading() as connection:
            return journal.read_doubtful(connection) if connection else ()

    def keep_sample(self, run: RunId, guest: GuestId, sample: Sample, *, at: datetime) -> None:
        """Keep a sample; a store that does not take it costs the sample and never the move."""
        try:
            with self._database.writing(durable=False) as connection:
                journal.keep_sample(connection, run, guest, sample, at=at)
        except OrchestratorError as error:
            _log.info("a sample of run %s is lost: %s", run, error)

    def samples(self, run: RunId, guest: GuestId) -> Sequence[tuple[datetime, Sample]]:
        """The samples of one move, oldest first."""
        with self._database.reading() as connection:
            return journal.read_samples(connection, run, guest) if connection else ()

    def take(self, name: str, holder: Holder, *, lasts: float, instead_of: Held | None = None) -> Fence | Held:
        """Take a lease that is free, expired, or still held exactly as `instead_of` says."""
        with self._database.writing() as connection:
            return leases.take(connection, name, holder, lasts=lasts, instead_of=instead_of)

    def lease(self, name: str) -> Held | None:
        """Who holds a lease, expired or not."""
        with self._database.reading() as connection:
            return leases.look(connection, name) if connection else None

    def renew(self, fence: Fence, *, lasts: float) -> None:
        """Prolong a lease."""
        with self._database.writing() as connection:
            leases.renew(connection, fence, lasts=lasts)

    def release(self, fence: Fence) -> None:
        """Give a lease back; giving it back twice is no error."""
        with self._database.writing() as connection:
            leases.release(connection, fence)

    def ledger(self) -> Ledger:
        """All tickets, with the version that booking compares."""
        with self._database.reading() as connection:
            return ledger.read(connection) if connection else Ledger(version=0, tickets=())

    def book(self, *, put: Sequence[Ticket], drop: Sequence[Ticket], if_version: int, fence: Fence) -> bool:
        """Replace tickets and remove others, at once."""
        with self._database.writing() as connection:
            leases.demand(connection, fence)
            return ledger.book(connection, put=put, drop=drop, if_version=if_version)

    def order(self, run: RunId, order: Order, *, at: datetime) -> int:
        """Queue an order for whoever drives the run, and answer its number; it needs no lease."""
        with self._database.writing() as connection:
            return orders.add(connection, run, order, at=at)

    def orders(self, run: RunId, *, after: int = 0) -> Sequence[Queued]:
        """Orders for a run with a higher number than `after`, oldest first."""
        with self._database.reading() as connection:
            return orders.read(connection, run, after=after) if connection else ()

    def keep_crossing(self, source: HostName, destination: HostName, crossing: Crossing, *, at: datetime) -> None:
        """Keep what a finished move taught; a store that does not take it costs this alone."""
        try:
            with self._database.writing(durable=False) as connection:
                crossings.keep(connection, source, destination, crossing, at=at)
        except OrchestratorError as error:
            _log.info("what a move from %s to %s taught is lost: %s", source, destination, error)

    def crossing(self, source: HostName, destination: HostName) -> Crossing:
        """What the last moves this way taught."""
        with self._database.reading() as connection:
            return crossings.read(connection, source, destination) if connection else Crossing()

    def keep_baseline(self, name: str, baseline: Baseline) -> None:
        """Keep a baseline under a name, in place of one of that name."""
        with self._database.writing() as connection:
            baselines.keep(connection, name, baseline)

    def baselines(self) -> Mapping[str, Baseline]:
        """All baselines by name, the newest first."""
        with self._database.reading() as connection:
            return baselines.read(connection) if connection else {}
