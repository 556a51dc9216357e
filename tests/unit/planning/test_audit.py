"""Hosts side by side: what differs is marked, a silent host is said, and ways nobody looked at are not judged."""

from dataclasses import replace

from orchestrator.model.facts import NOT_ASKED, Facts, Unknown
from orchestrator.model.host import HostName
from orchestrator.model.inheritance import Layer, Override, Setting
from orchestrator.model.machine import Clock, Kernel
from orchestrator.planning.audit import audit
from orchestrator.planning.outliers import UNKNOWN, traits
from orchestrator.planning.verdict import code_of
from tests.unit.checks.builders import TODAY, host, interface, link, settings

A, B, C = (HostName(f"kvm0{n}") for n in (1, 2, 3))


def facts(*hosts, **links) -> Facts:
    """These hosts, with the ways between them all well."""
    return Facts(
        hosts={h.name: h for h in hosts},
        links={
            (a.name, b.name, "migration"): link(a.name, b.name, **links) for a in hosts for b in hosts if a is not b
        },
    )


def trait(name, *hosts):
    """One trait of these hosts."""
    found = traits(facts(*hosts), settings(*(h.name for h in hosts)))
    return next(t for t in found if t.name == name)


def test_the_odd_one_out_is_the_one_that_differs_from_most() -> None:
    found = trait("libvirt", host(A), host(B, libvirt_version=9_000_000), host(C))
    assert (found.usual, found.odd) == ("11.3.0", {B})


def test_of_two_halves_none_is_odd() -> None:
    assert trait("libvirt", host(A), host(B, libvirt_version=9_000_000)).odd == frozenset()


def test_what_is_not_known_is_not_odd_and_does_not_count() -> None:
    kernel = Kernel(release="6.1", word_bits=64, page_bytes=4096, cgroup_version=2)
    found = trait("kernel", host(A, kernel=Unknown(why="x")), host(B, kernel=kernel), host(C, kernel=kernel))
    assert (found.values[A], found.usual, found.odd) == (UNKNOWN, "6.1", frozenset())


def test_a_clock_within_its_tolerance_is_right() -> None:
    near, far = (Clock(ahead_seconds=s, uncertainty_seconds=0.1) for s in (0.55, 90.0))
    found = trait("clock", host(A), host(B, clock=near), host(C, clock=far))
    assert (found.values[B], found.values[C], found.odd) == ("right", "+90.0 s", {C})


def test_the_mtu_is_that_of_the_interface_with_the_migration_address() -> None:
    jumbo = (interface("eth1", addresses=("10.0.2.2",), mtu=9000), interface("eth0", addresses=("10.9.9.9",)))
    assert trait("migration MTU", host(A), host(B, interfaces=jumbo)).values == {A: "1500", B: "9000"}


def test_a_host_with_a_policy_of_its_own_is_odd() -> None:
    own = Override(layer=Layer.HOST, name=C, settings=(Setting(path=("postcopy",), value=True),))
    found = traits(facts(host(A), host(B), host(C)), replace(settings(A, B, C), overrides=(own,)))
    policy = next(t for t in found if t.name == "policy")
    assert policy.values == {A: "default", B: "default", C: f"default with host {C}"}
    assert (policy.usual, policy.odd) == ("default", {C})


def test_networks_that_could_not_be_read_are_not_odd() -> None:
    found = trait("networks", host(A, networks=Unknown(why="x")), host(B), host(C))
    assert (found.values[A], found.usual, found.odd) == (UNKNOWN, "default", frozenset())


def test_healthy_hosts_have_no_findings() -> None:
    found = audit(settings(A, B), facts(host(A), host(B)), TODAY)
    assert found.findings == ()


def test_a_silent_host_is_said_and_the_others_are_looked_at() -> None:
    given = facts(host(A), host(B), peer="uuid-somebody")
    given = replace(given, hosts={**given.hosts, C: Unknown(why="no answer within 10 s", leg="libvirt of kvm03")})
    found = audit(settings(A, B, C), given, TODAY).findings
    assert {f.check for f in found} >= {"host-reachable", "peer"}
    assert "kvm03 does not answer (libvirt of kvm03)" in found[0].saw
    assert code_of(found) == 6


def test_a_way_that_nobody_looked_at_is_not_judged() -> None:
    found = audit(settings(A, B), Facts(hosts={A: host(A), B: host(B)}), TODAY)
    assert found.findings == ()


def test_what_could_not_be_read_of_a_host_alone_is_said_once_with_the_way_out() -> None:
    why = Unknown(why="sudo: refused", code="host.shell", leg="controller to kvm01, ssh")
    found = audit(settings(A), Facts(hosts={A: host(A, daemon=why, certificates=why)}), TODAY).findings
    assert [(f.check, f.source) for f in found] == [("ssh-login", A)]
    assert "certificates, daemon" in found[0].saw and "ssh root@kvm01 true" in found[0].fix


def test_what_nobody_asked_for_is_no_finding() -> None:
    assert audit(settings(A), Facts(hosts={A: host(A, daemon=NOT_ASKED)}), TODAY).findings == ()


def test_a_host_that_takes_no_guests_on_purpose_is_a_note() -> None:
    given = settings(A, B)
    hosts = {**given.hosts, B: replace(given.hosts[B], incoming=False)}
    found = audit(replace(given, hosts=hosts), facts(host(A), host(B)), TODAY).findings
    assert {(f.check, f.severity.value) for f in found} == {("host-direction", "note")}
