"""Entries that processes of this machine wrote while the store was away, and could not import before they ended."""

import logging

from orchestrator.engine.bring_in import bring_in_left
from orchestrator.errors import OrchestratorError
from orchestrator.model.lease import Fence
from orchestrator.model.run import RunId
from orchestrator.operations.doors import Doors
from orchestrator.operations.liveness import lives

_log = logging.getLogger(__name__)


def import_left(doors: Doors) -> None:
    """Bring the entries of runs that no process drives into their journals, so that nothing is decided without them.

    The runs stay as interrupted as they were. What cannot be imported now waits on, and the log says why.
    """
    try:
        for name in dict.fromkeys(fence.name for fence in doors.spill().waiting()):
            _import(doors, name)
    except OrchestratorError as error:
        _log.warning("entries that were written without the store wait to be imported: %s", error)


def _import(doors: Doors, name: str) -> None:
    store = doors.store()
    if not any(run.id == name for run in store.runs(unfinished=True)) and not store.entries(RunId(name)):
        return  # of another store
    held = store.lease(name)
    if lives(doors, held):
        return  # whoever drives it imports it
    # Taken for no time at all: the fence keeps others from writing meanwhile, and the run can be adopted at once.
    taken = store.take(name, doors.holder, lasts=0.0, instead_of=held)
    if isinstance(taken, Fence):
        bring_in_left(store, doors.spill(), taken)
        if held is None:
            store.release(taken)
