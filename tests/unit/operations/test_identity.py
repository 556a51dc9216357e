"""When a process is proven dead."""

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.documents.journal import decode_holder, encode_holder
from orchestrator.operations import identity


@pytest.fixture
def gone() -> int:
    """A pid that nobody has."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def unreadable(monkeypatch) -> None:
    def refuse(_path, *_args, **_more):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", refuse)


def test_this_process_lives_and_says_where_its_pid_counts() -> None:
    me = identity.this_process()
    assert identity.lives(me)
    assert me.pid_namespace == str(Path("/proc/self/ns/pid").readlink())


def test_a_pid_that_nobody_has_is_dead(gone) -> None:
    assert not identity.lives(replace(identity.this_process(), pid=gone))


def test_a_pid_that_was_used_again_is_dead() -> None:
    me = identity.this_process()
    assert not identity.lives(replace(me, started=me.started - 1))


def test_a_process_that_has_ended_and_that_nobody_waited_for_is_dead() -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not identity.lives(replace(identity.this_process(), pid=process.pid, started=0))
    process.wait()


def test_what_proc_hides_is_no_proof_of_death(monkeypatch) -> None:
    me = identity.this_process()
    unreadable(monkeypatch)
    assert identity.lives(me)


def test_a_process_of_somebody_else_is_no_proof_of_death(monkeypatch) -> None:
    def refuse(_pid, _signal):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert identity.lives(identity.this_process())


def test_a_holder_written_before_namespaces_were_is_still_read() -> None:
    me = identity.this_process()
    old = encode_holder(me).replace(f',"pid_namespace":"{me.pid_namespace}"', "")
    assert decode_holder(old) == replace(me, pid_namespace="")


@pytest.fixture
def sleeper():
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.send_signal(signal.SIGCONT)
    process.kill()
    process.wait()


def holder_of(process):
    started = int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19])
    return replace(identity.this_process(), pid=process.pid, started=started)


def test_a_process_that_was_stopped_stands_still_until_it_goes_on(sleeper) -> None:
    holder = holder_of(sleeper)
    assert not identity.stopped(holder)
    sleeper.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, sleeper.pid, os.WSTOPPED)
    assert identity.stopped(holder)
    assert identity.lives(holder)
    sleeper.send_signal(signal.SIGCONT)
    os.waitid(os.P_PID, sleeper.pid, os.WCONTINUED)
    assert not identity.stopped(holder)


def test_a_stopped_process_of_a_used_pid_proves_nothing(sleeper, gone) -> None:
    sleeper.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, sleeper.pid, os.WSTOPPED)
    holder = holder_of(sleeper)
    assert not identity.stopped(replace(holder, started=holder.started - 1))
    assert not identity.stopped(replace(holder, pid=gone))
