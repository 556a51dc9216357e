"""What a policy says of checks, and its other settings that are more than a number: right, and wrong with its place."""

# ruff: noqa: E501 - one mistake a line reads as the table that it is

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from orchestrator.model.finding import Severity
from orchestrator.model.policy import Checks, Waiver
from orchestrator.model.settings import Settings
from tests.unit.config.conftest import GOOD, Problems

ROOT = Path(__file__).parents[3]
TEXT = """\
name: night
memory_ratio: 1.5
clock_skew: 2s
postcopy: true
other_managers: refuse
networks: {br0: br1}
checks:
  unknown: blocker
  severity: {memory: warning}
  waive:
    - {check: memory, reason: "new memory is ordered", until: 2026-12-31, guest: "db-*", host: "kvm0?"}
    - {check: peer, reason: "x", until: "2020-02-29"}
"""


def test_everything_arrives(loaded: Callable[[str], Settings], tmp_path: Path) -> None:
    (tmp_path / "night.yaml").write_text(TEXT)
    policy = loaded(f"{GOOD}policy: night.yaml\n").policy
    assert (policy.memory_ratio, str(policy.clock_skew), policy.postcopy) == (1.5, "2s", True)
    assert (policy.other_managers, policy.networks, policy.cross_vendor) == ("refuse", {"br0": "br1"}, False)
    assert policy.checks == Checks(
        unknown=Severity.BLOCKER,
        severity={"memory": Severity.WARNING},
        waive=(
            Waiver(
                check="memory", reason="new memory is ordered", until=date(2026, 12, 31), guest="db-*", host="kvm0?"
            ),
            # A day that is over is no mistake.
            Waiver(check="peer", reason="x", until=date(2020, 2, 29)),
        ),
    )


def test_a_ratio_may_be_a_whole_number_or_nothing(loaded: Callable[[str], Settings], tmp_path: Path) -> None:
    for written, ratio in (("2", 2.0), ("null", None)):
        (tmp_path / "night.yaml").write_text(TEXT.replace("1.5", written))
        assert loaded(f"{GOOD}policy: night.yaml\n").policy.memory_ratio == ratio


MISTAKES = {
    "unknown check, severity": ("{memory: w", "{memroy: w", (9, 14), 'no check "memroy"', "Did you mean memory?"),
    "unknown check, waiver": ("check: peer", "check: per", (12, 15), 'no check "per"', "Did you mean peer?"),
    "unlike any check": ("check: peer", "check: zzzzzzz", (12, 15), 'no check "zzzzzzz"', "ferry explain --list"),
    "never waived": ("check: peer", "check: runs-once", (12, 15), "never let pass", "ferry explain runs-once"),
    "never weighs less": ("{memory: w", "{runs-once: w", (9, 14), "never weighs less", "Remove it"),
    "a guest for a check of links": ('"2020-02-29"', '"2020-02-29", guest: web', (12, 62), "peer is no check of a guest", "Remove guest:"),
    "severity that there is not": ("memory: warning}", "memory: error}", (9, 22), "must be 'blocker', 'warning' or 'note'", "Give 'blocker'"),
    "unknown as a note": ("unknown: blocker", "unknown: note", (8, 12), "would pass unseen", "warning or blocker"),
    "empty reason": ('"x"', '" "', (12, 29), "without a reason", "who wants it"),
    "no reason": ('reason: "x", ', "", (12, 7), 'lacks "reason"', "reason:"),
    "no end": (', until: "2020-02-29"', "", (12, 7), 'lacks "until"', "until:"),
    "end that is no date": ('"2020-02-29"', "tomorrow", (12, 41), "must be a date", "2026-12-31"),
    "day that there is not": ('"2020-02-29"', "2021-02-29", (12, 41), "must be a date", "2026-12-31"),
    "date and time": ('"2020-02-29"', "2020-02-29T12:00:00", (12, 41), "must be a date", "2026-12-31"),
    "seconds since 1970": ('"2020-02-29"', "1582934400", (12, 41), "must be a date", "2026-12-31"),
    "setting that a waiver lacks": ("host: ", "hosts: ", (11, 90), 'checks.waive.0 has no setting "hosts"', "host?"),
    "waivers that are no list": (TEXT[TEXT.index("\n    - {check: m") :], " 5\n", (10, 10), "must be a list", "list"),
    "waiver that is a word": (TEXT[TEXT.index("    - {check: p") :], "    - peer\n", (12, 7), "must be a mapping", "mapping"),
    "word for a truth value": ("postcopy: true", "postcopy: yes", (4, 11), "postcopy must be true or false", "true or false"),
    "word that there is not": ("refuse", "ignore", (5, 17), "must be 'warn' or 'refuse'", "'warn'"),
    "ratio as a text": ("1.5", '"1.5"', (2, 15), "memory_ratio must be a number", "a number"),
    "ratio of nothing": ("1.5", "0", (2, 15), "memory_ratio is 0", "above 0"),
    "ratio without end": ("1.5", "1.0e999", (2, 15), "memory_ratio must be a number", "a number"),
    "ratio that is no number": ("1.5", ".inf", (2, 15), "memory_ratio must be a number", "a number"),
    "no skew": ("2s", "0s", (3, 13), "no two clocks", "1ms"),
    "network as a list": ("{br0: br1}", "[br0]", (6, 11), "networks must be a mapping", "mapping"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "saw", "fix"), MISTAKES.values(), ids=MISTAKES.keys())
def test_one_mistake_one_problem(
    problems: Problems, tmp_path: Path, old: str, new: str, place: tuple[int, int], saw: str, fix: str
) -> None:
    assert old in TEXT
    (tmp_path / "night.yaml").write_text(TEXT.replace(old, new, 1))
    [problem] = problems(f"{GOOD}policy: night.yaml\n")
    assert problem.place is not None
    assert saw in problem.saw
    assert (problem.place.line, problem.place.column) == place
    assert fix in problem.fix


def test_a_wrong_form_does_not_hide_an_unknown_check(problems: Problems, tmp_path: Path) -> None:
    wrong = TEXT.replace("2s", "2").replace("{memory: w", "{memroy: w").replace("name: night", "name: day")
    (tmp_path / "night.yaml").write_text(wrong)
    found = problems(f"{GOOD}policy: night.yaml\n")
    assert [p.place.line for p in found if p.place] == [1, 3, 9]


@pytest.mark.parametrize(("policy", "loads"), [("default", "False"), ("night.yaml", "True")])
def test_only_a_policy_that_names_checks_loads_them(tmp_path: Path, policy: str, loads: str) -> None:
    (tmp_path / "night.yaml").write_text(TEXT)
    (tmp_path / "ferry.yaml").write_text(f"{GOOD}policy: {policy}\n")
    script = (
        "import sys; from orchestrator.config import load; load(sys.argv[1], {})\n"
        "print('orchestrator.checks.registry' in sys.modules)"
    )
    command = [sys.executable, "-c", script, tmp_path / "ferry.yaml"]
    assert subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip() == loads


AFFINITY = {
    "both": ("- {apart: [a, b], together: [c, d]}", "apart and together at once"),
    "neither": ("- {hard: false}", "neither apart nor together"),
    "alone": ("- {apart: [web]}", "a rule about web alone"),
}


@pytest.mark.parametrize(("rule", "saw"), AFFINITY.values(), ids=AFFINITY.keys())
def test_a_rule_that_nobody_could_mean(problems: Problems, tmp_path: Path, rule: str, saw: str) -> None:
    (tmp_path / "night.yaml").write_text(f"name: night\naffinity:\n  {rule}\n")
    [problem] = problems(f"{GOOD}policy: night.yaml\n")
    assert saw in problem.saw
    assert problem.place is not None and problem.place.line == 3


def test_rules_are_settled_once_and_pins_for_each_guest(
    problems: Problems, loaded: Callable[[str], Settings], tmp_path: Path
) -> None:
    (tmp_path / "night.yaml").write_text("name: night\naffinity:\n  - {apart: [db-*]}\nvcpu_ratio: 4\n")
    text = f"{GOOD}policy: night.yaml\nguests:\n  web:\n    policy: {{%s}}\n"
    [problem] = problems(text % "affinity: [{apart: [a, b]}]")
    assert "affinity is settled once" in problem.saw
    assert loaded(text % "pins: [kvm01]").policy_for(guest="web").pins == ("kvm01",)
