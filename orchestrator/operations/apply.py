"""Carry a plan out: one run, journaled from the first line to the verdict."""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from orchestrator.engine.driver import Driver
from orchestrator.engine.journal import Journal
from orchestrator.engine.runner import LEASE_LASTS, Runner
from orchestrator.engine.stop import Stop
from orchestrator.migration.record import MoveRecord
from orchestrator.model.event import Opened
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence
from orchestrator.model.plan import Plan
from orchestrator.model.report import RunReport
from orchestrator.model.run import Run, RunId, Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.history import report
from orchestrator.ports import EventSink, Hypervisor


def apply(doors: Doors, plan: Plan, who: Who, sinks: Sequence[EventSink], stop: Stop) -> RunReport:
    """Run the plan's moves. Raises store.unavailable before anything was done, store.fence-lost when taken over."""
    run = Run(
        id=RunId(doors.new_run_name()),
        started_at=doors.clock.now(),
        who=who,
        moves=plan.moves,
        policy=doors.settings.policy,
    )
    fence = doors.store().open_run(run, doors.holder, lasts=LEASE_LASTS)
    return drive(doors, run, fence, [MoveRecord(move=m) for m in plan.moves], sinks, stop)


def drive(
    doors: Doors, run: Run, fence: Fence, records: Sequence[MoveRecord], sinks: Sequence[EventSink], stop: Stop
) -> RunReport:
    """Bring the records of a run, new or adopted, to their verdicts."""
    store, loop = doors.store(), doors.loop()
    journal = Journal(run.id, fence, store, doors.clock, sinks)
    journal.tell(Opened(run=run))
    hypervisors = {h: doors.hypervisor(h) for r in records for h in (r.move.source, r.move.destination)}
    runner = Runner(
        run,
        records,
        journal=journal,
        store=store,
        clock=doors.clock,
        loop=loop,
        stop=stop,
        driver=partial(_driver, doors, run, journal, hypervisors, stop),
    )
    stop.on_change(partial(loop.poke, runner.key))
    with ExitStack() as listening:
        for hypervisor in hypervisors.values():
            listening.enter_context(hypervisor.listen(loop.poke))
        loop.add(runner.key, runner.step)
        loop.run()
    return report(store, run, exit_code=runner.exit_code)


def _driver(
    doors: Doors,
    run: Run,
    journal: Journal,
    hypervisors: dict[HostName, Hypervisor],
    stop: Stop,
    record: MoveRecord,
) -> Driver:
    return Driver(
        record,
        source=hypervisors[record.move.source],
        destination=hypervisors[record.move.destination],
        journal=journal,
        policy=run.policy,
        clock=doors.clock,
        probe=doors.probe(),
        level=lambda: stop.level,
    )
