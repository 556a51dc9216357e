"""Policies: those that are shipped, and those of the operator."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.config.policy import shipped
from orchestrator.model.policy import Charge, Costs, Limits, Policy
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


def test_the_lab_differs_only_in_its_reserve_and_its_floor(loaded: Callable[[str], Settings]) -> None:
    default, lab = loaded(GOOD).policy, loaded(f"{GOOD}policy: lab\n").policy
    assert lab.memory_reserve == Bytes.parse("256MiB")
    assert lab.limits.floor == BytesPerSecond.parse("20Mbit")
    assert (replace(lab.limits, floor=default.limits.floor), lab.downtime_budget, lab.max_duration, lab.bandwidth) == (
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


def test_the_default_policy_says_what_the_model_has_by_itself(loaded: Callable[[str], Settings]) -> None:
    policy = loaded(GOOD).policy
    assert policy == Policy(name="default", description=policy.description)


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


LIMITED = """\
name: night
limits:
  live: 3
  total: 9
  share: 40
  floor: 100Mbit
  costs:
    live: {live: 1, total: 1}
guard:
  - {watch: cpu_percent, above: 90, below: 70}
"""
LIMITING = {
    "no share": ("share: 40", "share: 0", (3, 3), "from 1 to 100", "limits"),
    "more than all": ("share: 40", "smb_factor: 10001", (3, 3), "from 1 to 10000", "limits"),
    "a share in two ways": ("share: 40", "share: 40\n  smb_factor: 4000", (6, 3), "the same thing", "25 is"),
    "a floor that libvirt rounds away": ("floor: 100Mbit", "floor: 1Mbit", (6, 10), "cannot go slower", "1MiB/s"),
    "no limit of that word": ("live: 3", "parallel: 3", (3, 3), 'limits has no setting "parallel"', "Remove"),
    "a cost given back": ("{live: 1, total: 1}", "{live: -1}", (8, 11), "gives nothing back", "limits.costs.live"),
    "a limit that counts nothing": ("live: 3", "units: 3", (3, 3), "units has no effect", "under limits.costs"),
    "wait or refuse": ("live: 3", "over: fail", (3, 9), "limits.over must be", "'queue' or 'refuse'"),
    "no patience": ("live: 3", "patience: -1", (3, 3), "patience must be at least 0", "limits"),
    "nothing to watch": ("cpu_percent", "cpu", (10, 13), "guard.0.watch must be", "'cpu_percent'"),
    "over before it is breached": ("below: 70", "below: 91", (10, 5), "below between 0 and above", "guard.0"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "saw", "fix"), LIMITING.values(), ids=LIMITING.keys())
def test_a_mistake_in_limits(
    problems: Problems, tmp_path: Path, old: str, new: str, place: tuple[int, int], saw: str, fix: str
) -> None:
    assert old in LIMITED
    (tmp_path / "night.yaml").write_text(LIMITED.replace(old, new, 1))
    [problem] = problems(f"{GOOD}policy: night.yaml\n")
    assert problem.place is not None
    assert saw in problem.saw
    assert (problem.place.line, problem.place.column) == place
    assert fix in problem.fix


def test_limits_as_they_are_written(loaded: Callable[[str], Settings], tmp_path: Path) -> None:
    (tmp_path / "night.yaml").write_text(LIMITED)
    limits = loaded(f"{GOOD}policy: night.yaml\n").policy.limits
    assert (limits.live, limits.total, limits.share, str(limits.floor)) == (3, 9, 40, "100Mbit/s")
    # One kind is written as a whole; the others keep what they cost by default.
    assert limits.costs == Costs(live=Charge(live=1, total=1))


def test_the_limits_of_other_systems_have_the_numbers_that_they_document(loaded: Callable[[str], Settings]) -> None:
    alone, cluster, vsphere = (
        loaded(f"{GOOD}policy: {name}\n").policy.limits for name in ("hyperv-standalone", "hyperv-cluster", "vsphere")
    )
    assert (alone.live, alone.storage, alone.live_in_cluster, alone.share) == (2, 2, None, None)
    assert (cluster.live_in_cluster, cluster.storage, cluster.share) == (1, 2, 25)
    assert (vsphere.units, vsphere.network, vsphere.network_below_10gbit, vsphere.pool) == (8, 8, 4, 128)
    units = [c.units for c in (vsphere.costs.live, vsphere.costs.storage, vsphere.costs.live_with_storage)]
    pools = [c.pool for c in (vsphere.costs.live, vsphere.costs.storage, vsphere.costs.live_with_storage)]
    assert (units, pools) == ([1, 4, 4], [1, 16, 16])
    assert (vsphere.costs.offline.units, vsphere.costs.offline.network) == (1, 0)
