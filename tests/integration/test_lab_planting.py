"""What the lab is told to plant on a host is there, and mend() leaves no trace of it."""

import subprocess
import time

import pytest

from tests.lab.namespace_lab import NamespaceLab

pytestmark = pytest.mark.lab

_TRACES = "find /etc /usr/local /var/lib/ferry-lab-planted -printf '%p %m %s\\n' 2>/dev/null | sort"


def text(lab: NamespaceLab, host: str, path: str) -> str:
    return lab.run(host, ["cat", path]).checked().stdout


def test_planted_files_are_there_until_mended(lab: NamespaceLab) -> None:
    before = lab.shell("kvm04", _TRACES).stdout.replace("/var/lib/ferry-lab-planted 755 4096\n", "")
    assert before
    for words in ("first", "second"):  # planted twice: what was there at first comes back
        lab.plant("kvm04", "/etc/hostname", words)
        lab.plant("kvm04", "/etc/pve/nodes/list", words, mode=0o600)
        assert text(lab, "kvm04", "/etc/hostname") == words
        assert text(lab, "kvm04", "/etc/pve/nodes/list") == words
    lab.plant("kvm04", "/etc/libvirt/qemu.conf", None)
    assert lab.run("kvm04", ["test", "-e", "/etc/libvirt/qemu.conf"]).returncode == 1
    lab.mend()
    after = lab.shell("kvm04", _TRACES).stdout
    assert [line for line in after.splitlines() if not line.startswith("/var/lib/ferry-lab-planted ")] == (
        before.splitlines()
    )
    assert text(lab, "kvm04", "/etc/hostname") == "kvm04\n"


def test_files_of_the_kernel_are_laid_over(lab: NamespaceLab) -> None:
    paths = ("/proc/cpuinfo", "/sys/class/net/migration/speed")
    truth = [lab.run("kvm01", ["cat", path]).stdout for path in paths]
    for path in paths:
        lab.plant("kvm01", path, "planted\n")
        assert text(lab, "kvm01", path) == "planted\n"
    assert "planted" not in lab.run("kvm02", ["cat", paths[0]]).stdout
    lab.mend()
    assert [lab.run("kvm01", ["cat", path]).stdout for path in paths] == truth
    with pytest.raises(ValueError, match="cannot be taken away"):
        lab.plant("kvm01", "/proc/cpuinfo", None)


@pytest.mark.parametrize("host", ["root@kvm01", "ferry@kvm03"])
def test_a_skewed_clock_is_what_ssh_sees(lab: NamespaceLab, host: str) -> None:
    config = lab.ferry_config.with_name("ssh_config")
    ask = lab.controller_argv(["ssh", "-F", str(config), host, "--", "date +%s.%N"])

    def ahead() -> float:
        return float(subprocess.run(ask, capture_output=True, text=True, check=True).stdout) - time.time()

    name = host.partition("@")[2]
    lab.skew_clock(name, 90)
    assert 80 < ahead() < 95
    lab.skew_clock(name, -3600)
    assert -3620 < ahead() < -3590
    lab.mend()
    assert -15 < ahead() < 5


def test_a_way_that_swallows_long_packets(lab: NamespaceLab) -> None:
    def passes(size: int) -> bool:
        ping = ["ping", "-M", "do", "-c", "1", "-W", "1", "-s", str(size), lab.topology.address("kvm04", "migration")]
        return lab.run("kvm03", ping).returncode == 0

    assert passes(1472)
    lab.swallow("kvm04", "migration", above=1400)
    assert not passes(1472)
    assert passes(1372)
    lab.mend()
    assert passes(1472)


def test_mtu_and_addresses_come_back(lab: NamespaceLab) -> None:
    def addresses() -> str:
        return lab.shell("kvm01", "ip -brief addr; ip -o link | sed 's/.*mtu/mtu/'").stdout

    before = addresses()
    lab.set_mtu("kvm01", "migration", 9000)
    lab.set_mtu("kvm01", "migration", 1400)
    lab.set_mtu("kvm01", "guest", 1300)
    lab.add_address("kvm01", "migration", "10.77.2.99/24")
    lab.add_address("kvm01", "migration", "fd00:77:2::99/64")
    lab.remove_address("kvm01", "storage", f"{lab.topology.address('kvm01', 'storage')}/24")
    bent = addresses()
    assert "10.77.2.99/24" in bent
    assert "10.77.3.11" not in bent
    assert lab.shell("kvm01", "cat /sys/class/net/migration/mtu /sys/class/net/br-guest/mtu").stdout == "1400\n1300\n"
    lab.mend()
    assert sorted(addresses().split()) == sorted(before.split())


def test_what_cannot_be_undone_is_told_and_keeps_nothing_else_from_it(lab: NamespaceLab) -> None:
    lab.shell("kvm01", "true", undo="echo cannot >&2; exit 3").checked()
    lab.plant("kvm01", "/etc/planted", "")
    with pytest.raises(AssertionError, match="cannot"):
        lab.mend()
    assert lab.run("kvm01", ["test", "-e", "/etc/planted"]).returncode == 1
    lab.mend()


def test_a_shell_script_is_undone(lab: NamespaceLab) -> None:
    lab.shell("kvm01", "echo there > /run/bent", undo="rm /run/bent").checked()
    assert text(lab, "kvm01", "/run/bent") == "there\n"
    lab.mend()
    assert lab.run("kvm01", ["test", "-e", "/run/bent"]).returncode == 1
