"""A command line that is not understood: what was meant, in words that fit, and as a document for programs."""

import json

import pytest

from orchestrator.cli.app import COMMANDS
from orchestrator.cli.boundary import run
from orchestrator.cli.misuse import did_you_mean, output_of
from orchestrator.cli.options import Output

JSON, JSONL, TEXT = Output.JSON, Output.JSONL, Output.TEXT


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("hosts --nope", TEXT),
        ("-o json hosts --nope", JSON),
        ("hosts --nope -o json", JSON),
        ("hosts --nope -ojsonl", JSONL),
        ("hosts --nope -vqo json", JSON),
        ("hosts --nope -vojson", JSON),
        ("hosts --nope --output json", JSON),
        ("hosts --nope --output=jsonl", JSONL),
        ("-o json hosts -o text --nope", TEXT),
        ("hosts -o xml", TEXT),
        ("-o json hosts -o xml", JSON),
        ("hosts -o", TEXT),
        ("hosts -- -o json", TEXT),
        ("migrate --reason json", TEXT),
        ("hosts --outputs json", TEXT),
    ],
)
def test_the_form_is_found_wherever_it_stands(line, form):
    assert output_of(line.split(), TEXT) is form


@pytest.mark.parametrize("form", ["json", "jsonl"])
@pytest.mark.parametrize(
    ("arguments", "saw", "fix"),
    [
        (["migrat"], "No such command 'migrat'. Did you mean migrate?", "ferry --help"),
        (["migrate"], "Missing argument 'GUEST...'.", "ferry migrate --help"),
        (["migrate", "web", "--yse"], "Did you mean --yes?", "ferry migrate --help"),
        (["set", "web", "--downtime", "x"], "'x' is not a duration", "ferry set --help"),
        (["check"], "name guests, or --host HOST, or --plan RUN", "ferry check --help"),
        (["cpu", "baselin"], "baselin", "ferry cpu --help"),
        ([], "Missing command.", "ferry --help"),
    ],
)
@pytest.mark.parametrize("place", ["before", "behind"])
def test_programs_get_a_document(capsys, form, arguments, saw, fix, place):
    asked = ["-o", form]
    assert run([*asked, *arguments] if place == "before" or not arguments else [*arguments, *asked]) == 2
    said = capsys.readouterr()
    document = json.loads(said.out)
    (problem,) = document["problems"]
    assert (document["schema"], document["exit_code"], problem["code"]) == ("ferry.error/1", 2, "usage.command-line")
    assert saw in problem["saw"]
    assert problem["fix"] == fix
    assert "Usage: ferry" in said.err, "the operator reads it too"


def test_what_may_be_chosen_stands_in_one_line(capsys):
    """click has a line for each, behind a tab: that would be shown as an escape."""
    assert run(["resolve", "1121-0412-a4"]) == 2
    assert "\nError: Missing option '--keep': source or destination\n" in capsys.readouterr().err
    assert run(["-o", "json", "resolve", "1121-0412-a4"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert "Missing option '--keep': source or destination" in json.dumps(told)


def test_programs_are_not_told_a_page_of_help(capsys):
    assert run(["-o", "json", "cpu"]) == 2
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["saw"], problem["fix"]) == ("no command is named", "ferry cpu --help")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("migrat", "migrate"),
        ("statsu", "status"),
        ("hist", "history"),
        ("host", "hosts"),
        ("completions", "completion"),
    ],
)
def test_a_slip_is_seen_through(word, meant):
    assert did_you_mean(word, COMMANDS) == f" Did you mean {meant}?"


@pytest.mark.parametrize("word", ["--nope", "--x", "ls", "vm", "list", ""])
def test_nothing_is_offered_that_is_only_somewhat_alike(word):
    assert did_you_mean(word, [*COMMANDS, "--mode", "--to", "--offline", "--reason", "--yes"]) == ""


def test_an_option_without_likeness_gets_no_offer(capsys):
    assert run(["migrate", "web", "--nope"]) == 2
    said = capsys.readouterr().err
    assert "--nope" in said and "mean" not in said


def test_a_long_complaint_is_wrapped_behind_its_label(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert run(["set", "web-01", "--downtime", "three hundred"]) == 2
    complaint = capsys.readouterr().err.split("\n\n", 1)[1].splitlines()
    assert len(complaint) > 1 and max(map(len, complaint)) <= 60
    assert complaint[0].startswith("Error: ")
    assert all(line.startswith("       ") for line in complaint[1:])


def test_ferry_alone_shows_its_help_and_no_complaint(capsys):
    assert run([]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("Usage:"), "Error:" in said.err) == ("", 1, False)
    assert "First steps:" in said.err
