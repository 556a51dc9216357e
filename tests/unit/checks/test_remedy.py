"""Commands to paste survive whatever a guest is called."""

import shlex

import pytest

from orchestrator.checks.registry import GUEST_RULES
from orchestrator.checks.remedy import called, on, virsh
from orchestrator.checks.runner import run
from orchestrator.model.guest import Power
from tests.unit.checks.builders import WEB, case, guest, settings

ENTRY = settings().hosts["kvm01"]


@pytest.mark.parametrize("name", ["$(touch /tmp/x)", "a; rm -rf /", "`id`", "-rf", "5", "näme\x1b[31m", "a b", ""])
def test_a_hostile_name_is_replaced_by_the_uuid(name: str) -> None:
    assert called(guest(name)) == WEB
    (finding,) = run(GUEST_RULES, case(guest(name, power=Power.SHUT_OFF)))
    start = f"virsh -c qemu+ssh://root@kvm01/system start {WEB}"
    assert finding.fix == f"Start it: {start}   Or move its definition alone: ferry migrate {WEB} --offline"


@pytest.mark.parametrize("name", ["web", "web-01", "_a.b+c", "W2"])
def test_an_ordinary_name_stays(name: str) -> None:
    assert called(guest(name)) == name


@pytest.mark.parametrize("path", ["/srv/a b", "/srv/$(id)", "/srv/it's", "/srv/;reboot"])
def test_a_path_reaches_the_program_on_the_host_as_one_word(path: str) -> None:
    ssh, destination, remote = shlex.split(on(ENTRY, "stat", path))
    assert (ssh, destination) == ("ssh", "root@kvm01")
    assert shlex.split(remote) == ["stat", path]
    assert shlex.split(virsh(ENTRY, "dumpxml", path))[-1] == path
