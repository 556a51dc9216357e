"""One connection: opened once, bounded, replaced when it is of no use."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import libvirt
import pytest

from orchestrator.hypervisor import line as room
from orchestrator.hypervisor.line import Line, NoAnswerError
from tests.unit.hypervisor.fakes import FakeConnection, error

CUT = error(libvirt.VIR_ERR_SYSTEM_ERROR, "Cannot recv data: Connection reset by peer", libvirt.VIR_FROM_RPC)


class Switchboard:
    """Opens FakeConnections in the order of a script: a connection, an error, or an event to wait for first."""

    def __init__(self) -> None:
        self.script: list[object] = []
        self.opened: list[FakeConnection] = []

    def open(self, _uri: str) -> FakeConnection:
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        if isinstance(step, threading.Event):
            step.wait(10)
        self.opened.append(FakeConnection())
        return self.opened[-1]


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Iterator[Switchboard]:
    made = Switchboard()
    monkeypatch.setattr(room, "dial", made.open)
    monkeypatch.setattr(room, "_FAILURE_LASTS", 0.0)
    yield made


def line(watch: Callable[[Any], None] = lambda _connection: None) -> Line:
    return Line("test:///", watch)


def test_it_is_opened_once_for_all(board: Switchboard) -> None:
    seen: list[Any] = []
    shared = line(seen.append)
    assert shared.read(lambda connection: connection, 1) is shared.read(lambda connection: connection, 1)
    assert seen == board.opened and len(seen) == 1


def test_a_call_that_hangs_is_abandoned_with_its_connection(board: Switchboard) -> None:
    shared, held = line(), threading.Event()
    before = time.monotonic()
    with pytest.raises(NoAnswerError):
        shared.once(lambda _connection: held.wait(10), 0.2)
    assert time.monotonic() - before < 1
    assert board.opened[0].closed.wait(1)
    assert shared.once(lambda connection: connection, 1) is board.opened[1]
    held.set()


def test_an_opening_that_hangs_is_shared_and_awaited_again(board: Switchboard) -> None:
    shared, held = line(), threading.Event()
    board.script = [held]
    for _ in range(3):
        with pytest.raises(NoAnswerError):
            shared.once(lambda connection: connection, 0.05)
    held.set()
    assert shared.once(lambda connection: connection, 1) is board.opened[0]
    assert len(board.opened) == 1


def test_a_connection_that_was_cut_while_idle_costs_a_read_nothing(board: Switchboard) -> None:
    shared = line()
    shared.read(lambda connection: connection, 1)

    def work(connection: Any) -> str:
        if connection is board.opened[0]:
            connection.alive = False
            raise CUT
        return "answer"

    assert shared.read(work, 1) == "answer"


def test_a_command_is_not_repeated(board: Switchboard) -> None:
    shared, calls = line(), []

    def work(connection: Any) -> None:
        calls.append(connection)
        connection.alive = False
        raise CUT

    with pytest.raises(libvirt.libvirtError):
        shared.once(work, 1)
    assert len(calls) == 1


def test_an_answer_that_is_an_error_is_not_asked_for_twice(board: Switchboard) -> None:
    shared, calls = line(), []

    def work(connection: Any) -> None:
        calls.append(connection)
        raise error(libvirt.VIR_ERR_OPERATION_INVALID, "no")

    with pytest.raises(libvirt.libvirtError):
        shared.read(work, 1)
    assert len(calls) == 1


def test_a_failed_opening_is_the_answer_and_tried_again_later(board: Switchboard) -> None:
    shared = line()
    board.script = [error(38, "Permission denied", libvirt.VIR_FROM_RPC)]
    with pytest.raises(libvirt.libvirtError, match="Permission denied"):
        shared.read(lambda connection: connection, 1)
    assert shared.read(lambda connection: connection, 1) is board.opened[0]


def test_calls_that_hang_in_the_daemon_are_not_heaped_up(board: Switchboard) -> None:
    shared, held = line(), threading.Event()
    for _ in range(6):
        with pytest.raises(NoAnswerError):
            shared.once(lambda _connection: held.wait(10), 0.05)
    assert len(board.opened) == 4
    held.set()
    assert shared.once(lambda _connection: "answer", 1) == "answer"
