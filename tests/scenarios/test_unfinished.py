"""Evacuations whose process died are gone on with by `ferry resume`: never twice at once, never after their end."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest

from orchestrator.cli import emptying, resuming
from orchestrator.cli.options import Options
from orchestrator.engine.stop import SHUTDOWN, Stop
from orchestrator.errors import OrchestratorError
from orchestrator.migration.terms import Level
from orchestrator.model.entry import Closed, Recorded
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.event import Retrying
from orchestrator.model.guest import Power
from orchestrator.model.hold import Hold
from orchestrator.model.order import Order
from orchestrator.model.plan import Plan
from orchestrator.model.schedule import Occasion
from orchestrator.operations import control
from orchestrator.operations import emptying as planned
from orchestrator.operations.apply import apply
from orchestrator.operations.cordons import cordon, uncordon
from orchestrator.operations.errands import begin, recorded
from orchestrator.operations.evacuate import Bounded, close, reopen
from orchestrator.operations.given_up import leave_out
from orchestrator.operations.host_leases import taken
from orchestrator.operations.resume import resume
from orchestrator.operations.unfinished import evacuations
from orchestrator.simulator.fault import Fault
from orchestrator.simulator.kill import Killed
from orchestrator.simulator.store_outage import Outage
from tests.scenarios.evacuating import D, Fatal, Town, killer
from tests.scenarios.simulated import MIB, WHO, A, B, C


@pytest.fixture
def town(monkeypatch) -> Town:
    return Town(monkeypatch)


def begun(town: Town):
    """The evacuation is on record, and no run of it is yet."""
    return lambda: bool(town.bench.store.errands()) and not town.bench.store.runs()


def in_flight(town: Town):
    """A copy is on its way."""
    return lambda: any(town.on(host, (Power.INCOMING,)) for host in (B, C, D))


class BackOff:
    """A run is over, and the next one waits for its time; the copies break off no more."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self.over = False

    def emit(self, event) -> None:
        if isinstance(event, Retrying):
            self._town.bench.world.fault.breaks_after = None
            self.over = True


def killed(town: Town, when, **how) -> None:
    with pytest.raises(Killed):
        town.evacuate(killer=Fatal(when), **how)
    assert len(town.bench.store.errands()) == 1


def each_once(town: Town) -> bool:
    live = [g for g in town.bench.guest_ids if any(g in town.on(host) for host in town.bench.hosts)]
    return bool(live) and all(len(town.places(guest)) == 1 for guest in live)


def refused(code: str, call) -> OrchestratorError:
    with pytest.raises(OrchestratorError) as raised:
        call()
    assert {problem.code for problem in raised.value.problems} == {code}
    return raised.value


def test_killed_before_its_first_run_was_opened(town: Town) -> None:
    town.street()
    killed(town, begun(town))
    assert (town.bench.store.runs(), len(town.on(A))) == ((), 7)
    (told,) = town.resume().emptied
    assert (told.exit_code, told.empty, told.cordoned, town.on(A)) == (0, True, (A,), [])
    assert each_once(town)
    assert town.bench.store.errands() == ()
    assert (told.runs[0].run.purpose, told.runs[0].run.emptied) == ("evacuate", (A,))
    assert told.runs[0].run.who.reason.startswith("goes on with the evacuation of kvm01 that ada on ctl began ")


def test_killed_in_the_back_off_between_two_runs(monkeypatch) -> None:
    town = Town(monkeypatch, fault=Fault(breaks_after=1.0))
    town.bench.guest(1)
    waits = BackOff(town)
    killed(town, lambda: waits.over, sinks=[waits])
    assert (len(town.bench.store.runs()), town.bench.store.runs(unfinished=True)) == (1, ())
    done = town.resume()
    assert (done.runs, [one.exit_code for one in done.emptied], town.on(A)) == ([], [0], [])
    assert each_once(town)
    assert town.bench.store.errands() == ()


def test_killed_while_a_run_goes_on(town: Town) -> None:
    town.street()
    killed(town, in_flight(town))
    assert len(town.bench.store.runs(unfinished=True)) == 1
    done = town.resume()
    assert [covered for _, covered in done.runs] == [True], "the evacuation answers for what that run left undone"
    assert ([one.exit_code for one in done.emptied], town.on(A)) == ([0], [])
    assert each_once(town)
    assert town.bench.store.errands() == ()


def test_what_the_adopted_run_left_behind_leaves_too(town: Town, monkeypatch) -> None:
    guests = town.street()
    killed(town, in_flight(town))
    town.blocked.add(guests[6])  # no host takes it while the run is adopted, and one does in the plan after that

    def room(doors, request, *, soon=False):
        town.blocked.clear()
        return town.plan_leaving(doors, request, soon=soon)

    monkeypatch.setattr(planned, "plan_leaving", room)
    done = town.resume()
    assert ([one.exit_code for one in done.emptied], town.on(A)) == ([0], [])
    assert each_once(town)


@pytest.mark.parametrize("calls", [5, 9, 14, 23, 41, 77, 140, 260, 400, 640, 900])
def test_killed_at_any_moment_and_resumed_it_ends_empty(monkeypatch, calls: int) -> None:
    town = Town(monkeypatch)
    town.street()
    for death in (calls, calls // 2 + 11, calls // 3 + 5):
        made = killer(death)
        mortal = Fatal(lambda made=made: _counted(made))
        try:
            if town.bench.store.errands():
                town.resume(killer=mortal)
            else:
                town.evacuate(killer=mortal)
        except Killed:
            continue
    if town.on(A) and not town.bench.store.errands():  # nothing at all was on record
        assert not town.bench.store.runs()
        town.evacuate()
    town.resume()
    assert (town.on(A), each_once(town), town.bench.store.errands()) == ([], True, ())
    assert town.bench.store.runs(unfinished=True) == ()


def _counted(made) -> bool:
    made.calls += 1
    return made.calls in made._after


def test_who_stays_ends_it_with_1_once(town: Town) -> None:
    guests = town.street()
    town.blocked.add(guests[5])
    killed(town, in_flight(town))
    (told,) = town.resume().emptied
    assert (told.exit_code, town.on(A), town.bench.store.errands()) == (1, [guests[5]], ())
    assert town.resume().emptied == [], "it has concluded"


def test_it_goes_on_under_the_request_it_was_begun_with(town: Town) -> None:
    guests = town.street()
    killed(town, begun(town), exclude=(f"{A}/guest-03",), to=(C, D))
    town.apart = frozenset()
    (told,) = town.resume().emptied
    assert (told.exit_code, town.on(A), town.on(B)) == (0, [guests[2]], [])


def test_a_living_driver_is_left_alone(town: Town) -> None:
    guest = town.bench.guest(1)
    first = town.doors()
    with taken(first, (A,)) as fences:
        begin(first, EvacuationRequest(hosts=(A,)), WHO, Bounded(), fences)
        second = replace(town.doors(), lives=lambda _holder: True)
        error = refused("evacuation.running", lambda: town.resume(doors=second))
        assert (error.exit_code, "process 1 on ctl" in error.problems[0].saw) == (75, True)
        assert [one.driver for one in evacuations(second)] == ["process 1 on ctl"]
    assert (town.on(A), town.bench.store.runs(), len(town.bench.store.errands())) == ([guest], (), 1)


def test_who_adopts_its_run_goes_on_with_the_rest(town: Town) -> None:
    """A second `ferry resume` comes while the first one still follows the copies."""
    town.street()
    killed(town, in_flight(town))
    (run,) = town.bench.store.runs()
    first = town.doors()
    lease = town.bench.store.lease(run.id)
    assert lease is not None
    town.bench.store.take(run.id, first.holder, lasts=1000, instead_of=lease)
    second = replace(town.doors(), lives=lambda holder: holder == first.holder)
    error = refused("lease.held", lambda: _codes(town, second))
    assert error.exit_code == 75
    assert [one.driver for one in evacuations(second)] == ["process 2 on ctl"]
    assert len(town.bench.store.errands()) == 1


def _codes(town: Town, doors) -> None:
    try:
        town.resume(doors=doors)
    except OrchestratorError as error:
        held = [one for one in error.problems if one.code == "evacuation.running"]
        assert held, "of the evacuation it is said as well"
        raise OrchestratorError(tuple(one for one in error.problems if one not in held)) from None


def test_a_deadline_that_has_passed_ends_it_truthfully(town: Town) -> None:
    town.street()
    until = town.bench.clock.now() + timedelta(seconds=60)
    killed(town, begun(town), bounds=Bounded(deadline=until))
    town.bench.clock.advance_to(town.bench.clock.ticks() + 3600)
    (told,) = town.resume().emptied
    assert (told.exit_code, told.empty, len(town.on(A))) == (1, False, 7)
    assert told.stopped.startswith("the deadline (")
    assert {m.outcome.code for run in told.runs for m in run.moves} <= {"evacuation.deadline", "migration.cancelled"}
    assert town.bench.store.errands() == ()
    assert town.resume().emptied == []


def test_a_host_on_hold_waits_and_leaves_when_it_is_released(town: Town) -> None:
    town.street()
    killed(town, begun(town))
    hold = Hold(name=A, by="eve on ctl", at=town.bench.clock.now(), because="a new disk")
    town.bench.store.keep_hold(hold)
    assert refused("lease.on-hold", town.resume).exit_code == 75
    assert (len(town.on(A)), len(town.bench.store.errands())) == (7, 1)
    town.bench.store.lift_hold(A)
    assert [one.exit_code for one in town.resume().emptied] == [0]


def test_a_hold_does_not_keep_what_its_deadline_has_ended(town: Town) -> None:
    town.street()
    killed(town, begun(town), bounds=Bounded(deadline=town.bench.clock.now() + timedelta(seconds=60)))
    town.bench.store.keep_hold(Hold(name=A, by="eve on ctl", at=town.bench.clock.now(), because="a new disk"))
    town.bench.clock.advance_to(town.bench.clock.ticks() + 3600)
    assert [(one.exit_code, one.empty) for one in town.resume().emptied] == [(1, False)]
    assert town.bench.store.errands() == ()


def test_a_silent_host_is_asked_again_until_the_deadline(town: Town) -> None:
    town.street()
    killed(town, begun(town), bounds=Bounded(deadline=town.bench.clock.now() + timedelta(seconds=600)))
    town.silent.add(A)
    for left in (1, 0):
        assert refused("host.unreachable", town.resume).exit_code == 6
        assert len(town.bench.store.errands()) == left
        town.bench.clock.advance_to(town.bench.clock.ticks() + 3600)


def test_unattended_a_silent_host_is_told_once_and_asked_with_growing_pauses(town: Town) -> None:
    town.street()
    killed(town, begun(town), bounds=Bounded(deadline=town.bench.clock.now() + timedelta(hours=2)))
    town.silent.add(A)
    asked, codes = [], []
    for minute in range(122):
        try:
            town.resume(unattended=True)
        except OrchestratorError as error:
            codes.append(error.exit_code)
            if "asked again" not in error.problems[0].saw:
                asked.append(minute)
        town.bench.clock.advance_to(town.bench.clock.ticks() + 60)
    assert (codes[0], codes[-1], set(codes[1:-1])) == (6, 6, {75}), "at its deadline it ends, and that is told too"
    assert len(asked) <= 10 and asked[:5] == [0, 1, 2, 4, 8], asked
    assert max(later - one for one, later in pairwise(asked)) <= 31
    assert town.bench.store.errands() == ()


def test_a_person_asks_a_silent_host_at_once(town: Town) -> None:
    town.street()
    killed(town, begun(town))
    town.silent.add(A)
    refused("host.unreachable", partial(town.resume, unattended=True))
    refused("evacuation.waits", partial(town.resume, unattended=True))
    refused("host.unreachable", town.resume)
    town.silent.clear()
    refused("evacuation.waits", partial(town.resume, unattended=True))
    assert [one.exit_code for one in town.resume().emptied] == [0]


def test_once_the_host_has_answered_a_new_silence_is_told_anew(town: Town) -> None:
    town.street()
    killed(town, begun(town))
    town.silent.add(A)
    refused("host.unreachable", partial(town.resume, unattended=True))
    town.silent.clear()
    with pytest.raises(Killed):
        town.resume(killer=Fatal(in_flight(town)))
    resume(town.doors(), None, WHO, (), Stop())
    town.silent.add(A)
    refused("host.unreachable", partial(town.resume, unattended=True))


def test_one_whose_chosen_guests_have_all_left_is_done(town: Town) -> None:
    guests = town.street()
    killed(town, begun(town), only=(f"{A}/guest-03",))
    doors = town.doors()
    apply(doors, Plan(moves=(town.bench.move(guests[2], B, A),), findings=()), WHO, (), Stop())
    (told,) = town.resume().emptied
    assert (told.exit_code, told.runs, len(town.on(A))) == (0, (), 6)
    assert {one.asked for one in told.staying} == {True}
    assert (town.bench.store.errands(), town.resume().emptied) == ((), [])


def test_a_silent_host_does_not_keep_the_others(town: Town) -> None:
    town.street()
    town.bench.guest(9, host=D)
    killed(town, begun(town))
    with pytest.raises(Killed):
        town.evacuate(D, killer=Fatal(lambda: len(town.bench.store.errands()) == 2))
    town.silent.add(A)
    done = town.resume()
    assert ([one.hosts for one in done.emptied], [error.exit_code for error in done.failures]) == ([(D,)], [6])
    assert (town.on(D), [one.request.hosts for one in town.bench.store.errands()]) == ([], [(A,)])


class Stops:
    """An operator stops it while copies go on, and ferry is killed a little later."""

    def __init__(self, town: Town, stop: Stop, *by: str) -> None:
        self._town, self._stop, self._by = town, stop, by or ("Ctrl-C",)
        self.at = float("inf")

    def emit(self, _event) -> None:
        if self._stop.level is Level.GO and in_flight(self._town)():
            for by in self._by:
                self._stop.more(by, at_most=Level.STOP)
            self.at = self._town.bench.clock.ticks() + 2.5

    def over(self) -> bool:
        return self._town.bench.clock.ticks() >= self.at


@pytest.mark.parametrize("dies", [False, True], ids=["concludes", "is killed after it"])
def test_what_an_operator_stopped_is_not_gone_on_with(town: Town, dies: bool) -> None:
    for number in (1, 2, 3):
        town.bench.guest(number, memory=1024 * MIB)
    stop = Stop()
    stops = Stops(town, stop)
    try:
        told = town.evacuate(stop=stop, sinks=[stops], killer=Fatal(lambda: dies and stops.over()))
    except Killed:
        assert dies
    else:
        assert (dies, told.exit_code) == (False, 130)
    assert town.bench.store.errands() == ()


@pytest.mark.parametrize("dies", [False, True], ids=["ends", "is killed after it"])
@pytest.mark.parametrize("by", [(SHUTDOWN,), (SHUTDOWN, "Ctrl-C"), ("Ctrl-C", SHUTDOWN)], ids=" then ".join)
def test_what_only_a_shutdown_stopped_is_gone_on_with(town: Town, by: tuple[str, ...], dies: bool) -> None:
    for number in (1, 2, 3):
        town.bench.guest(number, memory=1024 * MIB)
    stop = Stop()
    stops = Stops(town, stop, *by)
    try:
        assert town.evacuate(stop=stop, sinks=[stops], killer=Fatal(lambda: dies and stops.over())).exit_code == 130
    except Killed:
        assert dies
    left = by == (SHUTDOWN,)
    assert (len(town.bench.store.errands()), bool(town.on(A))) == (left, True)
    assert [(one.exit_code, one.empty) for one in town.resume().emptied] == [(0, True)] * left
    assert (town.bench.store.errands(), each_once(town)) == ((), True)


def test_a_shutdown_while_its_run_is_adopted_leaves_it_on_record(town: Town) -> None:
    town.street()
    killed(town, in_flight(town))
    stop = Stop()
    stop.more(SHUTDOWN, at_most=Level.STOP)
    done = town.resume(stop=stop)
    assert (len(done.runs), done.emptied, done.left, len(town.bench.store.errands())) == (1, [], True, 1)
    assert [one.exit_code for one in town.resume().emptied] == [0]


def test_an_order_to_stop_the_run_that_was_left_ends_the_whole(town: Town) -> None:
    town.street()
    killed(town, in_flight(town))
    (run,) = town.bench.store.runs()
    town.bench.store.order(run.id, Order(kind="stop", by="eve on ctl"), at=town.bench.clock.now())
    done = town.resume()
    assert (len(done.runs), done.emptied, town.bench.store.errands()) == (1, [], ())
    assert town.on(A), "what had not begun stays"


def test_a_script_that_refuses_concludes_it(town: Town, monkeypatch) -> None:
    town.bench.guest(1)

    class Scripts:
        def call(self, event, _facts, *, within):
            return "no.sh: not today" if event == "before-host" else ""

    made = town.doors
    monkeypatch.setattr(town, "doors", lambda killer=None: replace(made(killer), hooks=Scripts))
    refused("evacuation.hook", town.evacuate)
    assert town.bench.store.errands() == ()


def test_a_store_that_fails_leaves_it_on_record(town: Town) -> None:
    town.bench.guest(1)

    class Fails:
        def emit(self, event) -> None:
            if isinstance(event, Recorded) and isinstance(event.entry, Closed):
                now = town.bench.clock.ticks()
                town.bench.outages.append(Outage(begins=now, ends=now + 1000))

    refused("store.unavailable", lambda: town.evacuate(sinks=[Fails()]))
    assert len(town.bench.store.errands()) == 1
    town.bench.clock.advance_to(town.bench.clock.ticks() + 2000)
    (told,) = town.resume().emptied
    assert (told.exit_code, told.runs, town.bench.store.errands()) == (0, (), ())


@pytest.mark.parametrize(("code", "left"), [("store.unavailable", 1), ("evacuation.hook", 0), ("limits.reached", 0)])
def test_which_errors_conclude_it(town: Town, code: str, left: int) -> None:
    doors = town.doors()
    with taken(doors, (A,)) as fences:
        errand, _ = begin(doors, EvacuationRequest(hosts=(A,)), WHO, Bounded(), fences)
        with pytest.raises(OrchestratorError), recorded(doors, errand, fences, Stop()):
            raise OrchestratorError.of(code, "for the length of one call")
    assert len(town.bench.store.errands()) == left


def test_a_new_evacuation_takes_its_place(town: Town) -> None:
    town.street()
    town.bench.guest(9, host=B)
    killed(town, begun(town))
    told = town.evacuate(A, B)
    assert (told.exit_code, town.on(A), town.on(B), town.bench.store.errands()) == (0, [], [], ())


def test_what_a_new_evacuation_does_not_cover_is_gone_on_with(town: Town) -> None:
    town.bench.guest(1), town.bench.guest(9, host=B)
    with pytest.raises(Killed):
        town.evacuate(A, B, killer=Fatal(begun(town)))
    assert town.evacuate(A).exit_code == 0
    assert [one.request.hosts for one in town.bench.store.errands()] == [(B,)]
    town.bench.store.lift_cordon(A)
    assert [one.hosts for one in town.resume().emptied] == [(B,)]
    assert town.on(B) == []


@pytest.mark.parametrize("dry_run", [False, True])
def test_whoever_uncordons_a_host_wants_it_emptied_no_more(town: Town, dry_run: bool) -> None:
    guest = town.bench.guest(1)
    killed(town, begun(town))
    found = uncordon(town.doors(), A, dry_run=dry_run)
    assert [one.startswith("the evacuation of kvm01 that ada on ctl began") for one in found.given_up] == [True]
    assert len(town.bench.store.errands()) == dry_run
    if not dry_run:
        assert (town.resume().emptied, town.on(A)) == ([], [guest])


def test_of_several_hosts_the_others_are_emptied_all_the_same(town: Town) -> None:
    guest = town.bench.guest(1)
    town.bench.guest(9, host=B)
    with pytest.raises(Killed):
        town.evacuate(A, B, killer=Fatal(begun(town)))
    leave_out(town.doors(), (A,))
    town.resume()
    assert (town.on(A), town.on(B)) == ([guest], [])


@pytest.mark.parametrize("lifted", [True, False], ids=["had been cordoned", "had not"])
@pytest.mark.parametrize("hosts", [(A,), (A, B)], ids=len)
def test_who_uncordons_a_host_while_the_rest_is_planned_is_heard(town: Town, monkeypatch, hosts, lifted: bool) -> None:
    guest = town.bench.guest(1)
    town.bench.guest(9, host=B)
    with pytest.raises(Killed):
        town.evacuate(*hosts, killer=Fatal(begun(town)))
    if lifted:
        cordon(town.doors(), A, "the evacuation had begun", WHO)
    told = []

    def meanwhile(doors, request, *, soon=False):
        if not told:
            told.append(uncordon(town.doors(), A).given_up)
        return town.plan_leaving(doors, request, soon=soon)

    monkeypatch.setattr(planned, "plan_leaving", meanwhile)
    done = town.resume()
    assert len(told[0]) == 1
    assert [one.hosts for one in done.emptied] == [(B,)] * (len(hosts) - 1)
    assert (town.on(A), town.bench.store.errands()) == ([guest], ())
    assert [one.host for one in town.bench.store.cordons()] == [*hosts[1:]]


def test_a_cordon_that_a_person_put_meanwhile_stays(town: Town) -> None:
    doors = town.doors()
    put = close(doors, (A, B), WHO, "it is being emptied")
    cordon(doors, B, "a broken fan", WHO)
    reopen(doors, put)
    assert [(one.host, one.because) for one in town.bench.store.cordons()] == [(B, "a broken fan")]


def test_stopping_a_left_run_by_hand_ends_the_evacuation_too(town: Town) -> None:
    for number in (1, 2, 3):
        town.bench.guest(number, memory=1024 * MIB)
    killed(town, in_flight(town))
    (run,) = town.bench.store.runs()
    doors = town.doors()
    town.bench.store.order(run.id, Order(kind="stop", by="eve on ctl"), at=town.bench.clock.now())
    control.act(doors, run, WHO, (), Stop())
    assert resume(town.doors(), None, WHO, (), Stop()) == ()
    assert (town.resume().emptied, town.bench.store.errands(), bool(town.on(A))) == ([], (), True)


def test_whoever_stops_the_adoption_of_its_run_stops_the_whole(town: Town) -> None:
    town.street()
    killed(town, in_flight(town))
    stop = Stop()
    stop.more("Ctrl-C", at_most=Level.STOP)
    done = town.resume(stop=stop)
    assert (len(done.runs), done.emptied, town.bench.store.errands()) == (1, [], ())
    assert town.on(A)


def test_whoever_brings_the_guests_home_wants_it_emptied_no_more(town: Town) -> None:
    town.street()
    killed(town, in_flight(town))
    resume(town.doors(), None, WHO, (), Stop())
    assert len(town.bench.store.errands()) == 1
    town.restore(A)
    assert (town.bench.store.errands(), town.resume().emptied) == ((), [])


def orders(town: Town) -> None:
    (run,) = town.bench.store.runs()
    town.bench.store.order(run.id, Order(kind="stop", by="eve on ctl"), at=town.bench.clock.now())
    town.resume()


@pytest.mark.parametrize(
    "ends",
    [orders, lambda town: uncordon(town.doors(), A), lambda town: town.restore(A), lambda town: town.resume()],
    ids=["stop", "uncordon", "restore", "resume"],
)
def test_what_the_schedule_began_and_somebody_else_has_ended_is_not_begun_by_it_again(town: Town, ends) -> None:
    town.street()
    night = Occasion(entry="night", slot=town.bench.clock.now())
    killed(town, in_flight(town), occasion=night)
    assert town.bench.store.ran("night") is None
    ends(town)
    assert (town.bench.store.errands(), town.bench.store.ran("night")) == ((), night.slot)


def test_the_schedule_judges_itself_what_its_own_process_has_brought_to_an_end(town: Town) -> None:
    """One that found a host silent is begun again by it; one that somebody stopped is not, whatever becomes of it."""
    town.bench.guest(1)
    night = Occasion(entry="night", slot=town.bench.clock.now())
    town.evacuate(occasion=night)
    assert (town.bench.store.errands(), town.bench.store.ran("night")) == ((), None)
    town.bench.guest(2, A, memory=1024 * MIB)
    stop = Stop()
    stops = Stops(town, stop)
    with pytest.raises(Killed):
        town.evacuate(stop=stop, sinks=[stops], killer=Fatal(stops.over), occasion=night)
    assert town.bench.store.ran("night") == night.slot


def test_what_takes_the_place_of_what_the_schedule_began_is_not_begun_by_it_again(town: Town) -> None:
    """And what is left of it for the other hosts still is to come to its end."""
    town.bench.guest(1)
    town.bench.guest(2, B)
    night = Occasion(entry="night", slot=town.bench.clock.now())
    with pytest.raises(Killed):
        town.evacuate(A, B, killer=Fatal(begun(town)), occasion=night)
    town.evacuate(A)
    assert town.bench.store.ran("night") is None
    town.evacuate(B)
    assert town.bench.store.ran("night") == night.slot
    later = replace(night, slot=night.slot + timedelta(days=1))
    town.bench.store.keep_ran("night", at=later.slot)
    with pytest.raises(Killed):
        town.evacuate(C, killer=Fatal(lambda: bool(town.bench.store.errands())), occasion=night)
    town.resume()
    assert (town.bench.store.errands(), town.bench.store.ran("night")) == ((), later.slot)


QUIET = Options(unattended=True, verbosity=-1)


def test_the_commands_do_the_same(town: Town, capsys) -> None:
    town.street()
    asked = EvacuationRequest(hosts=(A,))
    with pytest.raises(Killed):
        emptying.empty(replace(QUIET), town.doors(Fatal(in_flight(town))), asked, WHO, Bounded(), yes=True)
    assert len(town.bench.store.errands()) == 1
    assert resuming.take_up(replace(QUIET), town.doors(), WHO) == 0
    assert (town.on(A), each_once(town), town.bench.store.errands()) == ([], True, ())
    assert emptying.empty(replace(QUIET), town.doors(), asked, WHO, Bounded(), yes=True) == 0
    assert town.bench.store.errands() == ()
    assert "taking it over first" not in capsys.readouterr().err


def test_a_command_that_takes_its_place_adopts_its_run_and_says_so(town: Town, capsys) -> None:
    town.street()
    killed(town, in_flight(town))
    options = Options(verbosity=-1)
    assert emptying.empty(options, town.doors(), EvacuationRequest(hosts=(A,)), WHO, Bounded(), yes=True) == 0
    assert (town.on(A), each_once(town), town.bench.store.errands(), options.adopted) == ([], True, (), 0)
    said = " ".join(capsys.readouterr().err.split())
    assert "This takes the place of the evacuation of kvm01 that ada on ctl began" in said
