"""The Store over SQL: each call is one transaction, and every write under a lease proves its fence inside it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from orchestrator.documents.journal import prepare
from orchestrator.errors import OrchestratorError
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
from orchestrator.model.settings import Secret
from orchestrator.store import (
    baselines,
    cordons,
    crossings,
    due,
    errands,
    holds,
    journal,
    leases,
    ledger,
    network_tests,
    orders,
    plans,
    rolls,
    secret,
)
from orchestrator.store.database import Database
from orchestrator.store.sqlite import SqliteDatabase

T = TypeVar("T")
_log = logging.getLogger(__name__)
_SCHEME = "sqlite:///"


class SqlStore:
    """Opened at the first call; see ports.Store for what each one promises."""

    def __init__(self, url: str, password: Secret | None = None) -> None:
        self._database = _database(url, password)

    def close(self) -> None:
        """Give the connections back; the next call opens them again."""
        self._database.close()

    def open_run(self, run: Run, holder: Holder, *, lasts: float) -> Fence:
        """Write the head of a new run and take its lease, both or neither."""
        prepare()

        def open_it(connection: Connection) -> Fence:
            fence = leases.take(connection, run.id, holder, lasts=lasts)
            if isinstance(fence, Held):
                raise OrchestratorError.of("lease.held", f"run {run.id} is held by process {fence.holder.pid}")
            journal.open_run(connection, run)
            return fence

        return self._database.write(open_it)

    def append(self, run: RunId, entry: Entry, *, at: datetime, fence: Fence) -> Seq:
        """Add one entry to the journal of the run."""
        return self._under(fence, lambda connection: journal.append(connection, run, entry, at=at))

    def import_spilled(self, run: RunId, entries: Sequence[tuple[datetime, Entry]], fence: Fence) -> Sequence[Seq]:
        """Add what was written while the store was away, in order, all or nothing; what is there already stays one."""
        return self._under(fence, lambda connection: journal.import_spilled(connection, run, entries))

    def entries(self, run: RunId, *, after: int = 0) -> Sequence[Recorded]:
        """Entries in order, those with a higher number than `after`."""
        return self._database.read(lambda connection: journal.read_entries(connection, run, after=after), otherwise=())

    def runs(self, *, limit: int | None = None, unfinished: bool = False) -> Sequence[Run]:
        """Heads of runs, newest first."""
        return self._database.read(
            lambda connection: journal.read_runs(connection, limit=limit, unfinished=unfinished), otherwise=()
        )

    def doubtful(self) -> Sequence[Run]:
        """Heads of the runs in which a move was ever held for a person, newest first."""
        return self._database.read(journal.read_doubtful, otherwise=())

    def keep_sample(self, run: RunId, guest: GuestId, sample: Sample, *, at: datetime) -> None:
        """Keep a sample; a store that does not take it costs the sample and never the move."""
        try:
            self._database.write(
                lambda connection: journal.keep_sample(connection, run, guest, sample, at=at), durable=False
            )
        except OrchestratorError as error:
            _log.info("a sample of run %s is lost: %s", run, error)

    def samples(self, run: RunId, guest: GuestId) -> Sequence[tuple[datetime, Sample]]:
        """The samples of one move, oldest first."""
        return self._database.read(lambda connection: journal.read_samples(connection, run, guest), otherwise=())

    def take(self, name: str, holder: Holder, *, lasts: float, instead_of: Held | None = None) -> Fence | Held:
        """Take a lease that is free, expired, or still held exactly as `instead_of` says."""
        return self._database.write(
            lambda connection: leases.take(connection, name, holder, lasts=lasts, instead_of=instead_of)
        )

    def lease(self, name: str) -> Held | None:
        """Who holds a lease, expired or not."""
        return self._database.read(lambda connection: leases.look(connection, name), otherwise=None)

    def renew(self, fence: Fence, *, lasts: float) -> None:
        """Prolong a lease."""
        self._database.write(lambda connection: leases.renew(connection, fence, lasts=lasts))

    def release(self, fence: Fence) -> None:
        """Give a lease back; giving it back twice is no error."""
        self._database.write(lambda connection: leases.release(connection, fence))

    def ledger(self) -> Ledger:
        """All tickets, with the version that booking compares."""
        return self._database.read(ledger.read, otherwise=Ledger(version=0, tickets=()))

    def book(self, *, put: Sequence[Ticket], drop: Sequence[Ticket], if_version: int, fence: Fence) -> bool:
        """Replace tickets and remove others, at once."""
        return self._under(fence, lambda connection: ledger.book(connection, put=put, drop=drop, if_version=if_version))

    def order(self, run: RunId, order: Order, *, at: datetime) -> int:
        """Queue an order for whoever drives the run, and answer its number; it needs no lease."""
        return self._database.write(lambda connection: orders.add(connection, run, order, at=at))

    def orders(self, run: RunId, *, after: int = 0) -> Sequence[Queued]:
        """Orders for a run with a higher number than `after`, oldest first."""
        return self._database.read(lambda connection: orders.read(connection, run, after=after), otherwise=())

    def keep_crossing(self, source: HostName, destination: HostName, crossing: Crossing, *, at: datetime) -> None:
        """Keep what a finished move taught; a store that does not take it costs this alone."""
        try:
            self._database.write(
                lambda connection: crossings.keep(connection, source, destination, crossing, at=at), durable=False
            )
        except OrchestratorError as error:
            _log.info("what a move from %s to %s taught is lost: %s", source, destination, error)

    def crossing(self, source: HostName, destination: HostName) -> Crossing:
        """What the last moves this way taught."""
        return self._database.read(
            lambda connection: crossings.read(connection, source, destination), otherwise=Crossing()
        )

    def keep_baseline(self, name: str, baseline: Baseline) -> None:
        """Keep a baseline under a name, in place of one of that name."""
        self._database.write(lambda connection: baselines.keep(connection, name, baseline))

    def baselines(self) -> Mapping[str, Baseline]:
        """All baselines by name, the newest first."""
        return self._database.read(baselines.read, otherwise={})

    def keep_network_test(self, test: NetworkTest, *, at: datetime) -> None:
        """Keep a test of a network, in place of the earlier one of that way."""
        self._database.write(lambda connection: network_tests.keep(connection, test, at=at))

    def network_tests(self) -> Sequence[tuple[datetime, NetworkTest]]:
        """The last test of each way, the newest first, with its time."""
        return self._database.read(network_tests.read, otherwise=())

    def cordons(self) -> Sequence[Cordon]:
        """Which hosts take no guests, the oldest cordon first."""
        return self._database.read(cordons.read, otherwise=())

    def keep_cordon(self, cordon: Cordon, *, fence: Fence | None = None) -> Cordon:
        """Cordon a host, unless it is for a run and somebody else's is there; answers the one that stands."""
        return self._under(fence, lambda connection: cordons.keep(connection, cordon))

    def lift_cordon(self, host: HostName, *, of: RunId | None = None, fence: Fence | None = None) -> bool:
        """Let a host take guests again, with `of` only if that run put the cordon."""
        return self._under(fence, lambda connection: cordons.lift(connection, host, of=of))

    def holds(self) -> Sequence[Hold]:
        """All holds, the oldest first."""
        return self._database.read(holds.read, otherwise=())

    def keep_hold(self, hold: Hold) -> None:
        """Hold something, in place of an earlier hold of that name."""
        self._database.write(lambda connection: holds.keep(connection, hold))

    def lift_hold(self, name: str) -> bool:
        """End a hold; answers whether there was one."""
        return self._database.write(lambda connection: holds.lift(connection, name))

    def keep_plan(self, name: str, text: str, *, at: datetime) -> None:
        """Keep the text of a plan under a name, in place of one of that name."""
        self._database.write(lambda connection: plans.keep(connection, name, text, at=at))

    def plan(self, name: str) -> str | None:
        """The text of a stored plan."""
        return self._database.read(lambda connection: plans.one(connection, name), otherwise=None)

    def plans(self) -> Mapping[str, datetime]:
        """When each stored plan was kept, the newest first."""
        return self._database.read(plans.read, otherwise={})

    def keep_roll(self, roll: Roll, *, fence: Fence) -> None:
        """Keep what is known of a roll, in place of what was known before."""
        self._under(fence, lambda connection: rolls.keep(connection, roll))

    def rolls(self) -> Sequence[Roll]:
        """All rolls, the newest first."""
        return self._database.read(rolls.read, otherwise=())

    def errands(self) -> Sequence[OpenErrand]:
        """The evacuations that have not concluded, the oldest first."""
        return self._database.read(errands.read, otherwise=())

    def change_errands(
        self, before: Sequence[OpenErrand], after: Sequence[OpenErrand], *, fence: Fence | None = None
    ) -> bool:
        """Put some in place of others, all or none."""
        if fence is None:
            return self._database.write(lambda connection: errands.change(connection, before, after))
        return self._under(fence, lambda connection: errands.change(connection, before, after))

    def keep_ran(self, name: str, *, at: datetime) -> None:
        """Keep when an entry of the schedule last ran."""
        self._database.write(lambda connection: due.keep(connection, name, at=at))

    def ran(self, name: str) -> datetime | None:
        """When an entry of the schedule last ran."""
        return self._database.read(lambda connection: due.last(connection, name), otherwise=None)

    def _under(self, fence: Fence | None, work: Callable[[Connection], T]) -> T:
        def fenced(connection: Connection) -> T:
            if fence is not None:
                leases.demand(connection, fence)
            return work(connection)

        return self._database.write(fenced)


def _database(url: str, password: Secret | None) -> Database:
    if url.startswith(("postgresql://", "postgres://")):
        from orchestrator.store.postgres import PostgresDatabase  # noqa: PLC0415 - a store in a file does without

        return PostgresDatabase(url, partial(secret.read, password))
    if not url.startswith(f"{_SCHEME}/"):
        raise ValueError("a store is sqlite:/// and an absolute path, or postgresql://")
    return SqliteDatabase(Path(url.removeprefix(_SCHEME)))
