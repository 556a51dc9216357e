"""The whole command in a process of its own: what it imports, and how it meets signals, closed streams and bugs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STAND_IN = Path(__file__).with_name("stand_in.py")
HEAVY = ("pydantic", "ruamel", "sqlalchemy", "alembic", "paramiko", "libvirt", "rich", "lxml", "tenacity")


def spawn(*argv, **more):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "TERM": "dumb"}
    environment.update(more.pop("env", {}))
    return subprocess.Popen([sys.executable, *argv], cwd=ROOT, env=environment, text=True, **more)


def answered(*argv, **more):
    process = spawn(*argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nonsense"]])
def test_help_imports_nothing_heavy(arguments):
    script = (
        "import sys\nfrom orchestrator.cli.boundary import run\n"
        f"run({arguments!r})\nprint('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    _, out, err = answered("-c", script)
    assert "HEAVY []" in out, out + err


def test_verbs_are_imported_one_at_a_time():
    script = (
        "import sys\nfrom orchestrator.cli.boundary import run\nrun(['completion', '--help'])\n"
        "print('VERBS', [m for m in sys.modules if m.startswith('orchestrator.cli.commands.')])"
    )
    _, out, _ = answered("-c", script)
    assert "VERBS ['orchestrator.cli.commands.completion']" in out


def test_status_imports_no_door_to_a_host():
    script = (
        "import sys\nimport orchestrator.cli.commands.status, orchestrator.cli.commands.history\n"
        "print('HEAVY', [m for m in ('alembic', 'paramiko', 'libvirt', 'lxml') if m in sys.modules])"
    )
    code, out, err = answered("-c", script)
    assert (code, out) == (0, "HEAVY []\n"), err


def driven(tmp_path, *arguments):
    """A migration that goes on until it is told to stop, in a process of its own."""
    started = tmp_path / "started"
    process = spawn(
        STAND_IN,
        "migrate",
        "web-01",
        "--yes",
        *arguments,
        env={"STARTED": str(started)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 30
    while not started.exists():
        assert time.monotonic() < deadline, process.communicate(timeout=5)
        time.sleep(0.02)
    return process


def send(process, *numbers):
    for number in numbers:
        process.send_signal(number)
        time.sleep(0.3)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def test_ctrl_c_once_stops_at_the_first_level(tmp_path):
    code, out, _ = send(driven(tmp_path), signal.SIGINT)
    assert code == 130
    assert "stopped at level 1 by Ctrl-C" in out


def test_sigterm_answers_143(tmp_path):
    code, out, _ = send(driven(tmp_path), signal.SIGTERM)
    assert code == 143
    assert "stopped at level 1 by SIGTERM" in out


def test_sighup_ends_nothing(tmp_path):
    process = driven(tmp_path)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None
    assert send(process, signal.SIGINT)[0] == 130


def test_a_third_ctrl_c_leaves_at_once_and_names_resume(tmp_path):
    code, _, err = send(driven(tmp_path, "--reason", "stubborn"), signal.SIGINT, signal.SIGINT, signal.SIGINT)
    assert code == 130
    assert "ferry resume" in err


def test_a_thread_that_hangs_does_not_keep_ferry(tmp_path):
    begin = time.monotonic()
    code, _, _ = send(driven(tmp_path, "--reason", "hanging"), signal.SIGINT)
    assert code == 130
    assert time.monotonic() - begin < 20


def test_a_closed_stdout_ends_no_run(tmp_path):
    process = driven(tmp_path, "-o", "jsonl")
    process.stdout.close()
    process.stdout = None
    assert send(process, signal.SIGINT)[0] == 130


def test_a_full_disk_behind_stdout_is_told():
    with Path("/dev/full").open("w") as full:
        process = spawn("-m", "orchestrator", "explain", "--list", stdout=full, stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "could not be written" in err


def test_a_reader_that_leaves_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    process = spawn("-m", "orchestrator", "explain", "--list", stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")


def test_closed_streams_at_the_start():
    code, _, _ = answered(
        "-c",
        "import os\nos.close(1); os.close(2)\nimport sys; sys.stdout = sys.stderr = None\n"
        "from orchestrator.cli.boundary import run, leave\nleave(run(['explain', '--list']))",
    )
    assert code == 0
