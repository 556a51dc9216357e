"""What of a guest's memory can be read on the migration network."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.moves import guest, intact, outcomes, places, under
from tests.lab.protocol import Lab
from tests.lab.topology import Workload

pytestmark = pytest.mark.lab
MARKER = "the-guests-own-secret-0123456789"
PAIRS = [("kvm01", "kvm02"), ("kvm03", "kvm04"), ("kvm01", "kvm03")]


def marked(lab: Lab, name: str, host: str) -> None:
    made = guest(name, host, memory_mib=128, workload=Workload(size=8, rate=1, marker=MARKER))
    lab.start_guest(made)
    lab.wait_for_guest(name)


def moved(lab: Lab, name: str, to: str, environment: Mapping[str, str]) -> Mapping[str, object]:
    """The outcome of the move; what passed meanwhile is looked through."""
    return outcomes(lab.ferry("-o", "json", "migrate", name, "--to", to, "--yes", env=environment))[name]


@pytest.mark.parametrize(("source", "destination"), PAIRS)
def test_with_encryption_required_nothing_can_be_read(lab: Lab, tmp_path: Path, source: str, destination: str) -> None:
    marked(lab, "secret", source)
    with lab.capture(source, "migration") as seen:
        outcome = moved(lab, "secret", destination, under(lab, tmp_path, "encryption: required\n"))
    assert outcome["state"] == "migrated"
    assert seen.size > 8 << 20, "the memory did not pass here"
    assert not seen.holds(MARKER.encode())
    intact(lab, "secret")


def test_without_it_can(lab: Lab, tmp_path: Path) -> None:
    marked(lab, "open", "kvm01")
    with lab.capture("kvm01", "migration") as seen:
        moved(lab, "open", "kvm02", under(lab, tmp_path, "transport: tcp\nencryption: off\n"))
    assert seen.holds(MARKER.encode()), "the proof above would prove nothing"


def test_a_strangers_certificate_is_refused(lab: Lab, tmp_path: Path) -> None:
    marked(lab, "wary", "kvm03")
    lab.stranger_certificate("kvm04")
    environment = under(lab, tmp_path, "encryption: required\n")
    result = lab.ferry("migrate", "wary", "--to", "kvm04", "--yes", env=environment)
    assert result.returncode in (1, 4), result
    assert "certificate" in (result.stdout + result.stderr).lower()
    assert places(lab, "wary") == {"kvm03": "running"}
    intact(lab, "wary")
