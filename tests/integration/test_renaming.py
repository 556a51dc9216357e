"""A bridge may have another name at the destination: the guest arrives plugged in there, and so does its definition."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.integration.moves import intact, migrate, outcomes, started
from tests.lab.protocol import Lab

pytestmark = pytest.mark.lab


@pytest.fixture(params=["kvm02", "kvm03"], ids=["trixie", "bookworm"])
def elsewhere(request: pytest.FixtureRequest, lab: Lab) -> str:
    """A host that calls the guests' bridge br-blue."""
    host: str = request.param
    there, back = ("br-guest", "br-blue"), ("br-blue", "br-guest")
    renaming = "ip link set {} down && ip link set {} name {} && ip link set {} up"
    script, undo = (renaming.format(a, a, b, b) for a, b in (there, back))
    lab.shell(host, script, undo=undo).checked()
    return host


def sources(lab: Lab, host: str, name: str, *options: str) -> list[str | None]:
    """Where the guest's cards are plugged in."""
    text = lab.run(host, ["virsh", "dumpxml", name, *options]).checked().stdout
    return [source.get("bridge") for source in ElementTree.fromstring(text).iterfind("devices/interface/source")]


def test_a_guest_is_plugged_in_under_the_destinations_name(lab: Lab, elsewhere: str, tmp_path: Path) -> None:
    guest = started(lab, "renamed", "kvm01")
    assert "network-present" in lab.ferry("check", guest.name, "--to", elsewhere).stdout

    yaml = YAML()
    document = yaml.load(lab.ferry_config.read_text())
    document["hosts"][elsewhere]["policy"] = {"networks": {"br-guest": "br-blue"}}
    config = tmp_path / "ferry.yaml"
    yaml.dump(document, config)

    moved = migrate(lab, guest.name, "--to", elsewhere, "--config", str(config))
    assert moved.returncode == 0, moved.stderr
    assert outcomes(moved)[guest.name]["state"] == "migrated"
    intact(lab, guest.name)
    assert sources(lab, elsewhere, guest.name) == ["br-blue"]
    assert sources(lab, elsewhere, guest.name, "--inactive") == ["br-blue"]
