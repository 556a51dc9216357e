"""The rules about what else happens on a host: load, other managers, a shutdown that comes."""

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.checks import (
    disk_bound,
    host_load,
    managed_guest,
    managed_host,
    memory_pressure,
    shutdown_scheduled,
)
from orchestrator.checks.case import AtHost, Case
from orchestrator.checks.runner import run
from orchestrator.model.facts import Unknown
from orchestrator.model.hardware import Hardware
from orchestrator.model.machine import Load, Shutdown
from orchestrator.model.policy import Policy
from orchestrator.model.services import Owner
from tests.unit.checks.builders import WEB, at_host, case, guest, host, settings
from tests.unit.checks.rows import Row, hold, no, ok, proven, undecided, warn

WHY = Unknown(why="the script broke off", code="host.shell", leg="controller to kvm01, ssh")
NOVA = guest(hardware=Hardware(namespaces=frozenset({"http://openstack.org/xmlns/libvirt/nova/1.1"})))
REFUSING = settings(policy=Policy(name="default", other_managers="refuse"))


def loaded(**changes: Any) -> AtHost:
    quiet = Load(busy=0.1, steal=0.0, iowait=0.0, memory_pressure=0.0, io_pressure=0.0, cpu_pressure=0.0)
    return at_host(host("kvm01", load=replace(quiet, **changes)))


def owned(*guests: str, name: str = "pacemaker") -> Owner:
    return Owner(name=name, evidence="pacemakerd runs", guests=frozenset(guests))


def at(*owners: Owner, moving: Any = None) -> Case:
    moving = moving or guest()
    return case(moving, source=host("kvm01", moving, owners=owners))


LOAD_UNKNOWN = at_host(host("kvm01", load=WHY))

ROWS = {
    "quiet": ok(host_load, loaded()),
    "busy, but not too much": ok(host_load, loaded(busy=0.95, steal=0.10)),
    "busy": warn(host_load, loaded(busy=0.98), "98%", "8 processors", "ssh root@kvm01 'top -b -n 1'"),
    "robbed": warn(host_load, loaded(steal=0.25), "25%", "virtual machine"),
    "load unknown": undecided(host_load, LOAD_UNKNOWN, "the script broke off"),
    "memory at ease": ok(memory_pressure, loaded(memory_pressure=10.0)),
    "memory pressed": warn(memory_pressure, loaded(memory_pressure=25.0), "25 %", "16384 MiB", "/proc/pressure/memory"),
    "no pressure counted": ok(memory_pressure, loaded(memory_pressure=None)),
    "pressure unknown": undecided(memory_pressure, LOAD_UNKNOWN),
    "disks at ease": ok(disk_bound, loaded(io_pressure=40.0, iowait=0.5)),
    "disks pressed": warn(disk_bound, loaded(io_pressure=62.0), "62 %", "/proc/pressure/io"),
    "disks waited for": warn(disk_bound, loaded(io_pressure=None, iowait=0.6), "processors wait for disks 60%"),
    "no disk pressure counted": ok(disk_bound, loaded(io_pressure=None)),
    "disks unknown": undecided(disk_bound, LOAD_UNKNOWN),
    "nobody else": ok(managed_host, at_host()),
    "Pacemaker": warn(
        managed_host,
        at_host(host("kvm01", owners=(owned("web", "db"),))),
        "pacemakerd runs",
        "manages 2 guests",
        "crm_mon",
    ),
    "a manager nobody knows": warn(managed_host, at_host(host("kvm01", owners=(owned(name="Acme"),))), "Acme", "ps -e"),
    "Pacemaker, refused": no(managed_host, replace(at_host(host("kvm01", owners=(owned(),))), settings=REFUSING)),
    "managers unknown": undecided(managed_host, at_host(host("kvm01", owners=WHY))),
    "nobody's guest": ok(managed_guest, case()),
    "another's guest": ok(managed_guest, at(owned("db"))),
    "listed by name": warn(managed_guest, at(owned("web")), "belongs to Pacemaker", "a second time"),
    "listed by UUID": warn(managed_guest, at(owned(WEB))),
    "of OpenStack": warn(managed_guest, at(moving=NOVA), "belongs to OpenStack", "nova/1.1", "nova-compute"),
    "of OpenStack, host unknown": warn(managed_guest, case(NOVA, source=host("kvm01", NOVA, owners=WHY))),
    "of OpenStack, refused": no(managed_guest, replace(at(moving=NOVA), settings=REFUSING)),
    "notes of others": ok(
        managed_guest,
        at(moving=guest(hardware=Hardware(namespaces=frozenset({"http://libosinfo.org/xmlns/libvirt/domain/1.0"})))),
    ),
    "owner of the guest unknown": undecided(managed_guest, case(source=host("kvm01", owners=WHY))),
    "stays up": ok(shutdown_scheduled, at_host()),
    "goes down": warn(
        shutdown_scheduled,
        at_host(host("kvm01", shutdown=Shutdown(at=1_795_298_400, mode="reboot"))),
        "2026-11-21 22:00:00 UTC (reboot)",
        "ssh root@kvm01 'shutdown -c'",
    ),
    "goes down in the last year there is": warn(
        shutdown_scheduled, at_host(host("kvm01", shutdown=Shutdown(at=253_402_300_799))), "9999-12-31 23:59:59"
    ),
    "never goes down": ok(
        shutdown_scheduled, at_host(host("kvm01", shutdown=Shutdown(at=18_446_744_073_709, mode="reboot")))
    ),
    "shutdown unknown": undecided(shutdown_scheduled, at_host(host("kvm01", shutdown=WHY))),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_rule(row: Row) -> None:
    hold(row)


def test_every_rule_is_shown_to_pass_to_fail_and_to_be_undecided() -> None:
    assert set(map(frozenset, proven(ROWS.values()).values())) == {frozenset({"pass", "fail", "unknown"})}


@pytest.mark.parametrize("name", ["ovirt", "openstack", "proxmox", "opennebula", "kubevirt", "cloudstack"])
def test_what_the_survey_calls_a_manager_is_written_as_it_calls_itself(name: str) -> None:
    (finding,) = run((managed_host.RULE,), at_host(host("kvm01", owners=(owned(name=name),))))
    said = finding.saw.split(" manages")[0]
    assert said != name
    assert said.lower().startswith(name)


@pytest.mark.parametrize("namespace", ["http://ovirt.org/vm/1.0", "http://kubevirt.io", "http://opennebula.org/x"])
def test_metadata_betrays_its_manager(namespace: str) -> None:
    given = at(moving=guest(hardware=Hardware(namespaces=frozenset({namespace}))))
    (finding,) = run((managed_guest.RULE,), given)
    assert finding.saw.split("belongs to ")[1].split(":")[0].lower() in namespace


def test_each_manager_is_named() -> None:
    two = at_host(host("kvm01", owners=(owned(), owned(name="ovirt"))))
    assert [f.saw.split(" manages")[0] for f in run((managed_host.RULE,), two)] == ["Pacemaker", "oVirt"]


def test_busy_and_robbed_are_two_findings() -> None:
    assert len(run((host_load.RULE,), loaded(busy=1.0, steal=0.5))) == 2
