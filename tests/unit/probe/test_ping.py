"""The probe on the loopback."""

import time

import pytest

from orchestrator.model.facts import Unknown
from orchestrator.model.move import Blackout
from orchestrator.ports import Watch
from orchestrator.probe import ping
from orchestrator.probe.echo import EchoSocket
from orchestrator.probe.ping import PingProbe


@pytest.fixture
def loopback() -> Watch:
    try:
        EchoSocket("127.0.0.1").close()
    except PermissionError:
        pytest.skip("ICMP echo is not allowed here")
    return PingProbe(interval=0.02).watch("127.0.0.1")


def until(watch: Watch, answering: bool) -> None:
    for _ in range(100):
        if watch.answering() is answering:
            return
        time.sleep(0.02)
    raise AssertionError(f"answering() has not become {answering}")


def test_one_that_answers(loopback: Watch) -> None:
    until(loopback, True)
    time.sleep(0.3)
    said = loopback.stop()
    assert isinstance(said, Blackout)
    assert said.sent >= said.answered > 5
    assert said.longest_ms < 200


def test_a_silence_is_seen(loopback: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    until(loopback, True)
    monkeypatch.setattr(EchoSocket, "send", lambda _self, _number: None)
    until(loopback, False)
    monkeypatch.undo()
    until(loopback, True)
    said = loopback.stop()
    assert isinstance(said, Blackout) and 200 <= said.longest_ms < 3000


def test_one_that_never_answers(monkeypatch: pytest.MonkeyPatch, loopback: Watch) -> None:
    loopback.stop()
    monkeypatch.setattr(EchoSocket, "send", lambda _self, _number: None)
    watch = PingProbe(interval=0.02).watch("127.0.0.1")
    time.sleep(0.1)
    said = watch.stop()
    assert isinstance(said, Unknown) and "did not answer before the move" in said.why
    assert not watch.answering()


def test_without_permission_the_reason_is_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_address: str) -> EchoSocket:
        raise PermissionError

    monkeypatch.setattr(ping, "EchoSocket", forbidden)
    watch = PingProbe().watch("192.0.2.1")
    assert not watch.answering()
    said = watch.stop()
    assert isinstance(said, Unknown) and "ping_group_range" in said.why


def test_what_is_no_address() -> None:
    assert isinstance(PingProbe().watch("kvm01").stop(), Unknown)
