"""Looking into a guest: what is asked of libvirt, and for how long."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import libvirt
import pytest

import orchestrator
from orchestrator.hypervisor import gauging, typed
from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.inventory import LibvirtInventory
from orchestrator.hypervisor.line import NoAnswerError
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.offer import Content, DirtyRate
from tests.unit.hypervisor.fake_host import KVM01
from tests.unit.hypervisor.fakes import FakeConnection, FakeDomain, error

G = GuestId("u-1")
MIB = 2**20
MEASURING, MEASURED = (
    {"dirtyrate.calc_status": 1},
    {"dirtyrate.calc_status": 2, "dirtyrate.calc_period": 2, "dirtyrate.megabytes_per_second": 54},
)
PC = "<domain><memory unit='MiB'>256</memory><os><type arch='x86_64' machine='{}'>hvm</type></os></domain>"


class Measuring(FakeConnection):
    """A connection whose statistics come one after the other."""

    def __init__(self, domain: FakeDomain | None, *said: dict[str, int]) -> None:
        super().__init__(domain)
        self.said = list(said)

    def domainListGetStats(self, domains: list[FakeDomain], group: int, _flags: int) -> list[Any]:
        assert group == libvirt.VIR_DOMAIN_STATS_DIRTYRATE
        return [(domains[0], self.said.pop(0) if len(self.said) > 1 else self.said[0])]


class Control:
    """A control connection, with a clock that only sleeping moves."""

    def __init__(self, connection: FakeConnection) -> None:
        self.connection = connection
        self.now = 0.0

    def once(self, work: Any, within: float) -> Any:
        if within <= 0:
            raise NoAnswerError
        return work(self.connection)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def door(monkeypatch: pytest.MonkeyPatch, connection: FakeConnection) -> tuple[LibvirtInventory, Control]:
    control = Control(connection)
    clock = SimpleNamespace(sleep=control.sleep, monotonic=lambda: control.now)
    monkeypatch.setattr(gauging, "time", clock)
    return LibvirtInventory(cast(HostConnections, SimpleNamespace(entry=KVM01, control=control))), control


def test_the_dirty_rate_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    domain = FakeDomain()
    made, control = door(monkeypatch, Measuring(domain, MEASURING, MEASURING, MEASURED))
    assert made.dirty_rate(G, seconds=2, within=10) == DirtyRate(bytes_per_second=54 * MIB, window_seconds=2.0)
    assert domain.done == [("startDirtyRateCalc", 2, libvirt.VIR_DOMAIN_DIRTYRATE_MODE_PAGE_SAMPLING)]
    assert control.now == pytest.approx(2.2)


def test_page_sampling_is_the_only_mode_that_can_be_asked_for() -> None:
    """Any other mode kills QEMU 7.2 under emulation, and with it the guest."""
    sources = {path: path.read_text() for path in Path(orchestrator.__file__).parent.rglob("*.py")}
    callers = [path.name for path, text in sources.items() if ".startDirtyRateCalc(" in text]
    modes = {name for text in sources.values() for name in re.findall(r"DIRTYRATE_MODE_\w+", text)}
    assert callers == ["typed.py"] and modes == {"DIRTYRATE_MODE_PAGE_SAMPLING"}
    domain = FakeDomain()
    typed.measure_dirty_rate(cast(Any, domain), 1)
    assert domain.done == [("startDirtyRateCalc", 1, 0)]


def test_a_measurement_that_is_never_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    made, control = door(monkeypatch, Measuring(FakeDomain(), MEASURING))
    said = made.dirty_rate(G, seconds=1, within=3)
    assert isinstance(said, Unknown) and "3 s" in said.why and control.now <= 3.2


@pytest.mark.parametrize(
    ("domain", "code"),
    [
        (None, "host.libvirt"),
        (FakeDomain(fails={"startDirtyRateCalc": error(55, "domain is not running")}), "host.libvirt"),
        (FakeDomain(fails={"startDirtyRateCalc": error(38, "Cannot recv data", 7)}), "host.unreachable"),
    ],
)
def test_a_guest_that_cannot_be_measured(monkeypatch: pytest.MonkeyPatch, domain: FakeDomain | None, code: str) -> None:
    made, _ = door(monkeypatch, Measuring(domain, MEASURED))
    said = made.dirty_rate(G, seconds=1, within=3)
    assert isinstance(said, Unknown) and said.code == code


def test_pages_are_looked_at_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def memory(address: int, length: int) -> bytes:
        looks.append(address)
        twice = looks.count(address) > 1
        return (b"\1" if twice and address < 128 * MIB else b"\0") * length

    domain = FakeDomain(xml=PC.format("pc-q35-7.2"), memory=memory)
    made, control = door(monkeypatch, FakeConnection(domain))
    said = made.content(G, pages=320, seconds=1.0, within=10)
    assert isinstance(said, Content) and control.now == 1.0
    assert (said.pages, said.zero, said.changed) == (320, 0.5, 0.5) and said.compressed < 0.02
    assert all(1 * MIB <= address < 256 * MIB for address in looks) and len(set(looks)) == 40
    assert {step[3] for step in domain.done} == {libvirt.VIR_MEMORY_PHYSICAL}


def test_a_machine_whose_memory_nobody_knows_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    domain = FakeDomain(xml=PC.format("microvm"))
    made, _ = door(monkeypatch, FakeConnection(domain))
    said = made.content(G, pages=64, seconds=1, within=5)
    assert isinstance(said, Unknown) and not domain.done


def test_two_looks_that_do_not_fit_into_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made, control = door(monkeypatch, FakeConnection(FakeDomain(xml=PC.format("pc-q35-7.2"))))
    assert isinstance(made.content(G, pages=64, seconds=5, within=5), Unknown) and control.now == 0


def test_a_guest_that_is_slow_is_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    domain = FakeDomain(xml=PC.format("pc-q35-7.2"))
    made, control = door(monkeypatch, FakeConnection(domain))
    domain.memory = lambda _address, length: (control.sleep(1), bytes(length))[1]  # type: ignore[func-returns-value]
    said = made.content(G, pages=320, seconds=1, within=5)
    assert isinstance(said, Unknown) and said.code == "host.unreachable" and len(domain.done) == 5
