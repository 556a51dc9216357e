"""Commands on an empty machine, by the real scripts in a real shell: begun once, never beside a guest."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from orchestrator.model.effect import Done, Refused, Unclear
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.upkeep import CommandSeen, MachineSeen
from orchestrator.ports import CommandResult, HostShell
from orchestrator.survey.own_shell import OwnShell
from orchestrator.survey.upkeep import ShellUpkeep

HOST = HostName("kvm01")


@pytest.fixture
def upkeep(tmp_path: Path) -> ShellUpkeep:
    return ShellUpkeep(OwnShell(), beside_guests=True, directory=f"{tmp_path}/marks")


def ended(upkeep: ShellUpkeep, name: str) -> CommandSeen:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        seen = upkeep.seen(name, within=10)
        assert isinstance(seen, CommandSeen)
        if seen.state != "running":
            return seen
        time.sleep(0.05)
    raise AssertionError("it still runs")


def test_a_command_is_begun_once_and_leaves_its_status(upkeep: ShellUpkeep, tmp_path: Path) -> None:
    command = f"echo \"for $FERRY_HOST\"; echo x >>'{tmp_path}/ran'; exit 3"
    assert upkeep.begin("r.1", command, about=HOST, within=10) == Done()
    seen = ended(upkeep, "r.1")
    assert (seen.state, seen.status, seen.output) == ("ended", 3, "for kvm01")
    again = upkeep.begin("r.1", command, about=HOST, within=10)
    assert isinstance(again, Refused) and "before" in again.why
    assert (tmp_path / "ran").read_text() == "x\n"


def test_what_was_never_begun_is_told_from_what_broke_off(upkeep: ShellUpkeep, tmp_path: Path) -> None:
    never = upkeep.seen("r.1", within=10)
    assert isinstance(never, CommandSeen) and never.state == "never begun" and never.boot_id
    assert upkeep.begin("r.2", "kill -9 $PPID", about=HOST, within=10) == Done()
    assert ended(upkeep, "r.2").state == "broke off"
    mark = tmp_path / "marks" / "r.3"
    mark.mkdir()
    (mark / "boot").write_text("of an earlier boot")
    assert ended(upkeep, "r.3").state == "broke off"


@contextmanager
def process(program: Path, *words: str) -> Iterator[int]:
    """A process that is called so, with these words on its command line."""
    program.symlink_to(sys.executable)
    script = "import time; print(1, flush=True); time.sleep(60)"
    started = subprocess.Popen([program, "-c", script, *words], stdout=subprocess.PIPE)
    assert started.stdout is not None
    try:
        started.stdout.readline()
        yield started.pid
    finally:
        started.kill()
        started.wait()


GUESTS = {
    "of libvirt": ("qemu-system-x86_64", "-name", "guest=a", "-machine", "pc-q35-7.2,none=x", "-uuid", "7"),
    "started by hand": ("qemu-kvm", "-m", "64"),
    "of another emulator": ("our-emulator", "-name", "guest=a", "-uuid", "7"),
}
NO_GUESTS = {
    "asked for its features": ("qemu-system-x86_64", "-S", "-machine", "none,accel=kvm:tcg", "-daemonize"),
    "about one": ("less", "qemu-system-x86_64", "-uuid"),
}


@pytest.mark.parametrize("words", GUESTS.values(), ids=GUESTS)
def test_a_guest_in_the_process_table_keeps_the_command_from_it(words: tuple[str, ...], tmp_path: Path) -> None:
    upkeep = ShellUpkeep(OwnShell(), directory=f"{tmp_path}/marks")
    with process(tmp_path / words[0], *words[1:]) as qemu:
        machine = upkeep.machine(within=20)
        assert isinstance(machine, MachineSeen) and qemu in machine.guests
        refused = upkeep.begin("r.1", f"touch '{tmp_path}/ran'", about=HOST, within=20)
    assert isinstance(refused, Refused) and str(qemu) in refused.why
    seen = upkeep.seen("r.1", within=10)
    assert isinstance(seen, CommandSeen) and seen.state == "never begun"


@pytest.mark.parametrize("words", NO_GUESTS.values(), ids=NO_GUESTS)
def test_what_is_no_guest_keeps_nothing_from_it(words: tuple[str, ...], tmp_path: Path) -> None:
    with process(tmp_path / words[0], *words[1:]) as other:
        machine = ShellUpkeep(OwnShell(), directory=f"{tmp_path}/marks").machine(within=20)
    assert isinstance(machine, MachineSeen) and other not in machine.guests


def test_hidden_processes_are_no_proof_of_an_empty_machine(tmp_path: Path) -> None:
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("b\n")
    upkeep = ShellUpkeep(OwnShell(), proc=str(tmp_path), directory=f"{tmp_path}/marks")
    assert not isinstance(upkeep.machine(within=10), MachineSeen)
    assert isinstance(upkeep.begin("r.1", "true", about=HOST, within=10), Refused)


class Cramped:
    """A shell that can write no more than a few hundred bytes to a file, as on a disk that is nearly full."""

    def run(self, script: str, *, within: float) -> CommandResult | Unknown:
        return OwnShell().run(f"trap '' XFSZ; ulimit -f 1; {script}", within=within)


def test_a_command_that_was_cut_short_by_a_full_disk_is_not_run(tmp_path: Path) -> None:
    upkeep = ShellUpkeep(cast(HostShell, Cramped()), beside_guests=True, directory=f"{tmp_path}/marks")
    command = f"touch '{tmp_path}/ran'\n# " + 4000 * "x"
    refused = upkeep.begin("r.1", command, about=HOST, within=10)
    assert isinstance(refused, Refused) and "cannot be written: is the disk full" in refused.why
    assert ended(upkeep, "r.1").state == "never begun"
    assert upkeep.forbid("r.1", within=10) == Done()
    time.sleep(0.3)
    assert not (tmp_path / "ran").exists()


def test_a_mark_that_cannot_be_made_is_not_one_that_is_there(upkeep: ShellUpkeep) -> None:
    """A disk that is full or read-only: mkdir fails, and there is no such directory."""
    refused = upkeep.begin("none/r.1", "true", about=HOST, within=10)
    assert isinstance(refused, Refused) and "cannot be written" in refused.why
    assert ended(upkeep, "none/r.1").state == "never begun"
    unclear = upkeep.forbid("none/r.1", within=10)
    assert isinstance(unclear, Unclear) and "cannot be written" in unclear.why


@pytest.mark.parametrize("command", ["exit 4\n\n", "printf '%s %s\\n' a 'b  c'; exit 4", "#☃ '\"'\nexit 4"])
def test_a_command_is_run_as_it_was_given(upkeep: ShellUpkeep, command: str) -> None:
    assert upkeep.begin("r.1", command, about=HOST, within=10) == Done()
    assert ended(upkeep, "r.1").status == 4


def test_what_is_forbidden_never_begins(upkeep: ShellUpkeep, tmp_path: Path) -> None:
    assert upkeep.forbid("r.1", within=10) == upkeep.forbid("r.1", within=10) == Done()
    assert isinstance(upkeep.begin("r.1", f"touch '{tmp_path}/ran'", about=HOST, within=10), Refused)
    assert ended(upkeep, "r.1").state == "never begun"
    assert upkeep.begin("r.2", "true", about=HOST, within=10) == Done()
    assert isinstance(upkeep.forbid("r.2", within=10), Refused)
