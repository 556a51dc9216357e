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
downtime_limit: 1s
bandwidth: 4Gbit
"""


def test_the_default_is_what_the_model_says(loaded: Callable[[str], Settings]) -> None:
    policy = loaded(GOOD).policy
    assert policy == Policy(name="default", description=policy.description)
    assert policy.description


def test_the_lab_differs_only_in_its_reserve(loaded: Callable[[str], Settings]) -> None:
    default, lab = loaded(GOOD).policy, loaded(f"{GOOD}policy: lab\n").policy
    assert lab.memory_reserve == Bytes.parse("256MiB")
    assert (lab.limits, lab.downtime_limit, lab.max_duration, lab.bandwidth) == (
        default.limits,
        default.downtime_limit,
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
        downtime_limit=Milliseconds(1000),
        bandwidth=BytesPerSecond(500_000_000),
    )


MISTAKES = {
    "unit": ("1s", "1 sec", (3, 17), "'1 sec' is not a duration", "ms, s, m, h or d"),
    "no unit": ("1s", "300", (3, 17), "300 is not a duration", "as in 300ms"),
    "unit of another kind": ("4Gbit", "4GiB", (4, 12), "'4GiB' is not a rate", "Mbit"),
    "beyond all measure": ("1s", "99999999999999999999d", (3, 17), "more than any host has", "a number"),
    "unknown key": ("live: 4", "lives: 4", (2, 10), 'limits has no setting "lives"', "live?"),
    "number as a text": ("live: 4", 'live: "4"', (2, 16), "limits.live must be a whole number", "whole number"),
    "truth value": ("live: 4", "live: true", (2, 16), "limits.live must be a whole number", "whole number"),
    "fraction": ("live: 4", "live: 2.5", (2, 16), "limits.live must be a whole number", "whole number"),
    "no slots": ("{live: 4}", "{live: 0}", (2, 9), "at least 1", "limits"),
    "no downtime": ("1s", "0ms", (3, 17), "never hand the guest over", "1ms"),
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


def test_mistakes_of_both_files_are_told_together(problems: Problems, tmp_path: Path) -> None:
    (tmp_path / "night.yaml").write_text(TEXT.replace("1s", "1"))
    found = problems(f"{GOOD}policy: night.yaml\nzzz: 1\n")
    assert {Path(p.place.file).name for p in found if p.place} == {"ferry.yaml", "night.yaml"}


def test_a_policy_that_is_a_directory(problems: Problems, tmp_path: Path) -> None:
    (tmp_path / "night.yaml").mkdir()
    [problem] = problems(f"{GOOD}policy: night.yaml\n")
    assert "is a directory" in problem.saw
