"""The loop of a review: what `--fix` means, what `--recheck` asks again, and where that is remembered."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.command import StartPool
from orchestrator.model.finding import Finding, Remedy, Severity
from orchestrator.model.host import HostName
from orchestrator.model.request import MoveRequest
from orchestrator.operations import checking
from orchestrator.operations.checking import again, remember, remembered, repairable
from orchestrator.operations.doors import Doors
from tests.scenarios.simulated import Bench

A, B = HostName("kvm01"), HostName("kvm02")
REMEDY = Remedy(host=B, repair=StartPool(pool="images"))
REQUEST = (MoveRequest(guests=("web",), to=B),)


def finding(check: str, severity: Severity = Severity.BLOCKER, guest: str = "web", **changes) -> Finding:
    """A finding about a guest."""
    made = Finding(check=check, severity=severity, guest=guest, source=A, destination=B, saw="s", fix="f")
    return replace(made, **changes)


POOL = finding("pool-active", remedy=REMEDY)
OTHER = finding("pool-active", guest="db", remedy=REMEDY)
HOPELESS = finding("cpu")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["pool-active:web"], [POOL]),
        (["pool-active"], [POOL, OTHER]),
        (["all"], [POOL, OTHER]),
        (["pool-active:web", "all"], [POOL, OTHER]),
    ],
)
def test_a_finding_is_named_by_its_id_by_its_check_or_with_all_others(wanted, found) -> None:
    assert list(repairable([HOPELESS, POOL, OTHER], wanted)) == found


@pytest.mark.parametrize("wanted", ["cpu", "pool-active:mail", "typo"])
def test_what_cannot_be_repaired_is_refused_with_what_can(wanted) -> None:
    with pytest.raises(OrchestratorError) as refused:
        repairable([HOPELESS, POOL], [wanted])
    assert refused.value.exit_code == 2
    assert "pool-active:web" in refused.value.problems[0].saw


def test_only_what_was_not_right_is_asked_again() -> None:
    (request,) = again(REQUEST, [POOL, finding("clock-skew", Severity.WARNING), finding("bonding", Severity.NOTE)])
    assert request.only is not None and {"pool-active", "clock-skew", "guest-state", "runs-once"} <= request.only
    assert not {"bonding", "cpu"} & request.only
    assert (request.guests, request.to) == (("web",), B)


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Doors:
    monkeypatch.setattr(checking, "_cache", lambda: tmp_path / "checks")
    clock = SimpleNamespace(now=lambda: datetime.now(UTC))  # the files have the times of this machine
    return cast(Doors, replace(Bench().doors(), clock=clock))


def test_what_was_not_right_is_remembered_for_that_request_alone(doors) -> None:
    assert remembered(doors, REQUEST) is None
    remember(doors, REQUEST, [POOL, finding("bonding", Severity.NOTE)])
    assert remembered(doors, REQUEST) == {"pool-active"}
    assert remembered(doors, (MoveRequest(guests=("db",), to=B),)) is None


def test_a_clean_check_and_one_of_long_ago_leave_nothing_to_ask_again(doors) -> None:
    remember(doors, REQUEST, [finding("bonding", Severity.NOTE)])
    assert remembered(doors, REQUEST) is None
    remember(doors, REQUEST, [POOL])
    (file,) = checking._cache().iterdir()
    long_ago = doors.clock.now().timestamp() - 25 * 3600
    os.utime(file, (long_ago, long_ago))
    assert remembered(doors, REQUEST) is None


def test_everything_that_can_be_repaired_may_be_nothing() -> None:
    assert repairable([HOPELESS], ["all"]) == ()


def test_a_cache_that_cannot_be_written_costs_no_check(doors, monkeypatch, tmp_path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(checking, "_cache", lambda: tmp_path / "file")
    remember(doors, REQUEST, [POOL])
    assert remembered(doors, REQUEST) is None
