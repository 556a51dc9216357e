"""No false alarm and nothing missed: what ferry says of a move is what libvirt says when one simply tries."""

from collections.abc import Iterator, Sequence

import pytest

from tests.integration.guest_cpus import (
    ANYWHERE,
    FROM_THE_NEW,
    FROM_THE_OLD,
    MACHINE_OF_THE_NEW,
    findings,
    simply_try,
    start,
)
from tests.integration.moves import places
from tests.lab.protocol import Lab

pytestmark = pytest.mark.lab

# Both ways between the versions, and between equals: kvm01 and kvm02 are of Debian 13, kvm03 and kvm04 of Debian 12.
TOURS = {
    "kvm01": ("kvm02", "kvm03", "kvm04", "kvm01"),
    "kvm03": ("kvm04", "kvm01", "kvm02", "kvm03"),
}
CPUS = {"kvm01": {**ANYWHERE, **FROM_THE_NEW}, "kvm03": {**ANYWHERE, **FROM_THE_OLD}}

REFUSED = {
    "kvm01": {"host-model", "skylake", "with-rdpid", "forced-rdpid", "versioned", "new-machine"},
    "kvm03": {"host-model", "with-pcommit", "optional-both", "minimum"},
}

# True of the hosts, whatever the guest's CPU; how busy the hosts are is not the lab's doing.
OF_THE_WAY = {"version-direction", "emulated-memory"}
OF_THE_MOMENT = {"host-load", "memory-pressure", "disk-bound"}


class Tour:
    """Guests that go from host to host as long as libvirt lets them, with ferry's word before each leg."""

    def __init__(self, lab: Lab, start_at: str) -> None:
        self.lab = lab
        self.at = start_at
        self.guests: list[str] = []
        self.refused: set[str] = set()

    def begin(self) -> None:
        for name, cpu in CPUS[self.at].items():
            start(self.lab, name, self.at, cpu)
            self.guests.append(name)
        if self.at == "kvm01":
            start(self.lab, "new-machine", self.at, FROM_THE_NEW["qemu64"], MACHINE_OF_THE_NEW)
            self.guests.append("new-machine")
        self.run_well(self.guests)

    def leg(self, destination: str) -> Iterator[str]:
        """What ferry and libvirt disagree on."""
        found = findings(self.lab, self.guests, destination)
        blocked = {f["guest"]: f["check"] for f in found if f["severity"] == "blocker"}
        said = simply_try(self.lab, self.guests, self.at, destination)
        for name in self.guests:
            if (name in blocked) != bool(said[name]):
                words = said[name] or "moved"
                yield f"{name} {self.at} → {destination}: ferry {blocked.get(name, 'lets it pass')}; libvirt: {words}"
            if blocked.get(name, "cpu") not in ("cpu", "machine-type"):
                yield f"{name} {self.at} → {destination} is refused by {blocked[name]}"
        beside = {f["check"] for f in found if f["severity"] != "blocker"} - OF_THE_WAY - OF_THE_MOMENT
        if not beside <= {"cpu", "cpu-return"}:
            yield f"{self.at} → {destination}: {beside}"
        self.go_on([name for name in self.guests if not said[name]], destination)

    def go_on(self, moved: Sequence[str], destination: str) -> None:
        self.refused |= set(self.guests) - set(moved)
        for name in set(self.guests) - set(moved):
            assert places(self.lab, name) == {self.at: "running"}
            self.lab.destroy_guest(name)
        self.guests, self.at = list(moved), destination
        self.run_well(moved)

    def run_well(self, names: Sequence[str]) -> None:
        for name in names:
            self.lab.wait_for_guest(name)
            assert "CORRUPT" not in self.lab.guest_console(name)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("start_at", TOURS)
def test_ferry_and_libvirt_agree_on_every_cpu_and_host(lab: Lab, start_at: str) -> None:
    tour = Tour(lab, start_at)
    tour.begin()
    assert [wrong for destination in TOURS[start_at] for wrong in tour.leg(destination)] == []
    assert tour.refused == REFUSED[start_at]
