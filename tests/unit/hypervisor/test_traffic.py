"""Who moves on a host, of guests that answer and of some that do not."""

import time
from types import SimpleNamespace
from typing import Any, cast

import libvirt
import pytest

from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.traffic import SIDE_BY_SIDE, TrafficReader
from orchestrator.model.facts import Unknown
from orchestrator.model.traffic import Traffic
from tests.unit.hypervisor.fake_host import KVM01, Control, FakeHost
from tests.unit.hypervisor.fakes import FakeDomain, error
from tests.unit.hypervisor.test_locked import GONE, LOCKED, LOST, ON_SOURCE_ONLY
from tests.unit.hypervisor.test_statistics import RUNNING as LEAVING

MIGRATION, POST_COPY, OFF = (3, 2), (3, 12), (5, 1)
BACKUP = {"type": 1, "operation": 9}


def guest(number: int, **fields: Any) -> FakeDomain:
    return FakeDomain(**{"uuid": f"u-{number}"} | fields)


def reader(*domains: FakeDomain, alive: bool = True, silent: bool = False) -> TrafficReader:
    control = Control(None if silent else FakeHost(*domains, alive=alive))
    return TrafficReader(cast(HostConnections, SimpleNamespace(entry=KVM01, beside=control)))


def read(*domains: FakeDomain) -> Traffic:
    said = reader(*domains).read(10)
    assert isinstance(said, Traffic), said
    return said


def test_both_directions_and_those_that_stay() -> None:
    said = read(
        guest(1, job=LEAVING | {"disk_total": 0}),
        guest(2, job=LEAVING | {"disk_total": 7}, state_now=MIGRATION),
        guest(3, state_now=MIGRATION, fails={"jobStats": ON_SOURCE_ONLY}),
        guest(4, state_now=(1, 10), fails={"jobStats": ON_SOURCE_ONLY}),
        guest(5, state_now=POST_COPY, job=LEAVING),
        guest(6, job=BACKUP),
        guest(7, state_now=(3, 1)),
        guest(8, fails={"jobStats": GONE}),
    )
    assert [(one.guest, one.direction, one.storage) for one in said.migrations] == [
        ("u-1", "out", False),
        ("u-2", "out", True),
        ("u-3", "in", False),
        ("u-4", "in", False),
        ("u-5", "out", False),
    ]
    assert said.unsure == () and said.migrations[0].name == "g"


def test_a_guest_that_is_off_is_not_asked() -> None:
    off = guest(1, state_now=OFF)
    assert read(off) == Traffic() and off.asked == []


def test_a_refusal_makes_one_guest_unsure() -> None:
    said = read(guest(1, fails={"jobStats": LOCKED}), guest(2, job=LEAVING))
    assert said.unsure == ("u-1",) and [one.guest for one in said.migrations] == ["u-2"]


def test_a_guest_that_hangs_is_unsure_and_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.hypervisor.traffic._PATIENCE", 0.1)
    hung = guest(1, hangs="jobStats")
    host = reader(hung, *(guest(number, job=LEAVING) for number in range(2, 12)))
    begun = time.monotonic()
    for _ in range(3):
        said = host.read(10)
        assert isinstance(said, Traffic) and said.unsure == ("u-1",) and len(said.migrations) == 10
    assert time.monotonic() - begun < 5 and hung.asked == ["jobStats"]
    hung.hangs = ""
    hung.freed.set()
    deadline = time.monotonic() + 5
    while host.read(10) != Traffic(migrations=said.migrations):
        assert time.monotonic() < deadline
    assert len(hung.asked) == 2


def test_when_all_places_hang_the_rest_is_unsure_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.hypervisor.traffic._PATIENCE", 0.1)
    hung = [guest(number, hangs="jobStats") for number in range(SIDE_BY_SIDE)]
    free = guest(9, job=LEAVING)
    host = reader(*hung, free)
    assert isinstance(host.read(10), Traffic)
    begun = time.monotonic()
    said = host.read(10)
    assert isinstance(said, Traffic) and len(said.unsure) == SIDE_BY_SIDE + 1 and time.monotonic() - begun < 0.1
    assert free.asked == []
    for one in hung:
        one.freed.set()


def test_a_connection_that_breaks_says_nothing_of_any_guest() -> None:
    assert isinstance(reader(guest(1, fails={"jobStats": LOST}), alive=False).read(10), Unknown)


def test_a_silent_host() -> None:
    said = reader(silent=True).read(10)
    assert isinstance(said, Unknown) and said.code == "host.unreachable"


def test_a_state_that_suggests_a_migration_is_asked_first() -> None:
    order: list[str] = []

    class Noted(FakeDomain):
        def jobStats(self, flags: int) -> dict[str, Any]:
            order.append(self.uuid)
            return super().jobStats(flags)

    several = [Noted(uuid=f"u-{number}") for number in range(1, 40)]
    read(*several, Noted(uuid="u-99", state_now=MIGRATION, job=LEAVING))
    assert "u-99" in order[:SIDE_BY_SIDE]


def test_a_refusal_of_the_listing_is_the_answer() -> None:
    denied = error(libvirt.VIR_ERR_ACCESS_DENIED, "access denied")
    control = Control(FakeHost(guest(1), fails={"getAllDomainStats": denied}))
    said = TrafficReader(cast(HostConnections, SimpleNamespace(entry=KVM01, beside=control))).read(10)
    assert isinstance(said, Unknown) and said.why == "access denied"
