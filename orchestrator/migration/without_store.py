"""What may be ordered while the store is away, so that nobody can say whether another process drives the run now.

A copy under way goes on, and may be called off; a guest that only stands because it arrived is let go on and confirmed.
What begins, ends, removes or suspends something could meet another process that does the opposite at the same time.
"""

from typing import assert_never

from orchestrator.migration.record import MoveRecord
from orchestrator.model.command import (
    Announce,
    BeginMove,
    Cancel,
    Command,
    Discard,
    PausePostCopy,
    RecoverPostCopy,
    Resume,
    SetAutostart,
    SetBandwidth,
    SetDowntimeLimit,
    ShutDown,
    Start,
    StartHeld,
    StartPostCopy,
    Suspend,
    SyncTime,
    Undefine,
)
from orchestrator.model.move import State

_PAST_PRECOPY = frozenset({State.POSTCOPY, State.POSTCOPY_PAUSED, State.ARRIVED, State.CONFIRMING})
_BEGINS = "nothing is begun without the store"
_REMOVES = "nothing is ended or removed without the store"


def forbidden(command: Command, record: MoveRecord) -> str | None:
    """Why the command has to wait until the store is back; None: it may be given without."""
    match command:
        case Cancel():
            return _cancel(command, record)
        case Suspend():  # of the two copies of a guest that runs twice, one stands sooner than any store is repaired
            return "no guest is paused on its way without the store" if command.meanwhile else None
        case Resume():
            return _resume(record)
        case SetBandwidth() | SetDowntimeLimit():  # the copy goes on; its caps are those of the policy as before
            return None
        case StartHeld() | SyncTime() | Announce() | SetAutostart():  # it has arrived, and only there
            return None
        case BeginMove() | RecoverPostCopy() | Start():
            return _BEGINS
        case StartPostCopy():
            return "no copy is switched to post-copy without the store"
        case PausePostCopy():
            return "no post-copy is taken up again without the store"
        case Undefine() | Discard() | ShutDown():
            return _REMOVES
    assert_never(command)


def _cancel(command: Cancel, record: MoveRecord) -> str | None:
    if command.again is not None:
        return "the copy would have to be begun anew, and nothing is begun without the store"
    if record.state in _PAST_PRECOPY:
        return "only a copy in pre-copy is cancelled without the store"
    return None


def _resume(record: MoveRecord) -> str | None:
    """The only copy of a guest goes on; of two that stand, a person may have chosen the other one meanwhile."""
    if record.suspended:
        return "of a guest that ran twice no copy goes on without the store"
    return None
