"""One truth of the limits over all processes of a store."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.ledger import Standing, Ticket
from orchestrator.model.move import State
from orchestrator.model.network import Network
from orchestrator.model.policy import GuardRule, Limits
from orchestrator.model.units import BytesPerSecond, Milliseconds
from orchestrator.simulator.store import MemoryStore
from orchestrator.simulator.world import Fault
from tests.scenarios.simulated import MIB, A, B, C
from tests.scenarios.together import Together

FREE = Limits(floor=BytesPerSecond(1))
D = type(A)("kvm04")
TWENTY_SECONDS = 1000 * MIB  # alone on the link


class Granting(MemoryStore):
    """Tells when the first slot is granted; nothing has begun in it yet."""

    granted: Callable[[], object] | None = None

    def book(self, *, put: Sequence[Ticket], **more: Any) -> bool:
        done = super().book(put=put, **more)
        if done and self.granted is not None and any(t.standing is Standing.HOLDING for t in put):
            tell, self.granted = self.granted, None
            tell()
        return done


def limits(**more) -> Limits:
    return replace(FREE, **more)


def test_twenty_processes_five_of_which_die_never_exceed_a_limit_and_leave_no_slot_idle() -> None:
    world = Together(limits(live=2, total=3), hosts=(A, B, C, D))
    ways = [(A, B), (C, D), (B, C), (D, A)]
    moves = []
    for number in range(20):
        source, destination = ways[number % 4]
        guest = world.bench.guest(number + 1, source, memory=TWENTY_SECONDS)
        moves.append(world.bench.move(guest, destination, source))
    for move in moves:
        world.begin(move)
    killed = []

    def kill_one() -> None:
        moving = [p for p in world.living() if world.holding(p) and world.outcomes(p) == [None]]
        victim = next(p for p in moving if world.run(p).moves[0].guest in world.bench.world.flights)
        world.kill(victim)
        killed.append(victim)

    for seconds in (10, 40, 70, 100, 130):
        world.at(seconds, kill_one)
    world.go()
    assert len(killed) == 5
    assert max(s.flights for s in world.samples) == 3
    assert max(max(s.by_host.values(), default=0) for s in world.samples) <= 2
    busy = [s.holding for s in world.samples if s.waits]
    assert sum(busy) / (3 * len(busy)) >= 0.9
    assert all(world.bench.world.active(m.guest) == [m.destination] for m in moves)
    assert [o.state for p in world.processes if p not in killed for o in world.outcomes(p)] == [State.MIGRATED] * 15
    assert not world.tickets()


def test_a_process_waits_for_what_others_hold_and_says_whose_it_is() -> None:
    world = Together(limits(live=1))
    first, second = (world.bench.guest(n, memory=TWENTY_SECONDS) for n in (1, 2))
    world.begin(world.bench.move(first))
    world.at(1.0, lambda: world.begin(world.bench.move(second)))
    stored = []
    world.at(5.0, lambda: stored.extend(t.waits for t in world.tickets() if t.standing is Standing.WAITING))
    world.go()
    assert max(s.flights for s in world.samples) == 1
    said = "kvm01 has 1 of 1 live slots, held by guest-01 (run run-1)"
    assert any(said in reason for reason in world.processes[1].reasons)
    assert said in stored[0], "every view of every process can show it"


def test_a_migration_that_ferry_did_not_start_is_counted_waited_for_and_named() -> None:
    world = Together(limits(live=1))
    foreign, mine = world.bench.guest(1, memory=TWENTY_SECONDS), world.bench.guest(2, memory=TWENTY_SECONDS)
    there = world.bench.move(foreign)
    world.bench.world.begin(foreign, A, B, there.transport)
    process = world.begin(world.bench.move(mine, C))
    world.go()
    assert max(s.flights for s in world.samples) == 1
    assert any("a migration ferry did not start" in reason for reason in process.reasons)
    assert [o.state for o in world.outcomes(process)] == [State.MIGRATED]
    ended = max(s.at for s in world.samples if foreign in s.caps)
    began = min(s.at for s in world.samples if mine in s.caps)
    assert ended < began <= ended + 1.5


def test_a_limit_of_all_hosts_counts_what_moves_where_no_move_of_the_run_ends() -> None:
    world = Together(limits(total=1), hosts=(A, B, C, D))
    foreign, mine = world.bench.guest(1, C, memory=TWENTY_SECONDS), world.bench.guest(2, memory=TWENTY_SECONDS)
    world.bench.world.begin(foreign, C, D, world.bench.move(foreign, D, C).transport)
    process = world.begin(world.bench.move(mine))
    world.go()
    assert max(s.flights for s in world.samples) == 1
    assert any("a migration ferry did not start" in reason for reason in process.reasons)
    assert [o.state for o in world.outcomes(process)] == [State.MIGRATED]
    ended = max(s.at for s in world.samples if foreign in s.caps)
    assert min(s.at for s in world.samples if mine in s.caps) <= ended + 3.0


@pytest.mark.parametrize(("more", "at_most"), [({"total": 2}, 12.0), ({}, 3.0)], ids=["of all hosts", "of each"])
def test_a_host_of_no_move_that_is_silent_holds_it_up_for_a_while_at_most(more, at_most: float) -> None:
    world = Together(limits(live=1, **more), hosts=(A, B, C, D), fault=Fault(silent=((D, 0.0, 1000.0),)))
    mine = world.bench.guest(1, memory=TWENTY_SECONDS)
    process = world.begin(world.bench.move(mine))
    world.go()
    assert [o.state for o in world.outcomes(process)] == [State.MIGRATED]
    began = min(s.at for s in world.samples if mine in s.caps)
    assert at_most - 3.0 < began < at_most
    assert any("kvm04 has yet to say what moves there" in reason for reason in process.reasons) is bool(more)


def test_the_slot_of_a_dead_process_comes_free_when_the_hosts_say_so_and_not_before() -> None:
    world = Together(limits(live=1))
    first, second = (world.bench.guest(n, memory=TWENTY_SECONDS) for n in (1, 2))
    dying = world.begin(world.bench.move(first))
    world.at(3.0, lambda: world.kill(dying))
    living = world.begin(world.bench.move(second))
    world.go()
    assert max(s.flights for s in world.samples) == 1
    assert [o.state for o in world.outcomes(living)] == [State.MIGRATED]
    ended = max(s.at for s in world.samples if first in s.caps)
    began = min(s.at for s in world.samples if second in s.caps)
    assert ended < began <= ended + 5.0


def test_a_silent_host_keeps_its_slot_and_the_other_end_comes_free() -> None:
    world = Together(limits(live=1), fault=Fault(silent=((B, 10.0, 100.0),)))
    first, second = (world.bench.guest(n, memory=500 * MIB) for n in (1, 2))
    third = world.bench.guest(3, C, memory=500 * MIB)
    dying = world.begin(world.bench.move(first))
    world.at(9.0, lambda: world.kill(dying))
    away = world.begin(world.bench.move(second, C))
    world.at(40.0, lambda: world.begin(world.bench.move(third, B, C)))
    left = []
    world.at(60.0, lambda: left.extend(t.costs for t in world.tickets() if t.run == dying.run))
    world.go()
    assert [o.state for o in world.outcomes(away)] == [State.MIGRATED]
    assert not any("kvm01" in resource for resource in left[0]), "what belongs to the host that answers is free"
    assert "host:kvm02.live" in left[0]
    assert min(s.at for s in world.samples if third in s.caps) >= 100.0
    assert any("kvm02 has 1 of 1 live slots" in reason for reason in world.processes[2].reasons)


@pytest.mark.parametrize("asleep", [31.0, 45.0])
def test_a_process_that_stands_still_with_its_slot_begins_nothing_once_that_is_given_away(
    asleep: float,
) -> None:
    world = Together(limits(live=1))
    world.bench.store = Granting(world.bench.clock.ticks)
    first, second = (world.bench.guest(n, memory=TWENTY_SECONDS) for n in (1, 2))
    world.bench.store.granted = lambda: world.sleep(stopped, asleep)
    stopped = world.begin(world.bench.move(first))
    living = world.begin(world.bench.move(second))
    world.at(asleep + 1.0, lambda: stopped.part.taken_over and world.resume(stopped.run))
    world.go()
    assert max(s.flights for s in world.samples) == 1
    assert [o.state for o in world.outcomes(living)] == [State.MIGRATED]
    assert [o.state for o in world.outcomes(stopped)] == [State.MIGRATED]
    began = min(s.at for s in world.samples if second in s.caps)
    if asleep > 40.0:
        assert stopped.part.taken_over is not None
        assert 30.0 < began < 40.0, "and nobody waits longer than it takes to be sure"
    else:
        assert stopped.part.taken_over is None, "one that wakes before anybody took its lease has lost nothing"
        assert began > min(s.at for s in world.samples if first in s.caps) > asleep


def test_a_resumed_run_has_its_slot_back() -> None:
    world = Together(limits(live=1))
    first, second = (world.bench.guest(n, memory=TWENTY_SECONDS) for n in (1, 2))
    dying = world.begin(world.bench.move(first))
    world.at(3.0, lambda: world.kill(dying))
    world.at(5.0, lambda: world.resume(dying.run))
    world.at(6.0, lambda: world.begin(world.bench.move(second)))
    world.go()
    assert max(s.flights for s in world.samples) == 1
    assert [o.state for o in world.outcomes(dying)] == [State.MIGRATED]


def test_shares_follow_within_two_seconds_of_every_start_and_end() -> None:
    network = Network(name="migration", cidr="10.77.2.0/24", capacity=BytesPerSecond(48 * MIB), share=50)
    world = Together(limits(live=3), networks=[network])
    guests = [world.bench.guest(n, memory=size * MIB) for n, size in ((1, 400), (2, 700), (3, 900))]
    for guest in guests:
        world.begin(world.bench.move(guest))
    world.go()
    late: Counter[int] = Counter()
    since, before = 0.0, frozenset()
    for sample in world.samples:
        if sample.caps.keys() != before:
            since, before = sample.at, frozenset(sample.caps)
        if sample.at - since > 2.0 and sample.caps:
            late[int(sum(cap or 1e9 for cap in sample.caps.values()) / MIB)] += 1
            assert max(sample.caps.values()) - min(sample.caps.values()) <= MIB
    # Half of the network, whoever uses it, less what QEMU sends beyond one, two or three limits.
    assert set(late) == {23, 22}
    assert {len(s.caps) for s in world.samples} >= {1, 2, 3}


def test_no_further_move_begins_below_the_floor() -> None:
    network = Network(name="migration", cidr="10.77.2.0/24", capacity=BytesPerSecond(40 * MIB))
    world = Together(limits(live=3, floor=BytesPerSecond(15 * MIB)), networks=[network])
    moves = [world.bench.move(world.bench.guest(n, memory=400 * MIB)) for n in (1, 2, 3)]
    process = world.begin(*moves)
    world.go()
    assert max(s.flights for s in world.samples) == 2
    assert any("each move would be left with less than" in reason for reason in process.reasons)
    assert [o.state for o in world.outcomes(process)] == [State.MIGRATED] * 3


def test_a_share_of_what_nobody_knows_is_said_not_to_be_kept() -> None:
    network = Network(name="migration", cidr="10.77.2.0/24", share=50)
    world = Together(limits(live=1), networks=[network])
    process = world.begin(world.bench.move(world.bench.guest(1)))
    world.go()
    said = [e.entry.because for e in world.bench.store.entries(process.run) if e.entry.kind == "seen"]
    assert any("the share of the network migration is not kept at kvm01 and kvm02" in because for because in said)


def test_limits_are_raised_for_one_run_alone_and_the_journal_says_so() -> None:
    world = Together(limits(live=1, total=1))
    moves = [world.bench.move(world.bench.guest(n, memory=400 * MIB)) for n in (1, 2)]
    process = world.begin(*moves, raised={"live": 2, "total": 2})
    world.go()
    assert max(s.flights for s in world.samples) == 2
    assert world.run(process).raised == {"live": 2, "total": 2}


@pytest.mark.parametrize("raised", [{"live": 1}, {"pool": 3}, {"speed": 3}])
def test_nothing_is_lowered_and_no_limit_invented(raised) -> None:
    world = Together(limits(live=2))
    with pytest.raises(OrchestratorError) as caught:
        world.begin(world.bench.move(world.bench.guest(1)), raised=raised)
    assert [p.code for p in caught.value.problems] == ["usage.override-limits"]
    assert not world.bench.store.runs()


def test_over_the_limit_a_policy_can_have_it_refused() -> None:
    world = Together(limits(live=1, over="refuse"))
    moves = [world.bench.move(world.bench.guest(n, memory=400 * MIB)) for n in (1, 2)]
    process = world.begin(*moves)
    world.go()
    first, second = world.outcomes(process)
    assert (first.state, second.state, second.code) == (State.MIGRATED, State.KEPT, "limits.reached")
    assert "kvm01 has 1 of 1 live slots" in second.because
    assert world.bench.world.active(moves[1].guest) == [A]
    assert not world.tickets()


def test_a_guard_lowers_the_share_then_lets_nothing_begin_and_recovers() -> None:
    network = Network(name="migration", cidr="10.77.2.0/24", capacity=BytesPerSecond(40 * MIB))
    rule = GuardRule(watch="cpu_percent", above=80, lasting=Milliseconds(4_000))
    world = Together(limits(live=1), networks=[network], guard=[rule])
    moves = [world.bench.move(world.bench.guest(n, memory=700 * MIB)) for n in (1, 2)]
    process = world.begin(*moves)
    world.at(3.0, lambda: world.figures.update({A: {"cpu_percent": 97.0}}))
    world.at(60.0, world.figures.clear)
    world.go()
    caps = {int((s.caps.get(moves[0].guest) or 0) / MIB) for s in world.samples}
    assert {40, 19, 9} <= caps
    assert process.guarded[:3] == [1, 2, 3]
    assert process.guarded[-1] < 3
    assert any("nothing more begins at kvm01: 97 % of the processors are in use" in r for r in process.reasons)
    assert min(s.at for s in world.samples if moves[1].guest in s.caps) > 60.0
    assert [o.state for o in world.outcomes(process)] == [State.MIGRATED] * 2
