"""Every command there is: what may be given while nobody can say who drives the run."""

from dataclasses import replace
from typing import get_args

import pytest

from orchestrator.migration.record import MoveRecord
from orchestrator.migration.without_store import forbidden
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
from tests.contract.store_contract import MOVE, TRANSPORT, A, B

G = MOVE.guest
RECORD = MoveRecord(move=MOVE, state=State.PRECOPY, begun=True, transport=TRANSPORT)
BEGIN = BeginMove(guest=G, destination=B, peer_uri="", transport=TRANSPORT)
RECOVER = RecoverPostCopy(guest=G, destination=B, peer_uri="", transport=TRANSPORT)
TWICE = replace(RECORD, state=State.UNCLEAR, suspended=(A,))


def at(state: State) -> MoveRecord:
    return replace(RECORD, state=state)


TABLE = [
    (BEGIN, at(State.PREPARING), "begun"),
    (RECOVER, at(State.POSTCOPY_PAUSED), "begun"),
    (Start(guest=G), at(State.CONFIRMING), "begun"),
    (StartPostCopy(guest=G), RECORD, "post-copy"),
    (PausePostCopy(guest=G), at(State.POSTCOPY), "post-copy"),
    (Undefine(guest=G), at(State.CONFIRMING), "removed"),
    (Discard(guest=G), at(State.ARRIVED), "removed"),
    (ShutDown(guest=G), at(State.PREPARING), "removed"),
    (Suspend(guest=G, meanwhile=True), RECORD, "paused"),
    (Suspend(guest=G), RECORD, None),
    (Suspend(guest=G), TWICE, None),
    (Resume(guest=G), RECORD, None),
    (Resume(guest=G), TWICE, "ran twice"),
    (Cancel(guest=G), at(State.PREPARING), None),
    (Cancel(guest=G), RECORD, None),
    (Cancel(guest=G), at(State.CANCELLING), None),
    (Cancel(guest=G), at(State.SWITCHOVER), None),
    (Cancel(guest=G), at(State.POSTCOPY), "pre-copy"),
    (Cancel(guest=G), at(State.CONFIRMING), "pre-copy"),
    (Cancel(guest=G, again=TRANSPORT), RECORD, "begun anew"),
    (SetBandwidth(guest=G, bytes_per_second=1), RECORD, None),
    (SetDowntimeLimit(guest=G, limit_ms=1, brake=True), RECORD, None),
    (StartHeld(guest=G), at(State.ARRIVED), None),
    (SyncTime(guest=G), at(State.CONFIRMING), None),
    (Announce(guest=G), at(State.CONFIRMING), None),
    (SetAutostart(guest=G, on=True), at(State.CONFIRMING), None),
]


@pytest.mark.parametrize(("command", "record", "because"), TABLE)
def test_what_may_be_done_without_the_store(command: Command, record: MoveRecord, because: str | None) -> None:
    said = forbidden(command, record)
    assert (said is None) if because is None else (said is not None and because in said)


def test_every_command_there_is_has_been_decided() -> None:
    assert {type(command) for command, _, _ in TABLE} == set(get_args(Command))
