"""Faults planted on real hosts, one by one and five at once: each is reported, with evidence and fix, and no other."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from ruamel.yaml import YAML

from tests.integration.faults import BLOCKER, Fault
from tests.integration.faults_of_guests import CDROM, IN_NETWORK, LOGGING, OF_GUESTS, REMOVE_LOG_DIRECTORY
from tests.integration.faults_of_hosts import OF_HOSTS
from tests.integration.guest_cpus import simply_try
from tests.integration.moves import intact, migrate, outcomes, places
from tests.integration.planted import hosts_entry
from tests.lab import definition
from tests.lab.protocol import Lab, Result
from tests.lab.topology import Guest, Workload

pytestmark = pytest.mark.lab

FAULTS = {**OF_HOSTS, **OF_GUESTS}
# How busy the hosts are is not the lab's doing.
OF_THE_MOMENT = {"host-load", "memory-pressure", "disk-bound"}
Kinds = Counter[tuple[str, str]]
PLAIN = Guest("plain", "kvm01", 31, memory_mib=96, workload=Workload(size=4, rate=0.2))


class Clean:
    """The lab with an ordinary guest on kvm01, and what ferry says of it while nothing is planted."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._kinds: dict[str, Kinds] = {}
        lab.start_guest(PLAIN)
        lab.wait_for_guest(PLAIN.name)

    def kinds(self, destination: str) -> Kinds:
        """Check and severity of every finding."""
        if destination not in self._kinds:
            self._kinds[destination] = kinds(findings(self._lab.ferry(*_check("kvm01/plain", destination))))
        return self._kinds[destination]


def _check(name: str, destination: str, *more: str) -> tuple[str, ...]:
    return ("-o", "json", "check", name, "--to", destination, *more)


def findings(result: Result) -> list[dict[str, Any]]:
    """What ferry found."""
    assert result.returncode in (0, 4, 6), result.stdout + result.stderr
    return cast(list[dict[str, Any]], json.loads(result.stdout)["plan"]["findings"])


def kinds(found: list[dict[str, Any]], wanted: str = "") -> Kinds:
    """Check and severity, without what depends on the moment and is not wanted."""
    return Counter((f["check"], f["severity"]) for f in found if f["check"] not in OF_THE_MOMENT - {wanted})


@pytest.fixture(scope="module")
def clean(lab: Lab) -> Iterator[Clean]:
    made = Clean(lab)
    try:
        assert made.kinds("kvm02") == Counter(), "between equal hosts, an ordinary guest has nothing against it"
        yield made
    finally:
        lab.destroy_guest(PLAIN.name)


def settings(lab: Lab, fault: Fault, tmp_path: Path) -> list[str]:
    """The option that names another ferry.yaml, where the fault is in there."""
    if fault.settings is None:
        return []
    yaml = YAML()
    document = yaml.load(lab.ferry_config.read_text())
    fault.settings(document)
    path = tmp_path / "ferry.yaml"
    with path.open("w") as file:
        yaml.dump(document, file)
    return ["--config", str(path)]


def begin(lab: Lab, change: Any, disk: str = "none") -> str:
    """Start the guest of a fault, and answer its name."""
    made = replace(PLAIN, name="odd", number=32, disk=disk)
    lab.start_guest(made, definition=change(definition.xml(made, lab.topology.networks["guest"])))
    return made.name


def reported(fault: Fault, found: list[dict[str, Any]]) -> None:
    """The finding has the id, the severity, the evidence and the fix."""
    one = next(f for f in found if f["check"] == fault.check)
    assert one["severity"] == fault.severity
    said = "\n".join((one["saw"], *one["detail"]))
    assert [words for words in fault.saw if words not in said] == [], said
    assert [words for words in fault.fix if words not in one["fix"]] == [], one["fix"]
    assert (one["remedy"]["repair"]["kind"] if one["remedy"] else None) == fault.remedy


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_reported_and_nothing_else(lab: Lab, clean: Clean, fault: Fault, tmp_path: Path) -> None:
    before = clean.kinds(fault.to)
    fault.given(lab)
    name = PLAIN.name if fault.guest is None else begin(lab, fault.guest, fault.disk)
    fault.plant(lab)
    found = findings(lab.ferry(*settings(lab, fault, tmp_path), *_check(f"kvm01/{name}", fault.to)))
    expected = before + Counter([(fault.check, fault.severity), *fault.also])
    assert kinds(found, fault.check) == expected, [f["saw"] for f in found]
    reported(fault, found)
    if fault.libvirt is not None:
        # --unsafe is what ferry itself says of storage that the operator has declared shared.
        said = simply_try(lab, [name], "kvm01", fault.to, "--unsafe")[name]
        assert fault.libvirt in said and bool(fault.libvirt) is bool(said), said


def test_a_waiver_lets_a_fault_pass_and_is_printed(lab: Lab, clean: Clean, tmp_path: Path) -> None:
    fault = FAULTS["no keepalive"]
    waiver = {
        "check": "keepalive",
        "host": "kvm02",
        "until": "2099-12-31",
        "reason": "until the rack is renewed (anna)",
    }
    waived = replace(fault, settings=hosts_entry("kvm02", policy={"checks": {"waive": [waiver]}}))
    fault.plant(lab)
    options = settings(lab, waived, tmp_path)
    found = findings(lab.ferry(*options, *_check("kvm01/plain", "kvm02")))
    assert kinds(found) == Counter([("keepalive", "note")])
    printed = lab.ferry(*options, "check", "kvm01/plain", "--to", "kvm02").checked().stdout
    assert "until the rack is renewed (anna)" in " ".join(printed.split())
    assert "2099-12-31" in printed


FIVE = [
    FAULTS["a medium only the source has"],
    FAULTS["a directory only the source has"],
    FAULTS["libvirt's network is not active there"],
    FAULTS["the migration ports are filtered"],
    FAULTS["clocks apart"],
]


def test_five_faults_are_reported_repaired_and_then_the_guest_moves(lab: Lab, clean: Clean) -> None:
    for fault in FIVE:
        fault.given(lab)
    REMOVE_LOG_DIRECTORY(lab)
    name = begin(lab, lambda text: CDROM(LOGGING(IN_NETWORK(text))))
    lab.wait_for_guest(name)
    for fault in FIVE:
        fault.plant(lab)

    found = findings(lab.ferry(*_check(name, "kvm02")))
    assert kinds(found) == Counter((fault.check, fault.severity) for fault in FIVE)
    for fault in FIVE:
        reported(fault, found)

    left = findings(lab.ferry(*_check(name, "kvm02", "--fix", "all", "--yes", "--recheck")))
    by_hand = Counter((fault.check, fault.severity) for fault in FIVE if fault.remedy is None)
    # A medium is ejected from the running guest only: its next start would look for it again.
    assert kinds(left) == by_hand + Counter([("local-media", "warning")])

    lab.run("kvm01", ["virsh", "change-media", name, "sda", "--eject", "--config"]).checked()
    lab.nft("kvm02", "")
    lab.skew_clock("kvm02", 0)
    again = lab.ferry(*_check(name, "kvm02", "--recheck"))
    assert (again.returncode, kinds(findings(again))) == (0, Counter())
    whole = lab.ferry(*_check(name, "kvm02"))
    assert (whole.returncode, kinds(findings(whole))) == (0, Counter())
    moved = migrate(lab, name, "--to", "kvm02")
    assert outcomes(moved)[name]["state"] == "migrated", moved.stdout + moved.stderr
    assert places(lab, name) == {"kvm02": "running"}
    intact(lab, name)
    lab.destroy_guest(name)


# Where ferry refuses what libvirt does when one simply tries, and why.
STRICTER = {
    "no free memory": "libvirt counts none, and the kernel would end some guest at the destination",
    "a serial port of the host": "the guest would find another device behind its port",
    "a disk of the same name": "with --unsafe, which storage that is declared shared needs, nobody looks",
}


def test_where_ferry_is_stricter_on_purpose() -> None:
    assert {name for name, fault in FAULTS.items() if fault.libvirt == ""} == STRICTER.keys()
    assert all(FAULTS[name].severity == BLOCKER for name in STRICTER)
