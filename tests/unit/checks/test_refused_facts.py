"""What libvirt refuses to say of a guest is undecided; what is missing of a guest's surroundings is found."""

import pytest

from orchestrator.checks import (
    block_job,
    bridge_mtu,
    checkpoints,
    disk_error,
    display,
    guest_state,
    infrastructure_autostart,
    managed_save,
    memory,
    network_present,
    pending_definition,
    qemu_blockers,
    secrets,
    snapshots,
    vhost_user,
)
from orchestrator.checks.case import AtHost, Case
from orchestrator.checks.runner import run
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import Guest, Nic, Power
from orchestrator.model.hardware import Display, Hardware, HugePages, Kept
from orchestrator.model.services import VirtualNetwork
from tests.unit.checks.builders import GIB, OTHER, at_host, case, guest, host, interface, summary
from tests.unit.checks.rows import Row, hold, no, ok, proven, undecided, warn

WHY = Unknown(why="access denied", code="host.libvirt", leg="controller to kvm01, libvirt over ssh")
HUNG = guest(unread=Unknown(why="its jobs were not told within 2 s", code="host.libvirt"))


def keeps(**kept) -> Case:
    return case(guest(kept=Kept(**kept)))


REFUSED = {
    "snapshots": undecided(snapshots, keeps(snapshots=WHY), "access denied"),
    "checkpoints": undecided(checkpoints, keeps(checkpoints=WHY), "access denied"),
    "managed save": undecided(managed_save, keeps(managed_save=WHY), "access denied"),
    "definition": undecided(pending_definition, keeps(pending_definition=WHY), "access denied"),
    "a definition of no matter": ok(
        pending_definition, case(guest(power=Power.SHUT_OFF, kept=Kept(pending_definition=WHY)))
    ),
    "block jobs": undecided(block_job, keeps(block_jobs={"vda": WHY, "vdb": WHY}), "access denied"),
    "disk errors": undecided(disk_error, keeps(disk_errors={"vda": WHY, "vdb": WHY}), "access denied"),
    "QEMU's own": undecided(qemu_blockers, keeps(blocked_reasons=WHY), "access denied"),
    "hung": no(guest_state, case(HUNG), "its jobs were not told", "domcontrol web"),
    "hung, and off by now": no(guest_state, case(guest(power=Power.SHUT_OFF, unread=WHY)), "only a live guest"),
}


def from_host(**hardware) -> Guest:
    return guest(hardware=Hardware(**hardware))


def going(moving: Guest, *there: Guest, **changes) -> Case:
    return case(moving, destination=host("kvm02", *there, **changes))


LISTENING = from_host(displays=(Display(kind="vnc", address="10.0.1.5", bound=5900),))
FIXED = from_host(displays=(Display(kind="vnc", address="0.0.0.0", port=5901, bound=5901),))
TAKEN = guest("db", uuid=OTHER, hardware=Hardware(displays=(Display(kind="spice", bound=5901),)))
OFF = guest("db", uuid=OTHER, power=Power.SHUT_OFF, hardware=TAKEN.hardware)
DISPLAYS = {
    "no display": ok(display, going(guest(), interfaces=WHY)),
    "on every host": ok(
        display,
        going(from_host(displays=tuple(Display(kind="vnc", address=a) for a in ("0.0.0.0", "::", "127.0.0.1", "me")))),
    ),
    "address there": ok(display, going(LISTENING, interfaces=(interface("eth0", addresses=("10.0.1.5",)),))),
    "address not there": no(display, going(LISTENING), "10.0.1.5", "kvm02", "edit web", "address"),
    "addresses unread": undecided(display, going(LISTENING, interfaces=WHY), "access denied"),
    "port free": ok(display, going(FIXED, guest("db", uuid=OTHER))),
    "port taken": no(display, going(FIXED, TAKEN), "5901", "db", "kvm02"),
    "port of a guest that is off": ok(display, going(FIXED, OFF)),
    "port of its own copy": ok(display, going(FIXED, FIXED)),
    "port chosen by libvirt": ok(
        display, going(from_host(displays=(Display(kind="vnc", address="::", bound=5901),)), TAKEN)
    ),
}

GROUPED = guest(nics=(Nic(kind="network", source="lan", portgroup="red"),))


def lan(**changes) -> VirtualNetwork:
    return VirtualNetwork(**({"name": "lan", "active": True, "autostart": True, "forward": "bridge"} | changes))


def between(here: VirtualNetwork | Unknown, there: VirtualNetwork | Unknown, moving: Guest = GROUPED) -> Case:
    def networks(one: VirtualNetwork | Unknown) -> tuple[VirtualNetwork, ...] | Unknown:
        return one if isinstance(one, Unknown) else (one,)

    return case(
        moving, source=host("kvm01", networks=networks(here)), destination=host("kvm02", networks=networks(there))
    )


RED = lan(portgroups=frozenset({"red", "blue"}))
NETWORKS = {
    "group there": ok(network_present, between(RED, RED)),
    "group missing": no(network_present, between(RED, lan(portgroups=frozenset({"blue"}))), "red", "blue", "net-edit"),
    "no group asked for": ok(network_present, between(RED, lan(), guest(nics=(Nic(kind="network", source="lan"),)))),
    "forwards otherwise": warn(
        network_present, between(RED, lan(portgroups=RED.portgroups, forward="nat")), "by bridge on kvm01", "by nat on"
    ),
    "isolated there": warn(network_present, between(RED, lan(portgroups=RED.portgroups, forward="")), "isolated"),
    "mode not read": ok(network_present, between(RED, lan(portgroups=RED.portgroups, forward=None))),
    "mode unknown here": ok(network_present, between(WHY, RED)),
    "networks unread": undecided(network_present, between(RED, WHY), "access denied"),
    "networks of no matter": ok(network_present, between(WHY, WHY, guest())),
    "the bridge of an unread network": undecided(bridge_mtu, between(WHY, RED), "access denied"),
}

NO_DAEMON: AtHost = at_host(host("kvm01", networks=WHY))
CEPH = from_host(secrets=frozenset({"ceph client.admin"}))
OTHERS = {
    "no network daemon, no network": ok(infrastructure_autostart, NO_DAEMON),
    "secret by use": ok(secrets, going(CEPH, secrets=frozenset({"abc", "ceph client.admin"}))),
    "secret by use missing": no(secrets, going(CEPH), "for ceph client.admin", "secret-list", "secret-dumpxml UUID"),
    "stuck past libvirt": no(vhost_user, case(from_host(vhost_user=("rng-pci (given to QEMU past libvirt)",))), "rng"),
    "past libvirt": warn(vhost_user, case(from_host(vhost_user=("fs-pci (given to QEMU past libvirt)",))), "fs-pci"),
}

SHARED = guest("db", uuid=OTHER, memory_bytes=15 * GIB, hardware=Hardware(memory_shared=True))
PAGES = (HugePages(size_kib=2048),)
ON_PAGES = guest("db", uuid=OTHER, memory_bytes=15 * GIB, hardware=Hardware(memory_shared=True, hugepages=PAGES))
MEMORY = {
    "the kernel says less": no(memory, going(guest(), memory_available_bytes=GIB), "1024 MiB free"),
    "the kernel says more": ok(memory, going(guest(), memory_available_bytes=60 * GIB)),
    "libvirt says less": no(memory, going(guest(), memory_free_bytes=GIB, memory_available_bytes=60 * GIB), "1024 MiB"),
    "the kernel knows what is shared": ok(memory, going(guest(), SHARED, memory_available_bytes=16 * GIB)),
    "shared memory is no cache": no(memory, going(guest(), SHARED), "1024 MiB free"),
    "memory of its own": ok(memory, going(guest(), guest("db", uuid=OTHER, memory_bytes=15 * GIB))),
    "shared huge pages": ok(memory, going(guest(), ON_PAGES)),
}

ROWS = REFUSED | DISPLAYS | NETWORKS | OTHERS | MEMORY


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_rule(row: Row) -> None:
    hold(row)


def test_the_new_rule_passes_fails_and_lacks_a_fact() -> None:
    assert proven(DISPLAYS.values())["display"] == {"pass", "fail", "unknown"}


def test_what_is_certain_is_said_before_what_is_not() -> None:
    words = {"vda": WHY, "vdb": "commit"}
    assert summary(run((block_job.RULE,), keeps(block_jobs=words))) == [
        ("block-job", "blocker"),
        ("block-job", "warning"),
    ]
    assert summary(run((disk_error.RULE,), keeps(disk_errors=words))) == [
        ("disk-error", "blocker"),
        ("disk-error", "warning"),
    ]
