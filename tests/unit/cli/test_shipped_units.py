"""The shipped crontab and units: systemd takes them, and they call what there is."""

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import click
import pytest

from orchestrator.cli.app import app
from orchestrator.cli.exit_codes import LATER

FILES = Path(__file__).parents[3] / "docs" / "how-to" / "files"
UNITS = sorted([*FILES.glob("*.service"), *FILES.glob("*.timer")])
PROGRAM = "/usr/local/bin/ferry"


def read(unit: Path) -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit.read_text())
    return parser


def understood(words: list[str]) -> bool:
    """Whether ferry has that command with those options."""
    command = app.get_command(click.Context(app), words[0])
    known = {option for one in (command.params if command else []) for option in one.opts}
    return command is not None and set(words[1:]) <= known


def test_each_service_has_its_timer() -> None:
    assert {unit.stem for unit in UNITS if unit.suffix == ".service"} == {"ferry-cron", "ferry-adopt"}
    assert {unit.stem for unit in UNITS if unit.suffix == ".timer"} == {"ferry-cron", "ferry-adopt"}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_says_what_it_must(unit: Path) -> None:
    said = read(unit)
    if unit.suffix == ".timer":
        assert said["Timer"]["OnCalendar"] == "minutely"
        assert said["Install"]["WantedBy"] == "timers.target"
        return
    service = said["Service"]
    program, *words = service["ExecStart"].split()
    assert (program, understood(words)) == (PROGRAM, True)
    assert (service["Type"], service["SuccessExitStatus"], service["KillMode"]) == ("oneshot", str(LATER), "mixed")
    assert {"ProtectSystem", "NoNewPrivileges", "CapabilityBoundingSet", "SystemCallFilter"} <= set(service)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here; the units are parsed above")
def test_systemd_takes_them(tmp_path: Path) -> None:
    for unit in UNITS:  # of ferry itself only that it is installed is not asked
        (tmp_path / unit.name).write_text(unit.read_text().replace(PROGRAM, "/bin/true"))
    ended = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in UNITS)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_crontab_calls_what_there_is() -> None:
    text = (FILES / "ferry.crontab").read_text()
    lines = re.findall(r"^(\S+ \S+ \S+ \S+ \S+) +(\w+) +ferry (.*)$", text, re.MULTILINE)
    assert [words.split()[0] for _, _, words in lines] == ["cron", "resume"]
    assert all(understood(words.split()) for _, _, words in lines)
    assert text.endswith("\n"), "cron leaves out a last line without an end"
