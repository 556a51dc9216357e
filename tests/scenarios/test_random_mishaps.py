"""Whatever goes wrong, and whenever ferry is killed: the guest exactly once, or held with an explanation."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestrator.model.guest import Power
from orchestrator.model.move import State
from tests.scenarios.mishaps import DEADLY, LOSSY, Life, live
from tests.scenarios.simulated import A, B

HELD = (State.UNCLEAR, State.POSTCOPY_PAUSED)
MANY = settings(deadline=None, database=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck])
SEEDS = st.integers(0, 2**40)


def judge(life: Life) -> None:
    """The world against the verdict."""
    bench, outcome = life.bench, life.told.outcome
    active = bench.world.active(life.guest)
    running = [host for host in active if bench.world.copy(host, life.guest).power is Power.RUNNING]
    mortal = bool(life.of_what & DEADLY)
    assert len(running) <= 1, f"it runs on {running}"
    assert active or mortal, "the guest is lost"
    assert outcome is not None, "no verdict"
    assert bench.spill.waiting() == [] and not bench.spill.late, "entries wait beside the store"
    assert outcome.because, "a verdict without its reason"
    if outcome.state in HELD:
        assert life.of_what & (LOSSY | DEADLY) or bench.fault.silent or outcome.state is State.POSTCOPY_PAUSED, outcome
        return
    if mortal:
        return
    assert outcome.state in (State.MIGRATED, State.KEPT), outcome
    assert active == [B if outcome.state is State.MIGRATED else A], f"{outcome.state}, and it is on {active}"
    assert life.move.paused or running, "nobody but ferry could have paused it"


@settings(MANY, max_examples=300)
@given(SEEDS)
def test_a_guest_survives_whatever_happens(seed: int) -> None:
    judge(live(seed))


@pytest.mark.benchmark
@pytest.mark.timeout(3600)
@settings(MANY, max_examples=10_000)
@given(SEEDS)
def test_ten_thousand_times(seed: int) -> None:
    judge(live(seed))
