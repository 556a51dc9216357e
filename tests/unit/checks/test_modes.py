"""What the checks say of a guest that does not move live."""

from dataclasses import replace

import pytest

from orchestrator.checks import guest_state, offline_carries
from orchestrator.checks.modes import PASSED_OVER, concerns
from orchestrator.checks.registry import RULES
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import HostDevice, Power
from orchestrator.model.hardware import Hardware, Kept, Tpm
from orchestrator.model.host import HostName
from orchestrator.model.transport import Mode
from tests.unit.checks.builders import case, guest
from tests.unit.checks.rows import Row, hold, no, ok, undecided, warn

SHUT = guest(power=Power.SHUT_OFF, reason="shutdown")


def in_mode(mode: Mode, moving=SHUT, **changes):
    return replace(case(moving, **changes), mode=mode)


def offline(moving=SHUT, **changes):
    nowhere = () if moving.power is Power.SHUT_OFF else (HostName("kvm01"),)
    return in_mode(Mode.OFFLINE, moving, **({"lives_on": nowhere} | changes))


def keeping(**kept):
    return offline(replace(SHUT, kept=Kept(**kept)))


ROWS = {
    "shut off, offline": ok(guest_state, offline()),
    "shut off, offline, a host is silent": no(guest_state, offline(silent=(HostName("kvm03"),)), "kvm03 might run it"),
    "shut off here, runs elsewhere": no(guest_state, offline(lives_on=(HostName("kvm02"),)), "lives on kvm02"),
    "running, offline": no(guest_state, offline(guest()), "running on kvm01", "--mode cold", "ferry migrate web"),
    "incoming, offline": no(guest_state, offline(guest(power=Power.INCOMING), lives_on=()), "ferry status"),
    "running, cold": ok(guest_state, in_mode(Mode.COLD, guest())),
    "paused, cold": no(
        guest_state, in_mode(Mode.COLD, guest(power=Power.PAUSED)), "cannot shut itself down", "resume web"
    ),
    "shut off, cold": no(guest_state, in_mode(Mode.COLD, lives_on=()), "ferry migrate web --offline"),
    "shut off, paused for the copy": no(guest_state, in_mode(Mode.PAUSE, lives_on=()), "ferry migrate web --offline"),
    "a definition and no more": ok(offline_carries, offline()),
    "transient": no(offline_carries, in_mode(Mode.COLD, guest(persistent=False)), "transient", "dumpxml web"),
    "firmware variables": no(
        offline_carries, offline(replace(SHUT, hardware=Hardware(nvram="/nvram/web.fd"))), "firmware", "start web"
    ),
    "a TPM": no(
        offline_carries,
        in_mode(Mode.COLD, guest(hardware=Hardware(tpm=Tpm(backend="emulator")))),
        "/var/lib/libvirt/swtpm/",
        "Move it live, which carries it: ferry migrate web",
    ),
    "a TPM of the host": ok(offline_carries, offline(replace(SHUT, hardware=Hardware(tpm=Tpm(backend="passthrough"))))),
    "saved memory": no(offline_carries, keeping(managed_save=True), "managedsave-remove web"),
    "a snapshot": no(offline_carries, keeping(snapshots=1), "1 snapshot on", "snapshot-list web"),
    "checkpoints": no(offline_carries, keeping(checkpoints=2), "2 checkpoints on", "checkpoint-list web"),
    "libvirt does not say": undecided(
        offline_carries, keeping(snapshots=Unknown(why="no answer")), "no answer", severity="blocker"
    ),
    "a device of the host": warn(
        offline_carries,
        in_mode(Mode.COLD, guest(host_devices=(HostDevice(kind="pci", address="0000:01:00.0"),))),
        "pci 0000:01:00.0",
        "edit web",
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_row(row: Row) -> None:
    hold(row)


def test_the_table_names_only_checks_that_exist() -> None:
    assert frozenset().union(*PASSED_OVER.values()) <= {rule.name for rule in RULES}


@pytest.mark.parametrize("mode", Mode)
def test_what_keeps_a_guest_from_doubling_counts_in_every_mode(mode) -> None:
    always = ("runs-once", "guest-state", "identity", "disk-shared", "active-job", "peer", "host-direction")
    assert all(concerns(check, mode) for check in always)


def test_what_a_definition_lacks_is_no_matter_of_a_live_move() -> None:
    assert [mode for mode in Mode if concerns("offline-carries", mode)] == [Mode.OFFLINE, Mode.COLD]
    assert [mode for mode in Mode if concerns("snapshots", mode)] == [Mode.LIVE, Mode.PAUSE]


def test_only_a_guest_that_runs_on_can_write_what_is_missed() -> None:
    assert [mode for mode in Mode if concerns("emulated-memory", mode)] == [Mode.LIVE]


def test_a_guest_that_arrives_shut_off_takes_no_room() -> None:
    assert [mode for mode in Mode if not concerns("memory", mode)] == [Mode.OFFLINE]
