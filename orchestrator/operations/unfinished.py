"""Work of several runs that is not over: what it is, and who is at it."""

from orchestrator.evacuation import rolling as record
from orchestrator.evacuation.errands import part_of
from orchestrator.model.errand import OpenErrand
from orchestrator.model.roll import Roll
from orchestrator.model.unfinished import OpenEvacuation, OpenRoll
from orchestrator.operations.doors import Doors
from orchestrator.operations.liveness import lives


def evacuations(doors: Doors) -> tuple[OpenEvacuation, ...]:
    """Those that have not concluded, the oldest first."""
    return tuple(
        OpenEvacuation(
            hosts=one.request.hosts,
            since=one.started_at,
            by=one.by,
            because=one.who.reason,
            deadline=one.deadline,
            driver=_driver(doors, one),
        )
        for one in doors.store().errands()
    )


def rolls(doors: Doors) -> tuple[OpenRoll, ...]:
    """Those that are not over, the newest first."""
    return tuple(_open_roll(doors, roll) for roll in doors.store().rolls() if not roll.over)


def _open_roll(doors: Doors, roll: Roll) -> OpenRoll:
    held = doors.store().lease(roll.id)
    at = record.in_hand(roll)
    steps = [entry.step for entry in roll.entries if entry.host == at]
    return OpenRoll(
        name=roll.id,
        hosts=roll.hosts,
        since=roll.started_at,
        by=roll.by,
        at=at,
        step=steps[-1] if at is not None and steps else None,
        done=sum(record.done(roll, host) for host in roll.hosts),
        driver=str(held.holder) if held is not None and lives(doors, held) else None,
        rests=record.resting(roll),
    )


def _driver(doors: Doors, errand: OpenErrand) -> str | None:
    store = doors.store()
    leases = (store.lease(f"host {host}") for host in errand.request.hosts)
    held = next((one for one in leases if one is not None and lives(doors, one)), None)
    return driver_of_a_run(doors, errand) if held is None else str(held.holder)


def driver_of_a_run(doors: Doors, errand: OpenErrand) -> str | None:
    """Who is at a run of the evacuation that is not over, if anybody is."""
    store = doors.store()
    leases = (store.lease(run.id) for run in store.runs(unfinished=True) if part_of(errand, run))
    return next((str(one.holder) for one in leases if one is not None and lives(doors, one)), None)
