"""The connections of one host: which of them notice a daemon that stands still."""

import threading
from typing import Any

import libvirt
import pytest

from orchestrator.hypervisor import connections as room
from orchestrator.hypervisor import event_loop
from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.line import NoAnswerError
from tests.unit.hypervisor.fake_host import KVM01
from tests.unit.hypervisor.fakes import FakeConnection


class Opened(FakeConnection):
    """A connection that knows whether it was given a keepalive."""

    def __init__(self) -> None:
        super().__init__()
        self.keepalive = False

    def setKeepAlive(self, _interval: int, _count: int) -> None:
        self.keepalive = True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Opened]:
    made: list[Opened] = []

    def open_(_uri: str) -> Any:
        made.append(Opened())
        return made[-1]

    monkeypatch.setattr(libvirt, "open", open_)
    monkeypatch.setattr(event_loop, "start", lambda: None)
    return made


def test_the_receiving_end_of_a_move_waits_for_a_frozen_daemon(opened: list[Opened]) -> None:
    """With a keepalive the daemon is declared dead, the source goes on, and the guest runs twice after the thaw."""
    host = HostConnections(KVM01)
    host.for_arrival(1)
    host.for_move(1)
    assert [one.keepalive for one in opened] == [False, True]


def test_it_is_never_kept_for_another_move(opened: list[Opened]) -> None:
    host = HostConnections(KVM01)
    there = host.for_arrival(1)
    assert host.for_move(1) is not there


def test_one_that_opens_too_late_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, late = threading.Event(), Opened()

    def slow(_uri: str, *, keepalive: bool) -> Opened:
        gate.wait(10)
        return late

    monkeypatch.setattr(room, "dial", slow)
    with pytest.raises(NoAnswerError):
        HostConnections(KVM01).for_arrival(0.05)
    gate.set()
    assert late.closed.wait(1)
