"""Guests come home in the simulated world: to where the journal says, around what is full, after deaths."""

import pytest

from orchestrator.cli import homecoming
from orchestrator.cli.options import Options
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.cordon import Cordon
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.guest import Power
from orchestrator.model.hold import Hold
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Emptying
from orchestrator.model.units import Milliseconds
from orchestrator.operations import restore as homeward
from orchestrator.operations.apply import apply
from orchestrator.operations.errand import Errand
from orchestrator.operations.errands import begin
from orchestrator.operations.evacuate import Bounded
from orchestrator.operations.host_leases import taken
from orchestrator.simulator.kill import Killed
from tests.scenarios.evacuating import LIVE, D, Town, killer
from tests.scenarios.simulated import MIB, WHO, A, B, C


@pytest.fixture
def town(monkeypatch) -> Town:
    return Town(monkeypatch, evacuation=Emptying(attempts=2, back_off=Milliseconds(1000)))


def test_every_guest_comes_home(town: Town) -> None:
    guests = town.street()
    town.apart = frozenset()  # they were together at home
    town.evacuate(offline="move")
    told = town.restore(A)
    assert (told.exit_code, told.summary) == (0, "kvm01: all 8 guests are home")
    assert town.on(A, (*LIVE, Power.SHUT_OFF)) == guests
    assert (told.uncordoned, town.bench.store.cordons()) == ((A,), ())
    again = town.restore(A)
    assert (again.exit_code, again.runs, again.summary) == (0, (), "no guest is away")


def test_a_host_that_nobody_had_to_leave_takes_guests_again(town: Town) -> None:
    town.evacuate()
    told = town.restore(A)
    assert (told.exit_code, told.uncordoned, town.bench.store.cordons()) == (0, (A,), ())


def test_the_guests_of_one_run(town: Town) -> None:
    one, other = town.bench.guest(1), town.bench.guest(2)
    first = town.evacuate(only=("guest-01",))
    town.evacuate()
    told = town.restore(first.runs[0].run.id)
    assert (told.exit_code, told.guests, town.on(A)) == (0, 1, [one])
    assert town.restore(A).guests == 1
    assert town.on(A) == [one, other]
    with pytest.raises(OrchestratorError) as raised:
        town.restore("run-99")
    assert raised.value.problems[0].code == "usage.unknown-run"


def test_a_guest_that_was_moved_on_keeps_its_home_and_one_that_a_person_moved_has_a_new_one(town: Town) -> None:
    guest, other = town.bench.guest(1), town.bench.guest(2)
    town.evacuate(to=(B,))
    town.evacuate(B, to=(C,))
    move = town.bench.move(other, D, C)
    apply(town.doors(), Plan(moves=(move,), findings=()), WHO, (), Stop())
    assert town.restore(B).guests == 0
    told = town.restore(A)
    assert (told.exit_code, told.guests, town.on(A)) == (0, 1, [guest])


def test_a_home_that_filled_up_is_said_and_hinders_nobody(town: Town) -> None:
    large, small = town.bench.guest(1, memory=2048 * MIB), town.bench.guest(2)
    town.evacuate()
    town.room[A] = 1024 * MIB
    told = town.restore(A)
    assert (told.exit_code, town.on(A)) == (1, [small])
    assert told.summary == "kvm01: 1 of 2 guests are home, NOT guest-01"
    (one,) = told.staying
    assert ([one.host], one.why) == (town.places(large), "memory: no host takes guest-01")


def test_two_that_stand_in_each_others_way_change_places_through_a_free_host(town: Town) -> None:
    here, there = town.bench.guest(1, memory=1024 * MIB), town.bench.guest(2, host=B, memory=1024 * MIB)
    for source, to in ((A, C), (B, A), (C, B)):
        town.evacuate(source, to=(to,))
        town.bench.store.lift_cordon(source)
    assert (town.on(A), town.on(B)) == ([there], [here])
    town.room[A] = town.room[B] = 1024 * MIB
    told = town.restore(A, B)
    assert (told.exit_code, town.on(A), town.on(B)) == (0, [here], [there])
    assert sum(len(run.moves) for run in told.runs) == 3


@pytest.mark.parametrize("calls", [9, 30, 77, 150, 301])
def test_killed_and_asked_again_all_are_home(monkeypatch, calls: int) -> None:
    town = Town(monkeypatch)
    guests = town.street()
    town.apart = frozenset()  # they were together at home
    town.evacuate()
    for death in (calls, calls // 2 + 9):
        try:
            town.restore(A, killer=killer(death))
        except Killed:
            continue
    assert town.restore(A).exit_code == 0
    assert town.on(A, (*LIVE, Power.SHUT_OFF)) == guests
    assert [town.places(g) for g in guests if g != guests[4]] == [[A]] * 7


def moved_aside(town: Town):
    """kvm01 was emptied into kvm02, whose own guest made room on kvm03."""
    guest, aside = town.bench.guest(1), town.bench.guest(2, host=B)
    moves = (town.bench.move(aside, C, B), town.bench.move(guest, B, A))
    apply(
        town.doors(), Plan(moves=moves, findings=()), WHO, (), Stop(), errand=Errand(purpose="evacuate", emptied=(A,))
    )
    assert (town.on(B), town.on(C)) == ([guest], [aside])
    return guest, aside


def test_who_moved_aside_for_a_host_comes_home_with_its_guests(town: Town) -> None:
    guest, aside = moved_aside(town)
    told = town.restore(A)
    assert (told.exit_code, told.guests, town.on(A), town.on(B)) == (0, 2, [guest], [aside])


def test_the_cordon_of_a_host_that_nobody_has_emptied_stands(town: Town) -> None:
    guest, aside = moved_aside(town)
    town.bench.store.keep_cordon(Cordon(host=B, by="eve on ctl", at=town.bench.clock.now(), because="a broken fan"))
    told = town.restore(A)
    assert (told.exit_code, town.on(A), town.places(aside)) == (1, [guest], [C])
    assert [one.host for one in town.bench.store.cordons()] == [B]


@pytest.mark.parametrize("before", [True, False])
def test_what_a_person_has_cordoned_stays_shut_and_its_guests_away(town: Town, before: bool) -> None:
    guest = town.bench.guest(1)
    cordon = Cordon(host=A, by="eve on ctl", at=town.bench.clock.now(), because="the mainboard is broken")
    if before:
        town.bench.store.keep_cordon(cordon)
    town.evacuate(A)
    if not before:
        town.bench.store.keep_cordon(cordon)
    away = town.places(guest)
    told = town.restore(A)
    assert (told.exit_code, told.runs, told.uncordoned, town.places(guest)) == (1, (), (), away)
    (stays,) = told.staying
    assert "cordoned since" in stays.why and "by eve on ctl: the mainboard is broken" in stays.why
    assert stays.fix == "ferry uncordon kvm01"
    assert town.bench.store.cordons() == (cordon,)
    town.bench.store.lift_cordon(A)
    assert (town.restore(A).exit_code, town.places(guest)) == (0, [A])


def left_emptying(town: Town, *hosts) -> None:
    """An evacuation of these hosts, which a process that died has left."""
    doors = town.doors()
    with taken(doors, hosts) as fences:
        begin(doors, EvacuationRequest(hosts=hosts), WHO, Bounded(), fences)


def brought_home(town: Town, *names) -> int:
    """`ferry restore` as the command does it."""
    options = Options(unattended=True, verbosity=-1)
    return homecoming.bring(options, town.doors(), names, WHO, policy="immediate", yes=True, despite_hold=False)


@pytest.mark.parametrize("shut", ["aside", "silent", "rolled", ""])
def test_only_evacuations_of_hosts_that_it_opens_end(town: Town, monkeypatch, capsys, shut: str) -> None:
    if shut == "aside":
        moved_aside(town)
    else:
        of_two_homes(town)
        town.silent = {B} if shut == "silent" else set()
        rolled = {B: ("a roll works there", "ferry resume roll-1")} if shut == "rolled" else {}
        monkeypatch.setattr(homeward, "_shut", lambda _doors, homes: {h: rolled[h] for h in homes if h in rolled})
    left_emptying(town, A, B)
    brought_home(town, A, *(() if shut == "aside" else (B,)))
    assert [one.request.hosts for one in town.bench.store.errands()] == ([(B,)] if shut else [])
    assert A not in {one.host for one in town.bench.store.cordons()}


def test_nobody_changes_places_through_a_host_that_is_on_hold(town: Town) -> None:
    town.bench.guest(1, memory=1024 * MIB), town.bench.guest(2, host=B, memory=1024 * MIB)
    for source, to in ((A, C), (B, A), (C, B)):
        town.evacuate(source, to=(to,))
        town.bench.store.lift_cordon(source)
    town.room[A] = town.room[B] = 1024 * MIB
    town.bench.store.keep_hold(Hold(name=C, by="eve on ctl", at=town.bench.clock.now(), because="a new switch"))
    told = town.restore(A, B)
    assert told.exit_code == 0
    assert {move.move.destination for run in told.runs for move in run.moves} == {A, B, D}


def of_two_homes(town: Town):
    """A guest of kvm01 and one of kvm02, both away."""
    first, second = town.bench.guest(1), town.bench.guest(2, host=B)
    town.evacuate(A, to=(C,))
    town.evacuate(B, to=(D,))
    return first, second


def test_a_home_that_does_not_answer_keeps_only_its_own_guests_away(town: Town) -> None:
    first, second = of_two_homes(town)
    town.silent = {A}
    told = town.restore(A, B)
    assert (told.exit_code, told.summary) == (1, "kvm01, kvm02: 1 of 2 guests are home, NOT guest-01")
    assert [(one.guest, one.host, one.why) for one in told.staying] == [(first, C, "kvm01 does not answer")]
    assert town.places(second) == [B]
    assert [one.host for one in town.bench.store.cordons()] == [A], "nobody knows whether it can take guests"
    again = town.restore(A)
    assert (again.exit_code, again.runs, again.uncordoned) == (6, (), ()), "nothing was begun"
    town.silent = set()
    assert (town.restore(A).exit_code, town.places(first), town.bench.store.cordons()) == (0, [A], ())


def test_a_home_that_is_configured_no_longer_keeps_only_its_own_guests_away(town: Town) -> None:
    first, second = of_two_homes(town)
    town.forgotten = {A}
    told = town.restore(A, B)
    assert (told.exit_code, town.places(first), town.places(second)) == (1, [C], [B])
    assert [one.why for one in told.staying] == ["kvm01, its home, is configured no longer"]
    assert (told.uncordoned, town.restore(A).exit_code) == ((B,), 1)


def test_a_guest_that_exists_no_longer_is_said_to_be_gone_and_does_not_count(town: Town) -> None:
    first, second = town.bench.guest(1), town.bench.guest(2)
    town.evacuate(to=(C,))
    del town.bench.world.copies[C, first]
    town.silent = {D}
    told = town.restore(A)
    assert (told.exit_code, told.gone, town.places(second)) == (1, (), [A]), "kvm04 may have it"
    assert [one.why for one in told.staying] == ["no host that answers has it; kvm04 does not answer"]
    assert town.restore(A).exit_code == 6
    town.silent, town.forgotten = set(), {C}
    assert town.restore(A).exit_code == 1, "it was brought to a host that is not asked any more"
    town.forgotten = set()
    told = town.restore(A)
    assert (told.exit_code, told.gone, told.guests, told.staying) == (0, ("guest-01",), 0, ())
    assert told.summary == "no guest is away; no host has guest-01 any more"


def test_the_definition_of_a_guest_is_not_gone(town: Town) -> None:
    guest = town.bench.guest(1)
    town.evacuate(to=(C,))
    town.bench.world.copies[C, guest].power = Power.SHUT_OFF
    told = town.restore(A)
    assert (told.exit_code, told.gone, town.on(A, (Power.SHUT_OFF,))) == (0, (), [guest])
