"""What tests of migrations break on purpose breaks as it is told to, and only that."""

import re
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.integration.moves import intact, places, started, until, virsh_migrate
from tests.lab import host_shell
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.protocol import Lab, Result
from tests.lab.topology import Workload

pytestmark = pytest.mark.lab

_MARKER = "the-words-of-a-guest-that-nobody-else-has"
_PROCESSED = re.compile(r"^Memory processed: +([\d.]+ \w+)$", re.MULTILINE)


@pytest.fixture
def copy(lab: NamespaceLab) -> Iterator["subprocess.Popen[bytes]"]:
    """A copy of a guest called `moving`, so slow that it is met in the middle."""
    lab.link("kvm01", "migration", rate="60mbit")
    started(lab, "moving", "kvm01")
    command = host_shell.enter(lab.place, "kvm01", virsh_migrate(lab, "moving"))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until(lambda: processed(lab) != "", "the copy shows")
        yield process
        process.kill()


def processed(lab: Lab) -> str:
    found = _PROCESSED.search(lab.run("kvm01", ["virsh", "domjobinfo", "moving"]).stdout)
    return found[1] if found else ""


def established(lab: Lab, host: str) -> int:
    query = ["ss", "-Htn", "state", "established", "( sport = :49200 or dport = :49200 )"]
    return len(lab.run(host, query).checked().stdout.splitlines())


def test_a_capture_shows_what_travels_in_the_open(lab: NamespaceLab) -> None:
    started(lab, "talking", "kvm01", workload=Workload(size=4, marker=_MARKER))
    with lab.capture("kvm01", "migration") as sealed:
        lab.run("kvm01", virsh_migrate(lab, "talking", "--tls")).checked()
    assert sealed.size > 10_000_000
    assert not sealed.holds(_MARKER.encode())
    back = [word.replace("kvm02", "kvm01") for word in virsh_migrate(lab, "talking")]
    to_kvm01 = [word.replace(lab.topology.address("kvm02", "migration"), "10.77.2.11") for word in back]
    with lab.capture("kvm01", "migration") as opened:
        lab.run("kvm02", to_kvm01).checked()
    assert opened.holds(_MARKER.encode())
    lab.stranger_certificate("kvm02")
    refused = lab.run("kvm01", virsh_migrate(lab, "talking", "--tls"))
    assert refused.returncode != 0
    assert "certificate" in refused.stderr.lower()
    lab.run("kvm01", virsh_migrate(lab, "talking")).checked()  # libvirt's own connection has kept its certificate
    intact(lab, "talking")


def test_a_copy_whose_data_vanishes_stands_still_and_goes_on(
    lab: NamespaceLab, copy: "subprocess.Popen[bytes]"
) -> None:
    lab.cut_data("kvm02")
    time.sleep(0.5)  # what QEMU had given to the kernel still counts
    before = processed(lab)
    time.sleep(1)
    assert before
    assert processed(lab) == before
    lab.run("kvm01", ["virsh", "-c", "qemu+tls://kvm02/system", "version"]).checked()
    lab.cut_data("kvm02", on=False)
    until(lambda: processed(lab) != before, "the copy goes on")
    assert lab.reset_copy("kvm01") == 1
    copy.wait(timeout=30)
    assert copy.returncode != 0
    assert places(lab, "moving") == {"kvm01": "running"}
    intact(lab, "moving")


def test_a_guest_that_is_arriving_can_be_killed(lab: NamespaceLab, copy: "subprocess.Popen[bytes]") -> None:
    lab.kill_guest("moving", "kvm02")
    copy.wait(timeout=30)
    assert copy.returncode != 0
    assert places(lab, "moving") == {"kvm01": "running"}


def test_a_reset_at_one_end_leaves_the_other_waiting(lab: Lab) -> None:
    address = lab.topology.address("kvm02", "migration")

    def connect() -> None:
        lab.run("kvm02", ["iperf3", "-s", "-1", "-D", "-p", "49200"]).checked()
        client = f"iperf3 -c {address} -p 49200 -t 30 -b 1M >/dev/null 2>&1 </dev/null &"
        lab.shell("kvm01", f"sleep 0.2; {client}").checked()
        until(lambda: established(lab, "kvm02") == established(lab, "kvm01") == 2, "it sends")
        # It would close the second of its connections by itself on losing the first one.
        lab.shell("kvm01", "kill -STOP $(pgrep -x iperf3)").checked()

    def end(host: str) -> None:
        lab.shell(host, "kill -KILL $(pgrep -x iperf3)").checked()

    connect()
    assert lab.reset_copy("kvm01", other_end=False) == 2
    assert (established(lab, "kvm01"), established(lab, "kvm02")) == (0, 2)
    lab.mend()
    end("kvm01")
    end("kvm02")
    connect()
    assert lab.reset_copy("kvm01") == 2
    until(lambda: established(lab, "kvm02") == 0, "both ends are told")
    end("kvm01")


def test_a_link_is_silent_for_a_while(lab: Lab) -> None:
    def ping() -> Result:
        return lab.run("kvm03", ["ping", "-c", "1", "-W", "1", lab.topology.address("kvm04", "migration")])

    ping().checked()
    lab.silence("kvm04", "migration", seconds=1.5)
    assert ping().returncode != 0
    until(lambda: ping().returncode == 0, "it passes again", timeout=5)


def test_a_mute_daemon_hears_and_says_nothing(lab: Lab) -> None:
    def version(seconds: float) -> Result:
        return lab.run("kvm03", ["timeout", str(seconds), "virsh", "-c", "qemu+tls://kvm04/system", "version"])

    version(10).checked()
    lab.mute_daemon("kvm04")
    assert version(1).returncode == 124
    lab.run("kvm04", ["virsh", "-c", "qemu:///system", "version"]).checked()
    lab.mute_daemon("kvm04", on=False)
    version(10).checked()


def test_a_guest_tells_its_progress_between_passes(lab: Lab) -> None:
    workload = Workload(size=8, rate=8, pass_seconds=2, report_seconds=0.25)
    started(lab, "telling", "kvm04", workload=workload)
    lab.wait_for_guest("telling")
    found = re.findall(r"^AT progress=(\d+) written=(\d+) uptime=([\d.]+)$", lab.guest_console("telling"), re.MULTILINE)
    assert len(found) >= 4
    (progress, written, began), (more, later, ended) = found[0], found[-1]
    seconds = float(ended) - float(began)
    assert 0 < (int(later) - int(written)) * 4096 / seconds < 1.05 * 8e6
    assert int(more) - int(progress) > int(later) - int(written)  # checking is work, too
