"""Policies: those that are shipped, and those of the operator."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.config.policy import shipped
from orchestrator.model.policy import Limits, Policy
from orchestrator.model.settings import Settings
from orchestrator.model.units import Bytes, BytesPerSecond, Milliseconds
from tests.unit.config.conftest import GOOD, Problems

TEXT = """\
name: night
limits: {live: 4}
downtime_budget: 1s
bandwidth: 4Gbit
"""


def test_the_default_is_what_the_model_says(loaded: Callable[[str], Settings]) -> None:
    policy = loaded(GOOD).policy
    assert policy == Policy(name="default", description=policy.description)
    assert policy.description


def test_the_lab_differs_only_in_its_reserve(loaded: Callable[[str], Settings]) -> None:
    default, lab = loaded(GOOD).policy, loaded(f"{GOOD}policy: lab\n").policy
    assert lab.memory_reserve == Bytes.parse("256MiB")
    assert (lab.limits, lab.downtime_budget, lab.max_duration, lab.bandwidth) == (
        default.limits,
        default.downtime_budget,
        default.max_duration,
        default.bandwidth,
    )


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_policy_is_right(loaded: Callable[[str], Settings], name: str) -> None:
    assert loaded(f"{GOOD}policy: {name}\n").policy.name == name


@pytest.mark.parametrize("written", ["{directory}/night.yaml", "night.yaml", "./night.yaml"])
def test_a_policy_of_the_operator(loaded: Callable[[str], Settings], tmp_path: Path, written: str) -> None:
    (tmp_path / "night.yaml").write_text(TEXT)
    settings = loaded(f"{GOOD}policy: {written.format(directory=tmp_path)}\n")
    assert settings.policy == Policy(
        name="night",
        limits=Limits(live=4),
        downtime_budget=Milliseconds(1000),
        bandwidth=BytesPerSecond(500_000_000),
    )


def test_the_ladders_of_others_have_the_numbers_that_they_document(loaded: Callable[[str], Settings]) -> None:
    nova = loaded(f"{GOOD}policy: nova\n").policy.convergence
    limits = [int(rung.limit or 0) for rung in nova.ladder]
    assert [int(nova.downtime_limit or 0), *limits] == [50, 95, 140, 185, 230, 275, 320, 365, 410, 455, 500, 0]
    # Of 8 GiB: a step every 600 s, the end after 6400 s.
    assert [8 * int(rung.elapsed_per_gib or 0) // 1000 for rung in nova.ladder] == [*range(600, 6001, 600), 6400]
    ovirt = loaded(f"{GOOD}policy: ovirt\n").policy.convergence.ladder
    assert [(str(rung.limit), rung.round) for rung in ovirt] == [
        ("150ms", 2),
        ("200ms", 3),
        ("300ms", 4),
        ("400ms", 5),
        ("500ms", 7),
        ("None", 8),
    ]
    kubevirt = loaded(f"{GOOD}policy: kubevirt\n").policy.convergence.ladder
    assert [str(rung.stalled or rung.elapsed_per_gib) for rung in kubevirt] == ["150s", "150s"]


MISTAKES = {
    "unit": ("1s", "1 sec", (3, 18), "'1 sec' is not a duration", "ms, s, m, h or d"),
    "no unit": ("1s", "300", (3, 18), "300 is not a duration", "as in 300ms"),
    "unit of another kind": ("4Gbit", "4GiB", (4, 12), "'4GiB' is not a rate", "Mbit"),
    "beyond all measure": ("1s", "99999999999999999999d", (3, 18), "more than any host has", "a number"),
    "unknown key": ("live: 4", "lives: 4", (2, 10), 'limits has no setting "lives"', "live?"),
    "number as a text": ("live: 4", 'live: "4"', (2, 16), "limits.live must be a whole number", "whole number"),
    "truth value": ("live: 4", "live: true", (2, 16), "limits.live must be a whole number", "whole number"),
    "fraction": ("live: 4", "live: 2.5", (2, 16), "limits.live must be a whole number", "whole number"),
    "no slots": ("{live: 4}", "{live: 0}", (2, 9), "at least 1", "limits"),
    "no downtime": ("1s", "0ms", (3, 18), "no pause is that short", "1ms"),
    "slower than libvirt counts": ("4Gbit", "1kbit", (4, 12), "libvirt cannot go slower", "1MiB/s"),
    "other name": ("name: night", "name: day", (1, 7), 'the policy "day"', "name: night"),
    "no name": ("name: night\n", "", (1, 1), 'lacks "name"', "name:"),
    "key given twice": ("limits:", "name: x\nlimits:", (2, 1), "line 1", "Keep one"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "saw", "fix"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_shown_in_the_policys_own_file(
    problems: Problems, tmp_path: Path, old: str, new: str, place: tuple[int, int], saw: str, fix: str
) -> None:
    (tmp_path / "night.yaml").write_text(TEXT.replace(old, new, 1))
    [problem] = problems(f"{GOOD}policy: night.yaml\n")
    assert problem.place is not None
    assert problem.place.file == str(tmp_path / "night.yaml")
    assert saw in problem.saw
    assert (problem.place.line, problem.place.column) == place
    assert fix in problem.fix


STEERED = """\
name: night
channels: 4
downtime_budget: 400ms
convergence:
  max_throttle: 70
  downtime_limit: 100ms
  ladder:
    - {then: downtime-limit, limit: 200ms, round: 2}
    - {then: double-downtime, stalled: 5s, every: 5s}
    - {then: abort, elapsed: 10m}
retries: {attempts: 2}
"""
STEERING = {
    "no channel": ("channels: 4", "channels: 0", (2, 11), "from 1 to 255", "1 to 255"),
    "all of the guest": ("max_throttle: 70", "max_throttle: 100", (5, 17), "1 to 99 percent", "1 to 99"),
    "no attempt": ("attempts: 2", "attempts: 0", (11, 21), "begun once at least", "1 to 100"),
    "beyond the budget": ("limit: 200ms", "limit: 500ms", (8, 37), "more than the downtime_budget of 400ms", "larger"),
    "first limit beyond it": ("downtime_limit: 100ms", "downtime_limit: 1s", (6, 19), "more than the", "smaller"),
    "no pause at all": ("downtime_limit: 100ms", "downtime_limit: 0ms", (6, 19), "never hand", "1ms"),
    "a limit of nothing": (", limit: 200ms", "", (8, 7), "says no limit", "limit: 200ms"),
    "a limit for nothing": ("{then: abort,", "{then: abort, limit: 1ms,", (10, 21), "abort takes no limit", "Remove"),
    "at once": (", elapsed: 10m", "", (10, 7), "cancel every copy at once", "elapsed:"),
    "again and again": ("round: 2", "every: 2s", (8, 44), "does the same each time", "double-downtime"),
    "no such step": ("then: abort", "then: stop", (10, 14), "ladder.2.then must be", "'abort'"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "saw", "fix"), STEERING.values(), ids=STEERING.keys())
def test_a_mistake_in_what_steers_a_copy(
    problems: Problems, tmp_path: Path, old: str, new: str, place: tuple[int, int], saw: str, fix: str
) -> None:
    assert old in STEERED
    (tmp_path / "night.yaml").write_text(STEERED.replace(old, new, 1))
    [problem] = problems(f"{GOOD}policy: night.yaml\n")
    assert problem.place is not None
    assert saw in problem.saw
    assert (problem.place.line, problem.place.column) == place
    assert fix in problem.fix


def test_what_steers_a_copy_is_right_as_it_stands(loaded: Callable[[str], Settings], tmp_path: Path) -> None:
    (tmp_path / "night.yaml").write_text(STEERED)
    assert len(loaded(f"{GOOD}policy: night.yaml\n").policy.convergence.ladder) == 3


def test_mistakes_of_both_files_are_told_together(problems: Problems, tmp_path: Path) -> None:
    (tmp_path / "night.yaml").write_text(TEXT.replace("1s", "1"))
    found = problems(f"{GOOD}policy: night.yaml\nzzz: 1\n")
    assert {Path(p.place.file).name for p in found if p.place} == {"ferry.yaml", "night.yaml"}


def test_a_policy_that_is_a_directory(problems: Problems, tmp_path: Path) -> None:
    (tmp_path / "night.yaml").mkdir()
    [problem] = problems(f"{GOOD}policy: night.yaml\n")
    assert "is a directory" in problem.saw
