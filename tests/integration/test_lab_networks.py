"""Networks that a test plugs in: what they are for the hosts, and that nothing stays of them."""

import subprocess

import pytest

from tests.lab import namespaces
from tests.lab.namespace_lab import NamespaceLab

pytestmark = pytest.mark.lab


def reaches(lab: NamespaceLab, source: str, destination: str, network: str) -> bool:
    """Whether the one host finds the other one's address there."""
    ping = ["ping", "-c", "1", "-W", "1", lab.topology.address(destination, network)]
    return lab.run(source, ping).returncode == 0


def devices(lab: NamespaceLab) -> set[str]:
    """Of all hosts and of the switches."""
    where = [lab.place.switch_namespace, *(lab.place.host_namespace(host) for host in lab.hosts())]
    brief = (["ip", "-netns", one, "-brief", "link"] for one in where)
    seen = (subprocess.run(one, capture_output=True, text=True, check=True).stdout.splitlines() for one in brief)
    return {f"{one} {line.split('@')[0].split()[0]}" for one, lines in zip(where, seen, strict=True) for line in lines}


def test_two_networks_can_carry_a_move(lab: NamespaceLab) -> None:
    assert lab.topology.rate("kvm01", "fast") != lab.topology.rate("kvm01", "migration")
    assert reaches(lab, "kvm01", "kvm04", "fast")
    lab.link("kvm04", "fast", up=False)
    assert not reaches(lab, "kvm01", "kvm04", "fast")
    assert reaches(lab, "kvm01", "kvm04", "migration")


def test_a_network_of_ipv6_alone(lab: NamespaceLab) -> None:
    lab.plug_in("six")
    assert lab.topology.address("kvm02", "six") == "fd00:77:6::12"
    assert reaches(lab, "kvm01", "kvm02", "six")
    shown = lab.run("kvm01", ["ip", "-4", "addr", "show", "dev", "six"]).checked().stdout
    assert shown == ""


def test_two_subnets_with_a_router_between_them(lab: NamespaceLab) -> None:
    lab.plug_in("routed")
    assert (lab.topology.address("kvm01", "routed"), lab.topology.address("kvm03", "routed")) == (
        "10.77.7.11",
        "10.77.8.13",
    )
    assert reaches(lab, "kvm01", "kvm02", "routed")
    assert reaches(lab, "kvm03", "kvm04", "routed")
    assert reaches(lab, "kvm01", "kvm03", "routed")
    route = lab.run("kvm01", ["ip", "route", "get", "10.77.8.13"]).checked().stdout
    assert "via 10.77.7.1 dev routed" in route
    lab.shell("kvm01", "ip route del 10.77.8.0/24", undo="true").checked()
    assert not reaches(lab, "kvm01", "kvm03", "routed")


def test_nothing_stays_of_a_network_that_was_plugged_in(lab: NamespaceLab) -> None:
    before, spaces = devices(lab), namespaces.of_lab(lab.place)
    lab.plug_in("routed")
    lab.plug_in("six")
    lab.set_mtu("kvm01", "routed", 1400)
    lab.swallow("kvm01", "six", above=1000)
    assert len(devices(lab)) > len(before)
    assert len(namespaces.of_lab(lab.place)) == len(spaces) + 1
    lab.mend()
    assert (devices(lab), namespaces.of_lab(lab.place)) == (before, spaces)
    assert set(lab.topology.networks).isdisjoint(lab.topology.spare)
    lab.plug_in("routed")  # and can come again
    assert reaches(lab, "kvm02", "kvm04", "routed")
