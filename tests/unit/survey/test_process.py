"""A guest's QEMU among the processes of a host: the script, run on directories made like /proc."""

import subprocess
from pathlib import Path

import pytest

from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.sighting import NoProcess, ProcessSeen
from orchestrator.ports import CommandResult
from orchestrator.survey.process import ShellProcesses

UUID = GuestId("6d1fb8d2-6f0c-4d2b-9a59-6e1a1ab4c3c7")
QEMU = ("/usr/bin/qemu-system-x86_64", "-name", "guest=web,debug-threads=on", "-uuid", UUID, "-smp", "2")


class Sh:
    """Runs scripts here, as a host would."""

    def run(self, script: str, *, within: float) -> CommandResult | Unknown:
        done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=False, timeout=within)
        return CommandResult(status=done.returncode, stdout=done.stdout, stderr=done.stderr)


class Says:
    def __init__(self, answer: CommandResult | Unknown) -> None:
        self._answer = answer

    def run(self, script: str, *, within: float) -> CommandResult | Unknown:
        return self._answer


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    process(tmp_path, 1, ("/sbin/init",), {1: ("init", 5, 5)})
    return tmp_path


def process(proc: Path, pid: int, words: tuple[str, ...], threads: dict[int, tuple[str, int, int]]) -> None:
    """threads: number → name, user ticks, system ticks."""
    directory = proc / str(pid)
    (directory / "task").mkdir(parents=True)
    (directory / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in words))
    for number, (name, user, system) in threads.items():
        (directory / "task" / str(number)).mkdir()
        before = "S 1 1 1 0 -1 4194560 10 20 30 40"
        text = f"{number} ({name}) {before} {user} {system} 0 0 20 0 4 0 999 1000 200 0\n"
        (directory / "task" / str(number) / "stat").write_text(text)


def look(proc: Path) -> ProcessSeen | NoProcess | Unknown:
    return ShellProcesses(HostName("kvm01"), Sh(), proc=str(proc)).look(UUID, within=10)


@pytest.mark.parametrize("kind", ["TCG", "KVM"])
def test_the_time_of_its_virtual_cpus_is_added_up(proc: Path, kind: str) -> None:
    threads = {
        40: ("qemu-system-x86", 900, 900),
        41: (f"CPU 0/{kind}", 100, 20),
        42: (f"CPU 1/{kind}", 30, 0),
        43: ("IO mon_iothread", 7, 7),
    }
    process(proc, 40, QEMU, threads)
    assert look(proc) == ProcessSeen(pid=40, vcpu_seconds=1.5)


def test_one_thread_for_all_virtual_cpus_counts(proc: Path) -> None:
    process(proc, 40, QEMU, {40: ("qemu-system-x86", 9, 9), 41: ("ALL CPUs/TCG", 250, 50)})
    assert look(proc) == ProcessSeen(pid=40, vcpu_seconds=3.0)


def test_processes_that_only_name_the_uuid_are_not_it(proc: Path) -> None:
    process(proc, 41, ("virsh", "dominfo", UUID), {41: ("virsh", 1, 1)})
    process(proc, 42, ("qemu", "-uuid", f"{UUID}0"), {42: ("CPU 0/KVM", 1, 1)})
    process(proc, 43, ("qemu", "-uuid", "other", "-name", UUID), {43: ("CPU 0/KVM", 1, 1)})
    assert look(proc) == NoProcess()


def test_a_process_that_goes_into_the_background_is_not_counted_twice(proc: Path) -> None:
    process(proc, 40, QEMU, {40: ("qemu-system-x86", 9, 9)})
    process(proc, 41, QEMU, {41: ("qemu-system-x86", 9, 9), 42: ("CPU 0/TCG", 100, 0)})
    assert look(proc) == ProcessSeen(pid=41, vcpu_seconds=1.0)


@pytest.mark.parametrize("threads", [{}, {50: ("CPU 0/TCG", 1, 1)}], ids=["none", "two"])
def test_no_one_process_with_virtual_cpus_is_unknown(proc: Path, threads: dict[int, tuple[str, int, int]]) -> None:
    for pid in (40, 50):
        process(proc, pid, QEMU, {pid: ("qemu-system-x86", 1, 1), **{pid + n: t for n, t in threads.items()}})
    found = look(proc)
    assert isinstance(found, Unknown)
    assert "(40, 50)" in found.why


def test_hidden_processes_are_not_absent_ones(tmp_path: Path) -> None:
    found = look(tmp_path)
    assert isinstance(found, Unknown)
    assert "hidepid" in found.why


def test_one_that_ends_meanwhile_is_no_process(proc: Path) -> None:
    process(proc, 40, QEMU, {})
    assert look(proc) == NoProcess()


def test_a_broken_off_answer_is_unknown() -> None:
    cut = CommandResult(status=0, stdout="process 40 2 100\n", stderr="")
    assert isinstance(ShellProcesses(HostName("kvm01"), Says(cut)).look(UUID, within=1), Unknown)
    none = CommandResult(status=1, stdout="", stderr="sh: boom\n")
    assert ShellProcesses(HostName("kvm01"), Says(none)).look(UUID, within=1) == Unknown(
        why="sh: boom", code="host.shell", leg="controller to kvm01, ssh"
    )
    silent = Unknown(why="no answer within 1 s")
    assert ShellProcesses(HostName("kvm01"), Says(silent)).look(UUID, within=1) is silent
