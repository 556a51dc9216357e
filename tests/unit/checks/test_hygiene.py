"""Hosts that should be alike, and what a guest must find at the other one: each rule passing, failing, undecided."""

from dataclasses import replace

import pytest

from orchestrator.checks import (
    disk_locks,
    emulator_path,
    hooks,
    keepalive,
    nwfilter,
    port_range,
    qemu_blockers,
    qemu_user,
    secrets,
    security_model,
    tls_force,
)
from orchestrator.checks.case import Case, OnLink
from orchestrator.checks.runner import run
from orchestrator.model.facts import MachineTypes, Unknown
from orchestrator.model.guest import Nic
from orchestrator.model.hardware import Hardware, Kept, Tpm
from orchestrator.model.services import DaemonSettings
from tests.unit.checks.builders import case, guest, host, on_link
from tests.unit.checks.rows import Row, hold, no, noted, ok, proven, undecided, warn

WHY = Unknown(why="the script broke off", code="host.shell")
SECRET, KEY = "33333333-3333-4333-8333-333333333333", "44444444-4444-4444-8444-444444444444"
DEBIAN, RED_HAT, OWN = "/usr/bin/qemu-system-x86_64", "/usr/libexec/qemu-kvm", "/opt/qemu/bin/qemu"


def daemons(here=None, there=None) -> OnLink:
    """The way between two hosts whose daemons have these settings."""
    source = here if isinstance(here, Unknown) else DaemonSettings(**(here or {}))
    destination = there if isinstance(there, Unknown) else DaemonSettings(**(there or {}))
    return on_link(source=host("kvm01", daemon=source), destination=host("kvm02", daemon=destination))


def emulators(here: str, there: str, runs: str = DEBIAN, virt_type: str = "kvm") -> Case:
    """A move between hosts whose libvirt runs these programs."""

    def offers(path: str) -> tuple[MachineTypes, ...]:
        return (MachineTypes(arch="x86_64", virt_type=virt_type, names=frozenset({"pc-q35-7.2"}), emulator=path),)

    moved = case(guest(emulator=runs))
    return replace(
        moved,
        source=replace(moved.source, machine_types=offers(here)),
        destination=replace(moved.destination, machine_types=offers(there)),
    )


def there(moving, **changes) -> Case:
    return case(moving, destination=host("kvm02", **changes))


FILTERED = guest(nics=(Nic(kind="bridge", source="br0"), Nic(kind="bridge", source="br0", filter="clean-traffic")))
LOCKED = guest(hardware=Hardware(secrets=frozenset({SECRET})))
ONLY_TPM = guest(hardware=Hardware(tpm=Tpm(backend="emulator", secret=KEY), secrets=frozenset({KEY})))
BOTH = guest(hardware=Hardware(tpm=Tpm(backend="emulator", secret=KEY), secrets=frozenset({KEY, SECRET})))


def labelled(*models: str) -> Case:
    moving = guest(hardware=Hardware(security_models=frozenset(models)))
    return there(moving, security_models=frozenset({"none", "apparmor"}))


def asked(reasons: tuple[str, ...] | None) -> Case:
    return case(guest(kept=Kept(blocked_reasons=reasons)))


ROWS = {
    "same emulator": ok(emulator_path, emulators(DEBIAN, DEBIAN)),
    "emulator of another distribution": no(
        emulator_path, emulators(DEBIAN, RED_HAT), "kvm02 runs /usr/libexec/qemu-kvm", "Red Hat", "Debian", "edit web"
    ),
    "the reverse": no(emulator_path, emulators(RED_HAT, DEBIAN, runs=RED_HAT), "web runs /usr/libexec/qemu-kvm"),
    "emulator of the guest's own": warn(
        emulator_path, emulators(DEBIAN, DEBIAN, runs=OWN), "Neither", f"ssh root@kvm02 'ls -l {OWN}'"
    ),
    "the destination does not say": ok(emulator_path, emulators(DEBIAN, "")),
    "emulators of another acceleration": ok(emulator_path, emulators(DEBIAN, RED_HAT, virt_type="qemu")),
    "a guest without an emulator": ok(emulator_path, emulators(DEBIAN, RED_HAT, runs="")),
    "same user": ok(qemu_user, daemons()),
    "other user": warn(
        qemu_user, daemons({"qemu_uid": 64055, "qemu_gid": 64055}), "64055:64055 on kvm01", "0:0 on kvm02", "qemu.conf"
    ),
    "other group": warn(qemu_user, daemons({"qemu_gid": 103}), "0:103 on kvm01"),
    "user unread": undecided(qemu_user, daemons(WHY), "the script broke off"),
    "no lock manager": ok(disk_locks, daemons({"lock_manager": "nop"}, {"lock_manager": ""})),
    "same lock manager": ok(disk_locks, daemons({"lock_manager": "lockd"}, {"lock_manager": "lockd"})),
    "one lock manager": no(
        disk_locks, daemons({"lock_manager": "lockd"}), "kvm01 has the lock manager lockd, kvm02 has none"
    ),
    "two lock managers": no(disk_locks, daemons({"lock_manager": "lockd"}, {"lock_manager": "sanlock"}), "sanlock"),
    "lock manager unread": undecided(disk_locks, daemons(None, WHY), "the script broke off"),
    "same ports": ok(port_range, daemons({"port_max": 49300}, {"port_max": 49300})),
    "other ports": noted(
        port_range, daemons(None, {"port_min": 50000, "port_max": 50010}), "49152-49215, kvm02 on 50000-50010"
    ),
    "more ports": noted(port_range, daemons({"port_max": 49300}), "49152-49300"),
    "ports unread": undecided(port_range, daemons(WHY), "the script broke off"),
    "keepalive of libvirt": ok(keepalive, daemons()),
    "keepalive of exactly ten seconds": ok(keepalive, daemons({"keepalive_count": 2}, {"keepalive_count": 2})),
    "keepalive too short": noted(
        keepalive, daemons({"keepalive_interval": 1}, {"keepalive_interval": 1}), "1 s x 5 on kvm01", "within 10 s"
    ),
    "keepalive differs": noted(keepalive, daemons({"keepalive_count": 9}), "5 s x 9 on kvm01, 5 s x 5 on kvm02"),
    "keepalive off here": warn(
        keepalive, daemons({"keepalive_interval": -1}), "off on kvm01", "ssh root@kvm01 'grep -n keepalive"
    ),
    "keepalive off there": warn(keepalive, daemons(None, {"keepalive_interval": 0}), "ssh root@kvm02 'grep -n"),
    "keepalive unread": undecided(keepalive, daemons(WHY), "the script broke off"),
    "encryption as one likes": ok(tls_force, daemons()),
    "encryption forced there": no(
        tls_force, daemons(None, {"tls_force": True}), "let through by kvm02", "ssh root@kvm02", "migrate_tls_force"
    ),
    "encryption forced here": no(tls_force, daemons({"tls_force": True}), "kvm01", "ssh root@kvm01"),
    "encryption unread": undecided(tls_force, daemons(None, WHY), "the script broke off"),
    "no hooks": ok(hooks, daemons()),
    "same hooks": ok(hooks, daemons({"hooks": {"qemu": "a"}}, {"hooks": {"qemu": "a"}})),
    "other hooks": warn(
        hooks,
        daemons({"hooks": {"qemu": "a", "daemon": "x"}}, {"hooks": {"qemu": "b", "network": "y"}}),
        "daemon only on kvm01, network only on kvm02, qemu with different contents",
        "may change its definition",
        "ls -lR /etc/libvirt/hooks",
    ),
    "a hook in the directory there": warn(
        hooks, daemons(None, {"hooks": {"qemu.d/10-net": "a"}}), "qemu.d/10-net only on kvm02", "may change"
    ),
    "hooks unread": undecided(hooks, daemons(WHY), "the script broke off"),
    "no filter, nothing known": ok(nwfilter, there(guest(), nwfilters=WHY)),
    "filter there": ok(nwfilter, there(FILTERED, nwfilters=frozenset({"clean-traffic"}))),
    "filter missing": no(nwfilter, there(FILTERED), "clean-traffic", "no filter", "nwfilter-define filter.xml"),
    "filter missing among others": no(nwfilter, there(FILTERED, nwfilters=frozenset({"a", "b"})), "has 2 filters"),
    "filters unread": undecided(nwfilter, there(FILTERED, nwfilters=WHY), "the script broke off"),
    "no secret, nothing known": ok(secrets, there(guest(), secrets=WHY)),
    "secret there": ok(secrets, there(LOCKED, secrets=frozenset({SECRET}))),
    "secret missing": no(secrets, there(LOCKED), SECRET, "secret-define", "secret-set-value"),
    "the secret of the TPM is tpm's": ok(secrets, there(ONLY_TPM, secrets=WHY)),
    "a secret beside the TPM's": no(secrets, there(BOTH), SECRET),
    "secrets unread": undecided(secrets, there(LOCKED, secrets=WHY), "the script broke off"),
    "no fixed label": ok(security_model, labelled()),
    "fixed label of a model that is there": ok(security_model, labelled("apparmor")),
    "fixed owner": ok(security_model, labelled("dac", "none")),
    "fixed label of another model": no(
        security_model, labelled("selinux", "dac"), "label of selinux", "security models apparmor, none"
    ),
    "QEMU was not asked": ok(qemu_blockers, asked(None)),
    "QEMU names nothing": ok(qemu_blockers, asked(())),
    "QEMU names two": no(
        qemu_blockers,
        asked(("vdpa device", "9p mounted")),
        "refuses to migrate web: vdpa device; 9p mounted",
        """qemu-monitor-command web '{"execute":"query-migrate"}'""",
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_rule(row: Row) -> None:
    hold(row)


def test_every_rule_has_a_case_it_passes_one_it_does_not_and_one_it_cannot_decide() -> None:
    wanted = {row.rule.name: {"pass", "fail"} | ({"unknown"} if row.rule.needs else set()) for row in ROWS.values()}
    assert proven(ROWS.values()) == wanted


def test_a_hook_that_is_only_at_the_source_changes_nothing_there() -> None:
    (finding,) = run((hooks.RULE,), daemons({"hooks": {"qemu": "a"}}))
    assert "qemu only on kvm01" in finding.saw
    assert "may change" not in finding.saw


def test_only_a_hook_that_differs_may_change_the_definition() -> None:
    (finding,) = run((hooks.RULE,), daemons({"hooks": {"qemu": "a"}}, {"hooks": {"qemu": "a", "network": "b"}}))
    assert "network only on kvm02" in finding.saw
    assert "may change" not in finding.saw
