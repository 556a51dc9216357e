"""Plans of guests that do not move live."""

from dataclasses import replace

import pytest

from orchestrator.model.cpu import CpuAnswer
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import HostDevice, Power
from orchestrator.model.host import HostName
from orchestrator.model.request import MoveRequest
from orchestrator.model.transport import Mode
from orchestrator.planning.planner import plan
from orchestrator.planning.verdict import exit_code
from tests.unit.checks.builders import GIB, TODAY, WEB, guest, host, settings, summary
from tests.unit.planning.worlds import surveyed

SHUT = guest(power=Power.SHUT_OFF, reason="shutdown", autostart=True)
FULL = {"memory_free_bytes": GIB // 2}
KVM02, KVM03 = HostName("kvm02"), HostName("kvm03")


def planned(request: MoveRequest, *hosts, silent=(), **found):
    by_name = {h.name: h for h in hosts} | {HostName(name): Unknown(why="no answer") for name in silent}
    given = settings(*by_name)
    return plan(request, given, surveyed(request, given, by_name, **found), TODAY)


def asked(mode: Mode, **more) -> MoveRequest:
    return MoveRequest(guests=("web",), mode=mode, **more)


def test_a_definition_goes_where_a_running_guest_would_not_fit() -> None:
    result = planned(asked(Mode.OFFLINE), host("kvm01", SHUT), host("kvm02", **FULL))
    (move,) = result.moves
    assert (move.destination, move.transport.mode, move.autostart) == (KVM02, Mode.OFFLINE, True)
    assert "the definition alone moves" in move.transport.because[0]
    assert exit_code(result) == 0


def test_it_is_not_moved_while_a_silent_host_may_run_it() -> None:
    result = planned(asked(Mode.OFFLINE, to=KVM02), host("kvm01", SHUT), host("kvm02"), silent=("kvm03",))
    assert result.moves == ()
    assert summary(result.findings) == [("guest-state", "blocker")]


def test_nor_is_one_that_lives_elsewhere() -> None:
    request = MoveRequest(guests=("kvm01/web",), mode=Mode.OFFLINE, to=KVM02)
    result = planned(request, host("kvm01", SHUT), host("kvm02"), host("kvm03", guest()))
    assert result.moves == ()
    assert ("guest-state", "blocker") in summary(result.findings)


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.PAUSE])
def test_a_device_and_a_cpu_keep_memory_where_it_is(mode) -> None:
    held = guest(host_devices=(HostDevice(kind="pci", address="0000:03:00.0"),))
    result = planned(asked(mode, to=KVM02), host("kvm01", held), host("kvm02"), cpu=CpuAnswer(offered=False))
    assert {("pci-device", "blocker"), ("cpu", "blocker")} <= set(summary(result.findings))


def test_a_cold_move_leaves_both_behind_with_a_word_about_the_device() -> None:
    held = guest(host_devices=(HostDevice(kind="pci", address="0000:03:00.0"),))
    request = asked(Mode.COLD, to=KVM02, shutdown_timeout_ms=30_000)
    result = planned(request, host("kvm01", held), host("kvm02"), cpu=CpuAnswer(offered=False))
    (move,) = result.moves
    assert (move.transport.mode, move.transport.shutdown_timeout_ms) == (Mode.COLD, 30_000)
    assert summary(result.findings) == [("offline-carries", "warning")]


def test_a_cold_move_still_needs_room() -> None:
    result = planned(asked(Mode.COLD, to=KVM02), host("kvm01", guest()), host("kvm02", **FULL))
    assert summary(result.findings) == [("memory", "blocker")]


def test_a_host_that_is_to_be_avoided_is_passed_over() -> None:
    hosts = (host("kvm01", guest()), host("kvm02"), host("kvm03"))
    avoiding = replace(asked(Mode.LIVE), avoid={WEB: frozenset({KVM02})})
    assert [m.destination for m in planned(avoiding, *hosts).moves] == [KVM03]
    assert [m.destination for m in planned(asked(Mode.LIVE), *hosts).moves] == [KVM02]
