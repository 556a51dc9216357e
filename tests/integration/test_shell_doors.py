"""The doors that need no more than a shell, on real hosts: a link measured, a process seen, a guest announced."""

import dataclasses
import subprocess
from collections.abc import Callable

import pytest

from orchestrator.model.effect import Done, Refused
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.offer import Gauging
from orchestrator.model.sighting import NoProcess, ProcessSeen
from orchestrator.ports import CommandResult
from orchestrator.survey import announcer, link_rate
from orchestrator.survey.announcer import ShellAnnouncer
from orchestrator.survey.gauge import HostGauge
from orchestrator.survey.process import ShellProcesses
from tests.integration.moves import guest, until
from tests.lab.definition import mac_of, uuid_of
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.topology import Guest
from tests.unit.survey.builders import move

pytestmark = pytest.mark.lab


class Sh:
    """A host's shell, past ssh; user: another one than root."""

    def __init__(self, lab: NamespaceLab, host: str, user: str | None = None) -> None:
        self._lab, self._host = lab, host
        self._argv = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []

    def run(self, script: str, *, within: float) -> CommandResult | Unknown:
        done = self._lab.run(self._host, [*self._argv, "sh", "-s"], f"{{\n{script}\n}}\n", timeout=within)
        return CommandResult(status=done.returncode, stdout=done.stdout, stderr=done.stderr)


def on_the_way(lab: NamespaceLab, made: Guest | None = None) -> Move:
    address = lab.topology.address("kvm02", "migration")
    transport = dataclasses.replace(move().transport, address=address)
    if made is None:
        return dataclasses.replace(move(), transport=transport)
    where = lab.topology.networks["guest"].address(made.number)
    return dataclasses.replace(
        move(), transport=transport, guest=GuestId(uuid_of(made.name)), name=made.name, probe_address=where
    )


def nobody_of(lab: NamespaceLab, host: str) -> Callable[[], bool]:
    return lambda: lab.run(host, ["pgrep", "-x", "perl"]).returncode == 1


def test_a_link_is_measured_and_nothing_stays(lab: NamespaceLab) -> None:
    lonely = link_rate.listen_script(lab.topology.address("kvm04", "migration"), "secret")
    ports = link_rate.ports(Sh(lab, "kvm04").run(lonely, within=5), "")  # ferry died before its sender began
    gauge = HostGauge(lambda _: pytest.fail("no libvirt"), lambda host: Sh(lab, host))
    found = gauge.measure(on_the_way(lab), Gauging(link=True), within=10)
    assert isinstance(found.link_bytes_per_second, int)
    assert 25e6 < found.link_bytes_per_second < 51e6  # of 400 Mbit/s
    until(nobody_of(lab, "kvm02"), "the listener is gone", timeout=2)
    until(nobody_of(lab, "kvm04"), "the listener to which nobody came is gone", timeout=10)
    assert isinstance(ports, tuple)


def test_the_process_of_a_guest_is_seen_without_root(lab: NamespaceLab) -> None:
    made = guest("visible", "kvm03")
    lab.start_guest(made)
    lab.wait_for_guest(made.name)
    for user in (None, "ferry"):
        processes = ShellProcesses(HostName("kvm03"), Sh(lab, "kvm03", user))
        first = processes.look(GuestId(uuid_of(made.name)), within=5)
        lab.wait_for_guest(made.name)
        later = processes.look(GuestId(uuid_of(made.name)), within=5)
        assert isinstance(first, ProcessSeen) and isinstance(later, ProcessSeen)
        assert first.pid == later.pid == int(lab.shell("kvm03", "cat /run/libvirt/qemu/visible.pid").stdout)
        assert later.vcpu_seconds > first.vcpu_seconds > 0
    assert processes.look(GuestId(uuid_of("invisible")), within=5) == NoProcess()
    lab.destroy_guest(made.name)
    assert processes.look(GuestId(uuid_of(made.name)), within=5) == NoProcess()


def test_neighbours_hear_where_a_guest_is(lab: NamespaceLab) -> None:
    made = guest("announced", "kvm03")
    lab.start_guest(made)
    told = on_the_way(lab, made)
    mac, address = bytes.fromhex(mac_of(made).replace(":", "")), str(told.probe_address)
    packed = bytes(int(part) for part in address.split("."))
    # from the guest's MAC to all, ARP over Ethernet for IPv4, once as a question and once as an answer
    frames = [
        b"\xff" * 6 + mac + bytes.fromhex(f"080600010800060400{operation}") + mac + packed for operation in ("01", "02")
    ]
    with lab.capture("kvm04", "guest", at_most=10_000_000) as heard:
        assert ShellAnnouncer(Sh(lab, "kvm03")).announce(told, within=5) == Done()
    assert [heard.holds(frame) for frame in frames] == [True, True]
    refused = ShellAnnouncer(Sh(lab, "kvm03", "ferry")).announce(told, within=5)
    assert isinstance(refused, Refused) and "sudo" in refused.why
    index = lab.run("kvm03", ["cat", "/sys/class/net/br-guest/ifindex"]).checked().stdout.strip()
    python = ["/usr/bin/python3", "-c", announcer._SEND.python, index, mac_of(made), address, "1"]
    with lab.capture("kvm04", "guest", at_most=10_000_000) as heard:
        subprocess.run(lab.network_argv("kvm03", python), check=True, timeout=20)
    assert [heard.holds(frame) for frame in frames] == [True, True]
