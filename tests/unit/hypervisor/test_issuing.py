"""A short order is issued in time, or never."""

import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

from orchestrator.hypervisor import line
from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.door import LibvirtHypervisor
from orchestrator.hypervisor.events import Hints
from orchestrator.hypervisor.issuing import Issuing
from orchestrator.model.command import Suspend
from orchestrator.model.effect import Done, Refused, Unclear
from orchestrator.model.guest import GuestId
from tests.unit.hypervisor.fake_host import KVM01
from tests.unit.hypervisor.fakes import FakeConnection, FakeDomain

ORDER = Suspend(guest=GuestId("u-1"))


class Frozen(FakeConnection):
    """A daemon that stands still at one moment, and goes on when it is thawed."""

    def __init__(self, domain: FakeDomain, before: str) -> None:
        super().__init__(domain)
        self.thawed, self.went_on = threading.Event(), threading.Event()
        if before == "suspend":
            cast(Any, domain).suspend = self._held(domain.suspend)
        else:
            self._look_up: Callable[[str], FakeDomain] = self._held(super().lookupByUUIDString)

    def lookupByUUIDString(self, uuid: str) -> FakeDomain:
        return getattr(self, "_look_up", super().lookupByUUIDString)(uuid)

    def _held(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def wait(*given: Any) -> Any:
            self.thawed.wait(10)
            answer = call(*given)
            self.went_on.set()
            return answer

        return wait


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Callable[[FakeConnection], LibvirtHypervisor]:
    def made(connection: FakeConnection) -> LibvirtHypervisor:
        monkeypatch.setattr(line, "dial", lambda _uri: connection)
        monkeypatch.setattr(Hints, "watch", lambda _hints, _connection: None)
        reached = HostConnections(KVM01)
        return LibvirtHypervisor(reached, lambda _host: reached)

    return made


def settled() -> None:
    """Every order that was under way in a thread has come to its end."""
    for thread in threading.enumerate():
        if thread.name == "libvirt-call":
            thread.join(10)


def test_what_the_daemon_did_not_let_ferry_issue_in_time_never_happens(door: Any) -> None:
    domain = FakeDomain()
    frozen = Frozen(domain, before="lookup")
    effect = door(frozen).act(ORDER, within=0.1)
    frozen.thawed.set()
    settled()
    assert isinstance(effect, Refused) and effect.code == "host.unreachable"
    assert frozen.went_on.is_set() and domain.done == []


def test_what_was_issued_and_not_answered_may_have_happened(door: Any) -> None:
    domain = FakeDomain()
    frozen = Frozen(domain, before="suspend")
    effect = door(frozen).act(ORDER, within=0.2)
    frozen.thawed.set()
    settled()
    assert isinstance(effect, Unclear)
    assert domain.done == [("suspend",)]


def test_in_time(door: Any) -> None:
    domain = FakeDomain()
    assert door(FakeConnection(domain)).act(ORDER, within=10.0) == Done()
    assert domain.done == [("suspend",)]


def test_whoever_comes_first_decides() -> None:
    issued, withdrawn, late = Issuing(10.0), Issuing(10.0), Issuing(-0.001)
    assert issued.now() and not issued.withdraw()
    assert withdrawn.withdraw() and not withdrawn.now()
    assert not late.now() and late.withdraw()
