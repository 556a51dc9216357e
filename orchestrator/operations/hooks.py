"""When the operator's scripts are called: before and after each guest, each host, and each host of a roll."""

import logging
from collections.abc import Sequence

from orchestrator.engine.runner import Runner
from orchestrator.errors import OrchestratorError
from orchestrator.model.emptied import Emptied
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence
from orchestrator.model.move import Move, Outcome, State
from orchestrator.model.roll import Roll, RollEntry, Step
from orchestrator.model.run import Run, RunId
from orchestrator.operations.doors import Doors

_log = logging.getLogger(__name__)
LASTS = 60.0  # seconds that one script may take
LASTS_IN_ROLL = 20.0  # the same between two steps of a roll: less than its lease lasts
_LOOK = 0.3
_OF_ROLL = {Step.CHECKED: "before-roll", Step.DONE: "after-roll", Step.FAILED: "after-roll"}


def before_guest(doors: Doors, run: Run, move: Move) -> Outcome | None:
    """Why the guest is not moved, as the verdict on its move; None: nothing speaks against it."""
    why = "" if doors.hooks is None else doors.hooks().call("before-guest", _of_move(run.id, move), within=LASTS)
    if not why:
        return None
    because = f"not begun: the hook before-guest refused it: {why}"
    return Outcome(guest=move.guest, state=State.KEPT, where=move.source, because=because, code="evacuation.hook")


class AfterGuests:
    """Calls after-guest for every verdict that this process comes to. A step of the run's loop, beside the moves: a
    script that takes its time holds none of them up."""

    def __init__(self, doors: Doors, run: Run, runner: Runner) -> None:
        self._doors = doors
        self._run = run
        self._runner = runner
        self._told: set[GuestId] = {r.move.guest for r in runner.latest if r.outcome is not None}

    def step(self) -> float | None:
        """Look once; None when the run is over and everything was told."""
        over = self._runner.exit_code is not None
        for record in self._runner.latest:
            if record.outcome is not None and record.move.guest not in self._told:
                self._told.add(record.move.guest)
                self._tell(record.move, record.outcome)
        return None if over else _LOOK

    def _tell(self, move: Move, outcome: Outcome) -> None:
        facts = _of_move(self._run.id, move) | {
            "state": outcome.state.value,
            "where": outcome.where or "",
            "because": outcome.because,
            "code": outcome.code or "",
        }
        _after(self._doors, "after-guest", facts)


def before_hosts(doors: Doors, hosts: Sequence[HostName], beside: Sequence[Fence]) -> None:
    """Raises evacuation.hook where a script does not want one of the hosts emptied. beside: leases to be prolonged."""
    if doors.hooks is None:
        return
    for host in hosts:
        why = doors.hooks().call("before-host", {"host": host}, within=LASTS)
        if why:
            raise OrchestratorError.of("evacuation.hook", f"the hook before-host refused {host}: {why}")
        for fence in beside:
            doors.store().renew(fence, lasts=2 * LASTS)


def after_hosts(doors: Doors, told: Emptied) -> None:
    """Tell of each host whether it is empty, and who is left."""
    for host in told.hosts:
        left = [one.name for one in told.staying if one.live and one.host == host]
        empty = "no" if left or host in told.silent else "yes"
        _after(doors, "after-host", {"host": host, "empty": empty, "left": " ".join(left)})


def of_roll(doors: Doors, roll: Roll, entry: RollEntry) -> str:
    """Before a host of the roll is taken, and once it is done or has failed. Answers why it is not to be taken."""
    event = _OF_ROLL.get(entry.step)
    if doors.hooks is None or event is None or entry.host is None:
        return ""
    facts = {"host": entry.host, "roll": roll.id, "command": roll.command, "because": entry.because}
    if event == "before-roll":
        return doors.hooks().call(event, facts, within=LASTS_IN_ROLL)
    _after(doors, event, facts | {"state": entry.step.value}, within=LASTS_IN_ROLL)
    return ""


def _of_move(run: RunId, move: Move) -> dict[str, str]:
    return {
        "run": run,
        "guest": move.guest,
        "name": move.name,
        "source": move.source,
        "destination": move.destination,
        "memory_bytes": str(move.memory_bytes),
    }


def _after(doors: Doors, event: str, facts: dict[str, str], *, within: float = LASTS) -> None:
    """What has happened has happened: a script that fails is said, and changes nothing."""
    why = "" if doors.hooks is None else doors.hooks().call(event, facts, within=within)
    if why:
        _log.warning("the hook %s failed: %s", event, why)
