"""Links of the lab are as fast, and as broken, as they are told to be."""

import subprocess
import sys

import pytest

from tests.lab import cabling
from tests.lab.namespace_lab import NamespaceLab

pytestmark = pytest.mark.lab

_BYTES = 16_000_000
# One listens and counts, the other sends; each runs in the network namespace of its host.
_RECEIVE = f"""
import socket, time
listener = socket.create_server(("0.0.0.0", 7000))
print("listening", flush=True)
peer, _ = listener.accept()
started, left = time.monotonic(), {_BYTES}
while left > 0:
    left -= len(peer.recv(1 << 20)) or left
print(time.monotonic() - started)
"""
_SEND = f"""
import socket, sys
with socket.create_connection((sys.argv[1], 7000), timeout=60) as peer:
    peer.sendall(bytes({_BYTES}))
"""


def test_a_rate_is_held_and_can_be_lifted(lab: NamespaceLab) -> None:
    lab.link("kvm01", "migration", rate="none")
    free = _seconds(lab, "kvm01", "kvm02")
    lab.link("kvm01", "migration", rate="100mbit")
    shaped = _seconds(lab, "kvm01", "kvm02")
    assert shaped > 3 * free
    assert _BYTES * 8 / shaped < 130e6  # the burst is why it is not exactly the rate


def test_the_rate_of_the_topology_is_there_from_the_start(lab: NamespaceLab) -> None:
    network = lab.topology.networks["migration"]
    rates = {host: cabling.rate_of(lab.place, host, network) for host in lab.hosts()}
    assert set(rates.values()) == {"400Mbit"}
    assert cabling.rate_of(lab.place, "kvm01", lab.topology.networks["management"]) is None


def test_a_link_can_be_cut_and_mended(lab: NamespaceLab) -> None:
    address = lab.topology.address("kvm02", "migration")
    ping = ["ping", "-c", "1", "-W", "1", address]
    assert lab.run("kvm01", ping).returncode == 0
    lab.link("kvm02", "migration", up=False)
    assert lab.run("kvm01", ping).returncode != 0
    assert "NO-CARRIER" in lab.run("kvm02", ["ip", "link", "show", "migration"]).checked().stdout
    lab.link("kvm02", "migration", up=True)
    lab.run("kvm01", ["ping", "-c", "1", "-w", "10", address]).checked()


def test_ferry_stands_on_management_and_guest_networks_only(lab: NamespaceLab) -> None:
    def reaches(network: str) -> bool:
        ping = ["ping", "-c", "1", "-W", "1", lab.topology.address("kvm01", network)]
        return subprocess.run(lab.controller_argv(ping), capture_output=True, check=False).returncode == 0

    reached = {name for name in lab.topology.networks if reaches(name)}
    assert reached == {"management", "guest"}


def _seconds(lab: NamespaceLab, source: str, destination: str) -> float:
    def inside(host: str, program: str, *arguments: str) -> list[str]:
        namespace = lab.place.namespace_file(lab.place.host_namespace(host))
        return ["nsenter", f"--net={namespace}", "--", sys.executable, "-c", program, *arguments]

    with subprocess.Popen(inside(destination, _RECEIVE), stdout=subprocess.PIPE, text=True) as receiver:
        assert receiver.stdout is not None
        assert receiver.stdout.readline() == "listening\n"
        send = inside(source, _SEND, lab.topology.address(destination, "migration"))
        subprocess.run(send, check=True, timeout=120)
        return float(receiver.stdout.readline())
