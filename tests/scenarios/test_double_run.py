"""A guest that runs on both hosts, provoked in both known ways: contained, held, and resolved by a person."""

from dataclasses import replace
from itertools import pairwise
from typing import cast

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.command import Discard
from orchestrator.model.entry import Ended, Intent
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.move import Doubt, State
from orchestrator.model.order import Order
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Policy
from orchestrator.model.report import RunReport
from orchestrator.model.run import RunId
from orchestrator.model.sighting import Sighting
from orchestrator.operations import control
from orchestrator.operations.apply import apply
from orchestrator.operations.doors import Doors
from orchestrator.operations.resolve import carry_out, choose, evidence, held_move
from orchestrator.ports import Inventory
from orchestrator.simulator.cluster import KEEPALIVE
from orchestrator.simulator.fault import Fault, Mishap, What
from orchestrator.simulator.flight import Phase
from orchestrator.simulator.hypervisor import SimHypervisor
from orchestrator.simulator.kill import Killed, Killer
from tests.scenarios.simulated import MIB, WHO, A, B, Bench

CONTAINED_WITHIN = 5.0
LIBVIRT_WAITS = KEEPALIVE


class Mute:
    """An inventory that has nothing to say: the disks of the copies are not known."""

    def read(self, _topics: object, **_more: object) -> Unknown:
        return Unknown(why="not simulated")


def frozen(lasts: float) -> Fault:
    """The destination's daemon freezes before it has started the copy, and starts it when it thaws."""
    return Fault(mishaps=(Mishap(what=What.DAEMON_FROZEN, host=B, step=Phase.FINISH, lasts=lasts),))


def bench(fault: Fault, policy: str = "suspend-source", *, power: Power = Power.RUNNING) -> tuple[Bench, GuestId]:
    made = Bench(fault=fault, policy=Policy(name="test", double_run=policy))  # type: ignore[arg-type]
    return made, made.guest(1, memory=128 * MIB, power=power)


def ran_twice_for(made: Bench, guest: GuestId) -> float:
    """The longest time during which two copies ran."""
    beats = [*made.world.pulse[guest], (made.world.at, 0)]
    return max((end - at for (at, running), (end, _) in pairwise(beats) if running > 1), default=0.0)


def powers(made: Bench, guest: GuestId) -> list[str]:
    copies = (made.world.copy(host, guest) for host in (A, B))
    return [copy.power.value if copy is not None else "absent" for copy in copies]


def only(report: RunReport):
    (move,) = report.moves
    assert move.outcome is not None
    return move.outcome


def doors(made: Bench, killer: Killer | None = None) -> Doors:
    return replace(made.doors(killer), inventory=lambda _host: cast(Inventory, Mute()))


def resolve(made: Bench, keep, killer: Killer | None = None) -> RunReport:
    """`ferry resolve RUN --keep …` in a process of its own."""
    opened = doors(made, killer)
    held = held_move(opened, RunId("run-1"), None)
    given = control.give(opened, held.run, choose(held, evidence(opened, held, keep), WHO))
    return carry_out(opened, held.run, given, WHO, (), Stop())


def held_twice(policy: str = "suspend-source") -> tuple[Bench, GuestId]:
    made, guest = bench(Fault(reply_lost=True), policy)
    assert only(made.apply(made.move(guest))).code == "guest.runs-twice"
    return made, guest


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        ("suspend-source", ["paused", "running"]),
        ("suspend-both", ["paused", "paused"]),
        ("alarm", ["running", "running"]),
    ],
)
@pytest.mark.parametrize("thaws", [None, 5.0, 30.0, 120.0], ids=["reply lost", "5 s", "30 s", "120 s"])
def test_it_is_contained_by_the_policy_and_held(thaws, policy, left) -> None:
    made, guest = bench(Fault(reply_lost=True) if thaws is None else frozen(LIBVIRT_WAITS + thaws), policy)
    report = made.apply(made.move(guest))
    outcome = only(report)
    assert (outcome.state, outcome.code, outcome.doubt) == (State.UNCLEAR, "guest.runs-twice", Doubt.CONTRADICTION)
    assert report.exit_code == 7
    assert powers(made, guest) == left
    assert outcome.because.count("first seen to run") == 2
    assert 0 < ran_twice_for(made, guest) < CONTAINED_WITHIN
    assert set(made.world.active(guest)) == {A, B}, "no copy is destroyed"


def test_a_destination_that_thaws_later_still_is_watched_by_the_next_ferry() -> None:
    made, guest = bench(frozen(LIBVIRT_WAITS + 200.0))
    report = made.apply(made.move(guest))
    assert (only(report).code, report.exit_code) == ("guest.side-silent", 6)
    assert "may start with its libvirt" in only(report).because
    (again,) = made.resume()
    assert (only(again).code, again.exit_code) == ("guest.runs-twice", 7)
    assert powers(made, guest) == ["paused", "running"]
    assert ran_twice_for(made, guest) < CONTAINED_WITHIN


def test_a_copy_that_runs_beside_a_libvirt_that_stays_silent_is_seen_by_the_kernel() -> None:
    made, guest = bench(Fault(reply_lost=True, silent=((B, 3.0, 900.0),)))
    report = made.apply(made.move(guest))
    assert (only(report).code, report.exit_code) == ("guest.runs-twice", 7)
    assert powers(made, guest) == ["paused", "running"]
    assert ran_twice_for(made, guest) < CONTAINED_WITHIN


@pytest.mark.parametrize("death", ["before", "after"])
@pytest.mark.parametrize("dies", [60, 100, 140, 142, 144, 146, 148, 150, 152])
def test_whoever_takes_over_contains_it_as_well(dies, death) -> None:
    made, guest = bench(frozen(LIBVIRT_WAITS + 5.0), "suspend-both")
    with pytest.raises(Killed):
        made.apply(made.move(guest), killer=Killer(**{death: frozenset({dies})}))
    made.resume()
    assert powers(made, guest) == ["paused", "paused"]


@pytest.mark.parametrize("thaws", [None, 5.0, 30.0], ids=["reply lost", "5 s", "30 s"])
def test_a_copy_that_ferry_starts_never_runs_beside_the_other(thaws) -> None:
    made, guest = bench(Fault(reply_lost=True) if thaws is None else frozen(LIBVIRT_WAITS + thaws))
    report = made.apply(made.move(guest, held=True))
    assert (only(report).state, report.exit_code) == (State.KEPT, 1)
    assert powers(made, guest) == ["running", "absent"], "nothing is left of the copy, its definition neither"
    assert ran_twice_for(made, guest) == 0


def test_a_silent_host_is_asked_briefly_once_it_is_known_to_be_silent() -> None:
    made, guest = bench(frozen(LIBVIRT_WAITS + 5.0))
    opened, asked = made.doors(), []

    class Impatient(SimHypervisor):
        def observe(self, guest: GuestId, *, within: float) -> Sighting | Unknown:
            said = super().observe(guest, within=within)
            asked.append((self._host, within, isinstance(said, Unknown)))
            return said

    hosts = {host: Impatient(host, made.world) for host in made.hosts}
    opened = replace(opened, hypervisor=lambda host: hosts[host])
    apply(opened, Plan(moves=(made.move(guest),), findings=()), WHO, (), Stop())
    of_b = [(within, silent) for host, within, silent in asked if host == B]
    after_silence = [within for (_, silent), (within, _) in pairwise(of_b) if silent]
    assert len(after_silence) > 10
    assert max(after_silence) <= 1.0
    assert max(within for host, within, _ in asked if host == A) > 1.0


@pytest.mark.parametrize("policy", ["suspend-source", "suspend-both", "alarm"])
@pytest.mark.parametrize(
    ("keep", "left", "verdict"),
    [("source", ["running", "absent"], (State.KEPT, A)), ("destination", ["absent", "running"], (State.MIGRATED, B))],
)
def test_a_person_chooses(policy, keep, left, verdict) -> None:
    made, guest = held_twice(policy)
    before = ran_twice_for(made, guest)
    report = resolve(made, keep)
    assert (only(report).state, only(report).where) == verdict
    assert (only(report).code, report.exit_code) == (None, 0)
    assert powers(made, guest) == left
    if policy != "alarm":
        assert ran_twice_for(made, guest) == before, "no two copies run while it is resolved"
    assert made.store.runs(unfinished=True) == ()


@pytest.mark.parametrize("keep", ["source", "destination"])
@pytest.mark.parametrize("death", ["before", "after"])
def test_a_ferry_that_dies_in_the_middle_leaves_what_the_next_one_finishes(keep, death) -> None:
    calls = Killer()
    resolve(held_twice()[0], keep, calls)
    for dies in range(1, calls.calls + 1):
        made, guest = held_twice()
        held = powers(made, guest)
        try:
            resolve(made, keep, Killer(**{death: frozenset({dies})}))
        except Killed:
            made.resume()
        if made.store.runs(unfinished=True) or powers(made, guest) == held:
            resolve(made, keep)  # the order was not on record yet
        assert powers(made, guest) == (["running", "absent"] if keep == "source" else ["absent", "running"]), dies
        assert made.store.runs(unfinished=True) == ()


def test_the_copy_that_is_given_up_stays_while_the_kept_one_does_not_run() -> None:
    made, guest = held_twice()
    made.world.power(B, guest, Power.PAUSED, "i/o error")
    with pytest.raises(OrchestratorError) as refused:
        resolve(made, "destination")
    assert refused.value.problems[0].code == "guest.contradiction"
    assert powers(made, guest) == ["paused", "paused"]
    assert [r.id for r in made.store.runs(unfinished=True)] == []


def test_nor_where_it_breaks_after_the_choice() -> None:
    made, guest = held_twice("alarm")
    opened = doors(made)
    held = held_move(opened, RunId("run-1"), None)
    given = control.give(opened, held.run, choose(held, evidence(opened, held, "destination"), WHO))
    made.world.power(B, guest, Power.PAUSED, "i/o error")
    report = carry_out(opened, held.run, given, WHO, (), Stop())
    assert (only(report).code, report.exit_code) == ("guest.contradiction", 7)
    assert powers(made, guest) == ["running", "paused"], "the only copy that runs is not paused either"
    assert not [e for e in made.store.entries(RunId("run-1")) if _discards(e.entry)]
    made.world.power(B, guest, Power.RUNNING, "unpaused")
    assert only(resolve(made, "destination")).state is State.MIGRATED, "it may be chosen once more"


def _discards(entry: object) -> bool:
    return isinstance(entry, Intent) and isinstance(entry.command, Discard)


def test_a_silent_host_hinders_the_choice() -> None:
    made, _guest = held_twice()
    made.world.strike(Mishap(what=What.DAEMON_FROZEN, host=A, after=made.clock.ticks(), lasts=60.0))
    with pytest.raises(OrchestratorError) as refused:
        resolve(made, "destination")
    assert refused.value.problems[0].code == "guest.side-silent"
    made.pass_time(61.0)
    assert only(resolve(made, "destination")).state is State.MIGRATED


def test_one_that_falls_silent_after_the_choice_is_finished_by_resume() -> None:
    made, guest = held_twice()
    opened = doors(made)
    held = held_move(opened, RunId("run-1"), None)
    given = control.give(opened, held.run, choose(held, evidence(opened, held, "source"), WHO))
    made.world.strike(Mishap(what=What.DAEMON_FROZEN, host=B, after=made.clock.ticks(), lasts=90.0))
    report = carry_out(opened, held.run, given, WHO, (), Stop())
    assert (only(report).code, report.exit_code) == ("guest.side-silent", 6)
    made.pass_time(91.0)
    (again,) = made.resume()
    assert (only(again).state, powers(made, guest)) == (State.KEPT, ["running", "absent"])


def test_what_is_not_held_cannot_be_resolved() -> None:
    made, guest = bench(Fault())
    made.apply(made.move(guest))
    with pytest.raises(OrchestratorError) as refused:
        held_move(made.doors(), RunId("run-1"), None)
    assert refused.value.problems[0].code == "usage.nothing-held"


def test_a_choice_is_made_once() -> None:
    made, _guest = held_twice()
    opened = doors(made)
    held = held_move(opened, RunId("run-1"), None)
    order = choose(held, evidence(opened, held, "source"), WHO)
    resolve(made, "destination")
    given = control.give(opened, held.run, order)
    with pytest.raises(OrchestratorError) as refused:
        carry_out(doors(made), held.run, given, WHO, (), Stop())
    assert refused.value.problems[0].code == "control.refused"


def test_the_process_of_a_run_that_goes_on_obeys_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Bench(fault=Fault(reply_lost=True))
    first, second = made.guest(1, memory=128 * MIB), made.guest(2, memory=2048 * MIB)
    append = made.store.append

    def appending(run, entry, *, at, fence):
        if isinstance(entry, Ended) and entry.guest == first and entry.outcome.code == "guest.runs-twice":
            made.store.order(run, Order(kind="resolve", by="bob on ctl2", guest=first, keep="source"), at=at)
        return append(run, entry, at=at, fence=fence)

    monkeypatch.setattr(made.store, "append", appending)
    report = made.apply(made.move(first), made.move(second))
    outcomes = {m.move.guest: m.outcome for m in report.moves}
    assert (outcomes[first].state, outcomes[first].code) == (State.KEPT, None)
    assert outcomes[second].code == "guest.runs-twice"
    assert powers(made, first) == ["running", "absent"]


def test_the_evidence_tells_who_ran_when_and_what_will_be_done() -> None:
    made, _guest = held_twice()
    opened = doors(made)
    dispute = evidence(opened, held_move(opened, RunId("run-1"), "guest-01"), "source")
    told = "\n".join(f"{t.host or ''} {t.what}" for t in dispute.told)
    assert "kvm01 suspend: it runs twice: on kvm02 first seen to run" in told
    assert "ferry has suspended the copy on kvm01" in told
    assert [step.split(":")[0] for step in dispute.steps] == [
        "suspend on kvm02",
        "resume on kvm01",
        "discard on kvm02",
        "undefine on kvm02",
    ]
