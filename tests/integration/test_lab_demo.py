"""The demo tells the truth, the good one and the bad one."""

import dataclasses

import pytest

from tests.lab import demo
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.topology import Guest, Workload

pytestmark = pytest.mark.lab


def last_line(capture: pytest.CaptureFixture[str]) -> str:
    return capture.readouterr().out.strip().splitlines()[-1]


def test_six_guests_are_moved_and_intact(lab: NamespaceLab, capfd: pytest.CaptureFixture[str]) -> None:
    assert demo.run(lab) == 0
    assert last_line(capfd) == "demo: 6 of 6 guests moved, memory intact"


def test_a_guest_with_corrupt_memory_is_not_called_intact(lab: NamespaceLab, capfd: pytest.CaptureFixture[str]) -> None:
    sick = Guest("sick", "kvm01", 71, workload=Workload(size=16, corrupt_pass=4))
    well = Guest("well", "kvm01", 72, workload=Workload(size=16))
    other = NamespaceLab(lab.place, dataclasses.replace(lab.topology, guests={"sick": sick, "well": well}))
    assert demo.run(other) == 1
    assert last_line(capfd) == "demo: 1 of 2 guests moved with memory intact"


def test_a_guest_that_stays_is_not_called_moved(lab: NamespaceLab, capfd: pytest.CaptureFixture[str]) -> None:
    stuck = Guest("stuck", "kvm01", 73, workload=Workload(size=16))
    other = NamespaceLab(lab.place, dataclasses.replace(lab.topology, guests={"stuck": stuck}))
    for host in ("kvm02", "kvm03", "kvm04"):  # nobody has room for it
        lab.pretend_free_memory(host, 1)
    assert demo.run(other) == 1
    assert last_line(capfd) == "demo: 0 of 1 guests moved with memory intact"
