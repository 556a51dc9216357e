"""Fixed steps, as other systems have them."""

from dataclasses import replace

import pytest

from orchestrator.migration.converge import steer
from orchestrator.migration.lever import Situation, pulled
from orchestrator.model.command import Cancel, SetDowntimeLimit, StartPostCopy, Suspend
from orchestrator.model.policy import Rung, Stall
from orchestrator.model.units import Milliseconds
from tests.unit.migration.copying import Memory, policy, ride, terms, the_move
from tests.unit.migration.scenes import GUEST, TRANSPORT
from tests.unit.migration.test_converge import GIVE_UP, course

MS = Milliseconds
WAY = replace(TRANSPORT, downtime_limit_ms=100)


def rung(then: str, **more: int) -> Rung:
    return Rung(then=then, **{key: value if key == "round" else MS(value) for key, value in more.items()})


def climbing(*rungs: Rung, number: int = 3, elapsed: int = 14_200, low_for: float = 4.0, **more: object) -> Situation:
    allowed = {key: more.pop(key) for key in ("pause", "postcopy", "budget") if key in more}
    holds = terms(policy(ladder=rungs, **allowed))
    now = course(lowest_at=14.2 - low_for)
    fields: dict[str, object] = {
        "move": the_move(),
        "transport": WAY,
        "terms": holds,
        "course": replace(now, sample=replace(now.sample, round=number, elapsed_ms=elapsed)),
        "at": 14.2,
        "limit_ms": 100,
        "bandwidth_bytes_per_second": None,
    }
    return Situation(**(fields | more))


def limit(ms: int) -> SetDowntimeLimit:
    return SetDowntimeLimit(guest=GUEST, limit_ms=ms)


STEPS = (rung("downtime-limit", limit=150, round=2), rung("downtime-limit", limit=200, round=3))
AFTER_TWO = replace(course(), rung=2, rung_at=10.0)
SOON = replace(course(), rung=1, rung_at=11.0)
DOUBLE = rung("double-downtime", stalled=3_000, every=4_000)
GIB_AND_MORE = the_move(memory=Memory(used=2**30 + 1))
TABLE = {
    "the first step comes first": (climbing(*STEPS), limit(150)),
    "then the second": (climbing(*STEPS, course=replace(course(), rung=1)), limit(200)),
    "each of them once": (climbing(*STEPS, course=AFTER_TWO), None),
    "not before its round": (climbing(*STEPS, number=1), None),
    "not before its time": (climbing(rung("abort", elapsed=14_300)), None),
    "at its time": (climbing(rung("abort", elapsed=14_200)), GIVE_UP),
    "for each GiB, rounded up": (climbing(rung("abort", elapsed_per_gib=7_100), move=GIB_AND_MORE), GIVE_UP),
    "for each GiB, too early": (climbing(rung("abort", elapsed_per_gib=7_101), move=GIB_AND_MORE), None),
    "all conditions hold": (climbing(rung("abort", elapsed=1, round=4)), None),
    "without progress": (climbing(rung("abort", stalled=4_000)), GIVE_UP),
    "with some progress": (climbing(rung("abort", stalled=4_001)), None),
    "an abort waits for no other step": (climbing(STEPS[1], rung("abort", elapsed=1), number=2), GIVE_UP),
    "doubled": (climbing(DOUBLE), limit(200)),
    "doubled again": (climbing(DOUBLE, course=replace(AFTER_TWO, rung=1, lowest_at=4.0)), limit(200)),
    "not doubled again so soon": (climbing(DOUBLE, course=replace(SOON, lowest_at=4.0)), None),
    "not doubled again with progress": (climbing(DOUBLE, course=replace(AFTER_TWO, rung=1, lowest_at=14.0)), None),
    "no limit above the budget": (climbing(DOUBLE, budget=150), limit(150)),
    "a budget that is used up": (climbing(DOUBLE, budget=100), None),
    "a step that does nothing is passed over": (climbing(rung("postcopy"), *STEPS), limit(150)),
    "post-copy": (climbing(rung("postcopy"), transport=replace(WAY, postcopy=True)), StartPostCopy(guest=GUEST)),
    "a pause, with consent": (climbing(rung("pause"), pause=True), Suspend(guest=GUEST, meanwhile=True)),
    "a pause, without": (climbing(rung("pause")), None),
    "ferry's own control rests": (climbing(rung("abort", elapsed=10**9), course=course(smallest_at=-999.0)), None),
}  # fmt: skip


@pytest.mark.parametrize(("now", "expected"), TABLE.values(), ids=TABLE.keys())
def test_the_step_in_each_situation(now: Situation, expected: object) -> None:
    lever = steer(now)
    assert (None if lever is None else lever.command) == expected


def test_the_step_is_remembered() -> None:
    now = climbing(*STEPS)
    lever = steer(now)
    assert lever is not None
    assert lever.because == "the policy site says downtime-limit in round 3: 100 ms become 150 ms"
    after = replace(now, course=pulled(now.course, lever, 14.2), limit_ms=150)
    following = steer(after)
    assert following is not None
    assert following.command == limit(200)
    assert steer(replace(after, course=pulled(after.course, following, 14.7), limit_ms=200)) is None


def test_a_step_that_was_passed_over_does_not_stop_those_behind_it() -> None:
    now = climbing(rung("pause"), *STEPS)
    lever = steer(now)
    assert lever is not None
    assert (lever.command, lever.rung) == (limit(150), 2)


def test_a_whole_ladder() -> None:
    """150, 200 ms in the rounds 2 and 3, an end in round 6: other systems stop here whatever is left."""
    memory = Memory(dirty=60_000_000)
    holds = terms(policy(ladder=(*STEPS, rung("abort", round=6)), downtime_limit=MS(100), throttle="off"))
    found = ride(the_move(memory=memory), memory, holds)
    assert found.kinds() == ["set-downtime-limit", "set-downtime-limit", "cancel"]
    assert found.end == "kept"
    assert isinstance(found.levers[-1].command, Cancel)
    assert "the policy site says abort in round 6" in found.levers[-1].because


def test_a_ladder_may_end_a_copy_of_which_nothing_arrives_where_the_policy_waits() -> None:
    holds = terms(policy(ladder=(rung("abort", stalled=60_000),), stall=Stall(then="wait")))
    still = replace(course(moved_at=-50.0, lowest_at=-50.0), at=14.2)
    now = replace(climbing(rung("abort", stalled=60_000)), terms=holds, course=still)
    lever = steer(now)
    assert lever is not None
    assert lever.command == GIVE_UP
