"""Whatever fails, the caller gets a code and the operator gets words."""

import json
import os
import re
import stat
from pathlib import Path

import click
import pytest

from orchestrator import wiring
from orchestrator.catalogue import CATALOGUE
from orchestrator.cli import boundary, buglog
from orchestrator.cli.app import COMMANDS, app
from orchestrator.cli.boundary import run
from orchestrator.cli.exit_codes import SITUATIONS
from orchestrator.cli.leftover_ids import LEFTOVERS
from orchestrator.cli.state_meanings import MEANINGS
from orchestrator.cli.view.explanations import find, pages
from orchestrator.errors import OrchestratorError
from orchestrator.model.move import State
from tests.architecture.source import ROOT, modules
from tests.architecture.test_catalogue import constants

COMMAND_FILES = Path(boundary.__file__).with_name("commands")


def failing(monkeypatch, error):
    def fail(_config):
        raise error

    monkeypatch.setattr(wiring, "load_settings", fail)


@pytest.fixture(autouse=True)
def logs_in(tmp_path, monkeypatch):
    monkeypatch.setattr(buglog, "_directories", lambda: [tmp_path])
    return tmp_path


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_error_of_the_catalogue_can_be_shown(monkeypatch, capsys, code):
    failing(monkeypatch, OrchestratorError.of(code, "seen so"))
    assert run(["hosts"]) == CATALOGUE[code].exit_code
    said = capsys.readouterr().err
    assert code in said
    assert "seen so" in said


@pytest.mark.parametrize("error", [ValueError("x\x1b[2J"), RecursionError(), OSError(32, "Broken pipe"), KeyError()])
def test_what_nobody_foresaw_is_a_bug_with_a_log_and_without_a_traceback(monkeypatch, capsys, logs_in, error):
    failing(monkeypatch, error)
    assert run(["hosts"]) == 70
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert "\x1b[2J" not in said.err
    (log,) = logs_in.iterdir()
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert str(log) in said.err.replace("│          ", "").replace("\n", "").replace("│", "") or log.name in said.err
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_bug_without_a_place_for_its_log_is_still_told(monkeypatch, capsys):
    failing(monkeypatch, ValueError("odd"))
    monkeypatch.setattr(buglog, "_directories", list)
    assert run(["hosts"]) == 70
    assert "odd" in capsys.readouterr().err


def test_broken_screens_still_end_in_words(monkeypatch, capsys):
    failing(monkeypatch, ValueError("odd"))

    def broken(_error, _options):
        raise RuntimeError("screen")

    monkeypatch.setattr("orchestrator.cli.view.diagnostics.show_error", broken)
    assert run(["hosts"]) == 70
    assert "ferry.bug" in capsys.readouterr().err


def test_ctrl_c_before_a_run(monkeypatch, capsys):
    failing(monkeypatch, KeyboardInterrupt())
    assert run(["hosts"]) == 130
    assert "Stopped" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nonsense"], ["hosts", "--nonsense"], ["-o", "xml", "hosts"], []])
def test_usage_is_2(capsys, arguments):
    assert run(arguments) == 2
    assert capsys.readouterr().out == ""


def test_hostile_arguments_are_inert(capsys):
    assert run(["\x1b[2J"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_the_log_directory_follows_the_user(monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = Path(buglog.write(ValueError("x"), ("ferry",)))
    assert path.parent == tmp_path / "state" / "ferry"


def test_a_directory_that_cannot_be_written_is_passed_over(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(buglog, "_directories", lambda: [tmp_path / "file" / "below", tmp_path])
    assert Path(buglog.write(ValueError("x"), ("ferry",))).parent == tmp_path


@pytest.mark.parametrize("place", ["before", "after"])
def test_global_options_stand_before_or_after_the_verb(monkeypatch, place):
    asked = []
    monkeypatch.setattr(wiring, "load_settings", lambda config: asked.append(config) or 1 / 0)
    options = ["--config", "/x.yaml"]
    run([*options, "hosts"] if place == "before" else ["hosts", *options])
    assert asked == ["/x.yaml"]


def test_every_verb_of_the_help_exists_and_every_verb_is_in_the_help():
    files = {path.stem for path in COMMAND_FILES.glob("*.py")} - {"__init__"}
    assert files == set(COMMANDS)
    context = click.Context(app)
    for name in COMMANDS:
        command = app.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.help


def test_every_verb_is_documented():
    page = (Path(__file__).parents[3] / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"## ferry {name}" in page


def test_command_files_stay_short():
    for path in COMMAND_FILES.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 120, path


def test_all_that_can_be_explained_can_be_shown(capsys):
    names = [page.name for page in pages()]
    assert set(CATALOGUE) <= set(names)
    assert len(names) == len(set(names))
    assert run(["explain", "--list"]) == 0
    for name in names:
        assert run(["explain", name]) == 0
        assert name in capsys.readouterr().out


def test_a_check_may_be_asked_for_with_its_family(capsys):
    assert run(["explain", "check.host-device"]) == 0
    assert "host-device" in capsys.readouterr().out


def test_a_state_is_explained_as_on_its_page(capsys):
    page = (ROOT / "docs" / "reference" / "states.md").read_text()
    for state, one in MEANINGS.items():
        act = one.act.replace("|", "\\|")
        assert f"| `{state}` | {one.means} | {act} |" in page
    assert set(MEANINGS) == set(State)
    assert run(["explain", "waiting"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "What it means The run has begun" in said and "What to do Nothing: it begins when there is room." in said


@pytest.mark.parametrize("arguments", [["explain"], ["explain", "x", "--list"]])
def test_explain_needs_one_thing_to_explain(arguments):
    assert run(arguments) == 2


def test_programs_are_explained_everything_too(capsys):
    assert run(["-o", "json", "explain", "--list"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["schema"] == "ferry.pages/1"
    assert [one["name"] for one in listed["pages"]] == [page.name for page in pages()]
    assert run(["explain", "75", "-o", "jsonl"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["page"]["kind"]) == ("ferry.page/1", "exit code")
    assert {"label": "What to do", "text": SITUATIONS[75].act} in told["page"]["paragraphs"]


def test_every_leftover_can_be_explained_as_its_page_says():
    found = {
        text
        for module in modules()
        if module.name in ("orchestrator.planning.leftovers", "orchestrator.planning.copies")
        for text in constants(module)
        if re.fullmatch(r"leftover-\w+|\w+-twice", text)
    }
    assert found == set(LEFTOVERS)
    doctor = (Path(__file__).parents[3] / "docs" / "how-to" / "doctor.md").read_text(encoding="utf-8")
    for name, one in LEFTOVERS.items():
        assert f"| `{name}` | {one.means} | {one.cleaned} |" in doctor
        assert find(name).kind == "leftover"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion(capsys, shell):
    assert run(["completion", shell]) == 0
    assert "_FERRY_COMPLETE" in capsys.readouterr().out
