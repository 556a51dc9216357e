"""What cannot be done is refused clearly, with the right exit code, and nothing changes on any host."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.integration.moves import guest, places, started
from tests.lab.protocol import Lab, Result

pytestmark = pytest.mark.lab

FILTER = """
table inet lab {
  chain input {
    type filter hook input priority 0;
    ip daddr 10.77.2.12 tcp dport 49152-49215 drop
  }
}
"""


@contextmanager
def nothing_changes(lab: Lab) -> Iterator[None]:
    """Every host's own list of guests is the same before and after."""
    before = lab.guests_everywhere()
    yield
    assert lab.guests_everywhere() == before


def refused(result: Result, exit_code: int, *words: str) -> None:
    said = result.stdout + result.stderr
    assert result.returncode == exit_code, said
    assert "Traceback" not in said
    for word in words:
        assert word in said, f"{word!r} is not in: {said}"


def test_unknown_guest(lab: Lab) -> None:
    with nothing_changes(lab):
        refused(lab.ferry("migrate", "nobody", "--to", "kvm02", "--yes"), 4, "nobody", "ferry guests")


# With a slash it is HOST/NAME, and the host is unknown: a usage error.
HOSTILE = {"$(id)": 4, "a; id": 4, "`id`": 4, "-rf": 4, "näme\x1b[31m": 4, "$(touch /tmp/x)": 2, "../../etc": 2}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_guest_names_are_only_names(lab: Lab, name: str) -> None:
    with nothing_changes(lab):
        result = lab.ferry("migrate", "--yes", "--to", "kvm02", "--", name)
        refused(result, HOSTILE[name])
        assert "\x1b[31m" not in result.stderr


def test_unknown_host(lab: Lab) -> None:
    started(lab, "stay", "kvm01")
    with nothing_changes(lab):
        refused(lab.ferry("migrate", "stay", "--to", "kvm99", "--yes"), 2, "kvm99")


def test_destination_is_the_source(lab: Lab) -> None:
    started(lab, "stay", "kvm01")
    with nothing_changes(lab):
        refused(lab.ferry("migrate", "stay", "--to", "kvm01", "--yes"), 2, "kvm01")


def test_a_guest_that_is_shut_off(lab: Lab) -> None:
    started(lab, "stay", "kvm01")
    lab.run("kvm01", ["virsh", "destroy", "stay"]).checked()
    with nothing_changes(lab):
        refused(lab.ferry("migrate", "stay", "--to", "kvm02", "--yes"), 4, "shut off", "guest-state")


def test_no_free_memory(lab: Lab) -> None:
    started(lab, "stay", "kvm01")
    lab.pretend_free_memory("kvm02", 128)
    try:
        with nothing_changes(lab):
            refused(lab.ferry("migrate", "stay", "--to", "kvm02", "--yes"), 4, "memory", "kvm02")
    finally:
        lab.pretend_free_memory("kvm02", None)


def test_a_missing_bridge(lab: Lab) -> None:
    started(lab, "stay", "kvm01")
    lab.run("kvm02", ["ip", "link", "set", "br-guest", "name", "br-away"])
    lab.run("kvm02", ["ip", "link", "set", "br-guest", "down"])
    lab.run("kvm02", ["ip", "link", "set", "br-guest", "name", "br-away"])
    try:
        with nothing_changes(lab):
            refused(lab.ferry("migrate", "stay", "--to", "kvm02", "--yes"), 4, "network-present", "br-guest")
    finally:
        lab.run("kvm02", ["ip", "link", "set", "br-away", "name", "br-guest"]).checked()
        lab.run("kvm02", ["ip", "link", "set", "br-guest", "up"]).checked()


def test_a_filtered_migration_port(lab: Lab) -> None:
    started(lab, "stay", "kvm01")
    lab.nft("kvm02", FILTER)
    try:
        with nothing_changes(lab):
            result = lab.ferry("migrate", "stay", "--to", "kvm02", "--yes")
            refused(result, 4, "migration-port", "10.77.2.12", "49152")
    finally:
        lab.nft("kvm02", "")


def test_a_destination_that_is_down(lab: Lab) -> None:
    started(lab, "stay", "kvm01")
    lab.kill_host("kvm04")
    try:
        refused(lab.ferry("migrate", "stay", "--to", "kvm04", "--yes"), 6, "kvm04")
        assert places(lab, "stay") == {"kvm01": "running"}
        hosts = lab.ferry("hosts")
        refused(hosts, 0, "kvm01", "kvm04")
    finally:
        lab.boot_host("kvm04")


def test_a_daemon_that_hangs_costs_its_row(lab: Lab) -> None:
    lab.freeze_daemon("kvm02")
    try:
        result = lab.ferry("hosts", timeout=40)
        refused(result, 0, "kvm01", "kvm02", "10 s")
    finally:
        lab.thaw_daemon("kvm02")


def test_a_host_that_answers_ssh_but_not_libvirt(lab: Lab) -> None:
    started(lab, "stay", "kvm01")
    lab.stop_daemon("kvm02")
    try:
        refused(lab.ferry("migrate", "stay", "--to", "kvm02", "--yes", timeout=60), 6, "kvm02")
    finally:
        lab.start_daemon("kvm02")
    assert places(lab, "stay") == {"kvm01": "running"}


def test_a_disk_of_the_same_path_that_is_not_the_same_file(lab: Lab) -> None:
    stay = started(lab, "stay", "kvm01", disk="local")
    disk = next(p for p in lab.run("kvm01", ["find", "/srv/local", "-name", f"{stay.name}*"]).checked().stdout.split())
    lab.run("kvm02", ["truncate", "-s", "8M", disk]).checked()
    try:
        with nothing_changes(lab):
            refused(lab.ferry("migrate", "stay", "--to", "kvm02", "--yes"), 4, "disk-shared", disk)
    finally:
        lab.run("kvm02", ["rm", "-f", disk]).checked()


def test_another_guest_of_that_name_at_the_destination(lab: Lab) -> None:
    started(lab, "twin", "kvm01")
    other = "<domain type='qemu'><name>twin</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>"
    lab.run("kvm02", ["virsh", "define", "/dev/stdin"], stdin=other).checked()
    try:
        with nothing_changes(lab):
            refused(lab.ferry("migrate", "twin", "--to", "kvm02", "--yes"), 2, "kvm01", "kvm02")
            refused(lab.ferry("migrate", "kvm01/twin", "--to", "kvm02", "--yes"), 4, "identity")
    finally:
        lab.run("kvm02", ["virsh", "undefine", "twin"]).checked()


def test_a_stale_definition_of_the_same_guest_is_shown_and_replaced(lab: Lab) -> None:
    made = started(lab, "ghost", "kvm01")
    stale = lab.run("kvm01", ["virsh", "dumpxml", "--inactive", "ghost"]).checked().stdout
    lab.run("kvm02", ["virsh", "define", "/dev/stdin"], stdin=stale.replace(">1</vcpu>", ">2</vcpu>")).checked()
    check = lab.ferry("check", made.name, "--to", "kvm02")
    refused(check, 0, "identity", "vcpu")
    lab.ferry("migrate", "ghost", "--to", "kvm02", "--yes").checked()
    assert places(lab, "ghost") == {"kvm02": "running"}
    now = lab.run("kvm02", ["virsh", "dumpxml", "--inactive", "ghost"]).checked().stdout
    assert ">1</vcpu>" in now


def test_the_machine_listed_twice(lab: Lab, tmp_path) -> None:
    config = lab.ferry_config.read_text()
    twice = config.replace("10.77.2.12", "10.77.2.13") if "alias:" in config else config
    entry = twice[twice.index("  kvm01:") : twice.index("  kvm02:")]
    entry = entry.replace("kvm01:", "alias:", 1).replace("10.77.2.11", "10.77.2.99")
    entry = entry.replace("root@kvm01/system", "root@10.77.1.11/system")
    path = tmp_path / "ferry.yaml"
    path.write_text(config + entry if config.endswith("\n") else f"{config}\n{entry}")
    started(lab, "stay", "kvm01")
    with nothing_changes(lab):
        refused(lab.ferry("--config", str(path), "migrate", "kvm01/stay", "--to", "alias", "--yes"), 3, "alias")


def test_check_shows_everything_at_once(lab: Lab) -> None:
    made = guest("stay", "kvm01", disk="local")
    lab.start_guest(made)
    lab.nft("kvm02", FILTER)
    try:
        with nothing_changes(lab):
            result = lab.ferry("check", "stay", "--to", "kvm02")
            refused(result, 4, "migration-port", "disk-shared")
    finally:
        lab.nft("kvm02", "")
