"""Random worlds, random faults, ferry killed at random door calls: the guest exactly once, or held with the truth."""

import random
from collections import Counter

import pytest

from orchestrator.model.command import BeginMove, Suspend
from orchestrator.model.entry import Intent, Seen
from orchestrator.model.guest import Power
from orchestrator.model.move import Doubt, State
from orchestrator.model.report import MoveReport
from orchestrator.model.sighting import Sighting
from orchestrator.operations.history import report
from orchestrator.simulator.kill import Killed, Killer
from orchestrator.simulator.world import Fault
from tests.scenarios.simulated import LINK, MIB, A, B, Bench

SCHEDULES = 1500
GONE = (Power.ABSENT, Power.SHUT_OFF)
MOST_LIVES = 12  # a schedule kills at most this often; then a process is left alone


def random_bench(dice: random.Random) -> Bench:
    """A world in which some things go wrong by themselves."""
    silent = []
    for host in (A, B):
        if dice.random() < 0.25:
            start = dice.uniform(0, 20)
            silent.append((host, start, start + dice.choice([1.0, 15.0, 200.0])))
    fault = Fault(
        breaks_after=dice.uniform(0, 12) if dice.random() < 0.2 else None,
        reply_lost=dice.random() < 0.1,
        guest_ends_at=dice.uniform(0, 15) if dice.random() < 0.1 else None,
        guest_crashes=dice.random() < 0.5,
        silent=tuple(silent),
        begins_late=dice.choice([0.0, 0.0, 0.5, 1.5, 20.0]),
        answers_after=dice.choice([0.0, 0.01, 0.2]),
    )
    return Bench(fault=fault, max_duration="5m")


def random_killer(dice: random.Random) -> Killer:
    """Death at one of the first calls of a process, where everything interesting happens, or a little later."""
    call = frozenset({dice.choice([dice.randint(1, 25), dice.randint(1, 120)])})
    return Killer(before=call) if dice.random() < 0.5 else Killer(after=call)


def live_through(bench: Bench, dice: random.Random) -> tuple[MoveReport, int]:
    """Move one guest, killing ferry again and again; answer the verdict and how often it died."""
    guest = bench.guest(
        1,
        memory=dice.choice([64, 256, 512]) * MIB,
        dirty=dice.choice([0.0, 0.3, 0.9, 1.5]) * LINK,
        power=dice.choice([Power.RUNNING, Power.RUNNING, Power.PAUSED]),
        persistent=dice.random() < 0.7,
        autostart=dice.random() < 0.3,
    )
    move = bench.move(guest)
    deaths = 0
    try:
        reports = (bench.apply(move, killer=random_killer(dice)),)
    except Killed:
        deaths, reports = 1, ()
    while not reports or reports[0].moves[0].outcome.doubt is Doubt.SILENCE:
        bench.pass_time(dice.choice([0.0, 0.05, 1.0, 10.0, 100.0]))
        killer = random_killer(dice) if deaths < MOST_LIVES else Killer()
        try:
            reports = bench.resume(killer=killer)
        except Killed:
            deaths, reports = deaths + 1, ()
            continue
        if not reports:
            if not bench.store.runs():  # it died before the head of the run was written: nothing was begun
                reports = (bench.apply(move),)
            else:
                break
    bench.pass_time(2000.0)  # whatever was still in flight comes to its end: a verdict given too early shows
    (run,) = bench.store.runs()
    return report(bench.store, run).moves[0], deaths


def judge(bench: Bench, told: MoveReport) -> None:
    """The world against the verdict. A guest that ended by itself after the verdict proves nothing about it."""
    guest, outcome = bench.guest_ids[0], told.outcome
    (run,) = bench.store.runs()
    intents = [e.entry.command for e in bench.store.entries(run.id) if isinstance(e.entry, Intent)]
    assert bench.world.fault.reply_lost or not any(isinstance(c, Suspend) for c in intents), "suspended without need"
    if bench.ended and bench.ended_at >= told.since:
        assert not bench.world.active(guest)
        return
    active = bench.world.active(guest)
    running = [h for h in active if bench.world.copy(h, guest).power is Power.RUNNING]
    if outcome.state is State.MIGRATED:
        assert active == [B] == [outcome.where]
        assert bench.world.copy(A, guest) is None
        assert outcome.code != "guest.arrived-paused", "nobody but ferry could have paused it"
    elif outcome.where is None and outcome.code in ("host.unreachable", "migration.drifted"):
        assert not any(isinstance(c, BeginMove) for c in intents), "nothing was begun, so nothing is claimed"
    elif outcome.state is State.KEPT:
        assert active == [A] == [outcome.where]
    elif outcome.state is State.ENDED:
        assert active == []
        assert bench.ended, "ferry says the guest ended, and nothing ended it"
    else:
        assert outcome.doubt is Doubt.CONTRADICTION, "silence was asked again until it was over"
        assert outcome.code in {"guest.runs-twice", "guest.contradiction"}
        assert bench.world.fault.reply_lost, "an alarm about something that did not happen"
        assert set(active) == {A, B}, "a copy was destroyed"
    assert len(running) <= 1, "two copies go on running"
    assert active or bench.ended, "the guest is lost"


@pytest.mark.parametrize("block", range(10))
def test_random_crash_schedules(block: int) -> None:
    verdicts: Counter[str] = Counter()
    died = 0
    for number in range(SCHEDULES // 10):
        seed = block * SCHEDULES + number
        dice = random.Random(seed)
        bench = random_bench(dice)
        told, deaths = live_through(bench, dice)
        try:
            judge(bench, told)
        except AssertionError as problem:
            raise AssertionError(f"seed {seed}: {problem}; {told.outcome}") from problem
        verdicts[told.state] += 1
        died += deaths
    assert died > SCHEDULES // 20, "the schedules hardly ever killed anything"
    assert {State.MIGRATED, State.KEPT} <= verdicts.keys(), "the worlds are too much alike"


def test_a_copy_is_begun_once_and_anew_only_after_the_last_one_was_seen_to_be_gone() -> None:
    anew = 0
    for seed in range(100):
        dice = random.Random(seed)
        bench = random_bench(dice)
        live_through(bench, dice)
        (run,) = bench.store.runs()
        begun = 0
        for entry in (e.entry for e in bench.store.entries(run.id)):
            if isinstance(entry, Seen) and entry.state is State.PREPARING:
                assert not isinstance(entry.destination, Sighting) or entry.destination.power in GONE, f"seed {seed}"
                anew, begun = anew + begun, 0
            elif isinstance(entry, Intent) and isinstance(entry.command, BeginMove):
                begun += 1
                assert begun == 1, f"seed {seed}: a begun copy was begun again"
    assert anew, "no schedule ever begins anew: nothing is shown"
