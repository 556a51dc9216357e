"""What a new evacuation, or a change of mind, leaves of those on record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.evacuation.errands import part_of, sentence, too_late, without
from orchestrator.model.errand import OpenErrand
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.host import HostName
from orchestrator.model.policy import Policy
from orchestrator.model.run import Run, RunId
from tests.scenarios.simulated import WHO, A, B, C

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
BOTH = OpenErrand(name="one", started_at=NOW, who=WHO, request=EvacuationRequest(hosts=(A, B), exclude=("w*",)))
OTHER = OpenErrand(name="other", started_at=NOW, who=WHO, request=EvacuationRequest(hosts=(C,)))


def only(*hosts: HostName) -> OpenErrand:
    return replace(BOTH, request=replace(BOTH.request, hosts=hosts))


@pytest.mark.parametrize(
    ("hosts", "concerned", "left"),
    [
        ((A,), (BOTH,), (only(B),)),
        ((B,), (BOTH,), (only(A),)),
        ((B, A), (BOTH,), ()),
        ((A, B, C), (BOTH, OTHER), ()),
        ((A, C), (BOTH, OTHER), (only(B),)),
        ((HostName("kvm09"),), (), ()),
        ((), (), ()),
    ],
)
def test_what_is_covered_is_gone_and_the_rest_stays_as_it_was(hosts, concerned, left) -> None:
    assert without((BOTH, OTHER), hosts) == (concerned, left)


def run(**of_run: object) -> Run:
    made = Run(
        id=RunId("r"), started_at=NOW, who=WHO, moves=(), policy=Policy(name="p"), purpose="evacuate", emptied=(A,)
    )
    return replace(made, **of_run)  # type: ignore[arg-type]


def test_which_runs_it_came_to() -> None:
    assert part_of(BOTH, run())
    assert part_of(BOTH, run(emptied=(A, B, C)))
    assert not part_of(BOTH, run(emptied=(C,)))
    assert not part_of(BOTH, run(purpose="restore"))
    assert not part_of(BOTH, run(purpose="move", emptied=()))
    assert not part_of(BOTH, run(started_at=NOW - timedelta(seconds=1))), "of an earlier one"


def test_its_time_is_over_at_its_deadline() -> None:
    assert not too_late(BOTH, NOW)
    bound = replace(BOTH, deadline=NOW)
    assert too_late(bound, NOW) and not too_late(bound, NOW - timedelta(seconds=1))


def test_it_is_named_by_hosts_and_who_began_it() -> None:
    assert sentence(BOTH) == "the evacuation of kvm01, kvm02 that ada on ctl began 2026-11-22 01:30 UTC"
