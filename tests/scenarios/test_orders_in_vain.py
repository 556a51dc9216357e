"""Orders that a host refuses or does not answer for a while, and calls whose connection breaks, in the simulator."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.model.command import BeginMove, Command, Discard, Start, StartHeld, Suspend, Undefine
from orchestrator.model.effect import Effect, Refused, Unclear
from orchestrator.model.entry import Intent
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.move import Doubt, Outcome, State
from orchestrator.model.order import Order
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Policy
from orchestrator.model.report import RunReport
from orchestrator.model.transport import Mode
from orchestrator.operations import control
from orchestrator.operations.apply import apply
from orchestrator.operations.doors import Doors
from orchestrator.operations.resolve import carry_out, choose, evidence, held_move
from orchestrator.operations.resume import adopt
from orchestrator.operations.retry import RETRYABLE
from orchestrator.ports import Hypervisor, Inventory
from orchestrator.simulator.fault import Fault, Mishap, What
from orchestrator.simulator.flight import Phase
from orchestrator.simulator.hypervisor import SimHypervisor
from tests.scenarios.simulated import MIB, WHO, A, B, Bench

LOCKED = Refused(why="timed out during operation: cannot acquire state change lock")
NO_ANSWER = Unclear(why="libvirt did not answer within 10 s")


class Deaf(SimHypervisor):
    """A host that answers orders of one kind with `effect` until `until` seconds after the first of them."""

    def __init__(self, host: HostName, bench: Bench, kind: type[Command], effect: Effect, until: float) -> None:
        super().__init__(host, bench.world)
        self.clock, self.kind, self.effect, self.until = bench.clock, kind, effect, until
        self.ordered: list[float] = []

    def act(self, command: Command, *, within: float) -> Effect:
        if isinstance(command, self.kind):
            self.ordered.append(self.clock.ticks())
            if self.clock.ticks() - self.ordered[0] < self.until:
                return self.effect
        return super().act(command, within=within)


def deaf(bench: Bench, kind: type, effect: Effect, until: float) -> tuple[Doors, dict[HostName, Deaf]]:
    hosts = {host: Deaf(host, bench, kind, effect, until) for host in bench.hosts}
    return replace(bench.doors(), hypervisor=lambda host: cast(Hypervisor, hosts[host])), hosts


class Mute:
    """An inventory that has nothing to say: the disks of the copies are not known."""

    def read(self, _topics: object, **_more: object) -> Unknown:
        return Unknown(why="not simulated")


def only(report: RunReport) -> Outcome:
    (move,) = report.moves
    assert move.outcome is not None
    return move.outcome


def powers(bench: Bench, guest: GuestId) -> list[str]:
    copies = (bench.world.copy(host, guest) for host in (A, B))
    return [copy.power.value if copy is not None else "absent" for copy in copies]


def orders(bench: Bench, kind: type) -> list[Intent]:
    entries = (e.entry for run in bench.store.runs() for e in bench.store.entries(run.id))
    return [entry for entry in entries if isinstance(entry, Intent) and isinstance(entry.command, kind)]


def drive(doors: Doors, bench: Bench, guest: GuestId, **transport: object) -> RunReport:
    return apply(doors, Plan(moves=(bench.move(guest, **transport),), findings=()), WHO, (), Stop())


@pytest.mark.parametrize("effect", [LOCKED, NO_ANSWER], ids=["refused", "unanswered"])
class TestAHeldCopy:
    def test_is_started_as_soon_as_its_host_obeys(self, effect) -> None:
        bench = Bench()
        guest = bench.guest(1)
        doors, hosts = deaf(bench, StartHeld, effect, until=3.0)
        assert only(drive(doors, bench, guest, held=True)).state is State.MIGRATED
        assert powers(bench, guest) == ["absent", "running"]
        assert len(hosts[B].ordered) == 4

    def test_is_left_to_the_next_ferry_at_last(self, effect) -> None:
        bench = Bench()
        guest = bench.guest(1)
        doors, _ = deaf(bench, StartHeld, effect, until=500.0)
        outcome = only(drive(doors, bench, guest, held=True))
        assert (outcome.state, outcome.where, outcome.doubt) == (State.UNCLEAR, B, Doubt.UNFINISHED)
        (report,) = bench.resume()
        assert only(report).state is State.MIGRATED
        assert powers(bench, guest) == ["absent", "running"]
        assert bench.store.runs(unfinished=True) == ()


@pytest.mark.parametrize(
    ("policy", "left"), [("suspend-source", ["paused", "running"]), ("suspend-both", ["paused"] * 2)]
)
class TestADoubleRun:
    def bench(self, policy: str) -> tuple[Bench, GuestId]:
        made = Bench(fault=Fault(reply_lost=True), policy=Policy(name="test", double_run=policy))  # type: ignore[arg-type]
        return made, made.guest(1)

    def test_is_contained_when_the_lock_is_free_again(self, policy, left) -> None:
        bench, guest = self.bench(policy)
        doors, _ = deaf(bench, Suspend, LOCKED, until=3.0)
        outcome = only(drive(doors, bench, guest))
        assert (outcome.code, outcome.doubt) == ("guest.runs-twice", Doubt.CONTRADICTION)
        assert powers(bench, guest) == left
        assert bench.store.runs(unfinished=True) == ()

    def test_that_could_not_be_contained_stays_open_until_it_is(self, policy, left) -> None:
        bench, guest = self.bench(policy)
        for _ in range(2):
            doors, hosts = deaf(bench, Suspend, LOCKED, until=500.0)
            if not bench.store.runs():
                report = drive(doors, bench, guest)
            else:
                (run,) = bench.store.runs(unfinished=True)
                report = cast(RunReport, adopt(doors, run, WHO, (), Stop()))
            assert (only(report).doubt, report.exit_code) == (Doubt.UNFINISHED, 7)
            assert len(hosts[A].ordered) > 1, "each ferry tries again, more than once"
        (report,) = bench.resume()
        assert (only(report).code, only(report).doubt) == ("guest.runs-twice", Doubt.CONTRADICTION)
        assert powers(bench, guest) == left
        assert bench.store.runs(unfinished=True) == ()

    def test_may_be_resolved_by_a_person_meanwhile(self, policy, left) -> None:
        del left
        bench, guest = self.bench(policy)
        doors, _ = deaf(bench, Suspend, LOCKED, until=500.0)
        drive(doors, bench, guest)
        (run,) = bench.store.runs(unfinished=True)
        person = replace(bench.doors(), inventory=lambda _host: cast(Inventory, Mute()))
        held = held_move(person, run.id, None)
        given = control.give(person, run, choose(held, evidence(person, held, "destination"), WHO))
        report = carry_out(person, run, given, WHO, (), Stop())
        assert bench.store.runs(unfinished=True) == ()
        assert only(report).state is State.MIGRATED
        assert powers(bench, guest) == ["absent", "running"]


def test_a_guest_that_was_shut_down_is_started_when_its_host_is_ready() -> None:
    bench = Bench()
    guest = bench.guest(1)
    doors, hosts = deaf(bench, Start, Refused(why="network 'default' is not active"), until=3.0)
    outcome = only(drive(doors, bench, guest, mode=Mode.COLD))
    assert (outcome.state, outcome.code) == (State.MIGRATED, None)
    assert len(hosts[B].ordered) > 1


class TestACallThatIsCutOff:
    """The daemon has accepted the order and waits for the guest's lock; the connection to ferry breaks meanwhile."""

    @pytest.mark.parametrize("late", [10.0, 29.0])
    @pytest.mark.parametrize("mode", [Mode.LIVE, Mode.COLD])
    def test_what_begins_later_is_followed_to_its_end(self, mode, late) -> None:
        bench = Bench(fault=Fault(begins_late=late, call_cut_after=0.5))
        guest = bench.guest(1)
        outcome = only(bench.apply(bench.move(guest, mode=mode)))
        assert (outcome.state, outcome.where) == (State.MIGRATED, B)
        assert powers(bench, guest) == ["absent", "running"]
        bench.pass_time(100.0)
        assert powers(bench, guest) == ["absent", "running"]

    def test_what_never_begins_is_over_at_last(self) -> None:
        bench = Bench(fault=Fault(begins_late=5000.0, call_cut_after=0.5))
        guest = bench.guest(1)
        outcome = only(bench.apply(bench.move(guest)))
        assert (outcome.state, outcome.where, outcome.code) == (State.KEPT, A, "migration.failed")
        assert outcome.because == "Cannot recv data: Connection reset by peer"


class TestACopyThatRanAndWasLost:
    """The destination runs it, the source never hears so; then the destination dies, and libvirt resumes the source."""

    def lost(self, *, persistent: bool = True) -> tuple[Bench, GuestId]:
        mishaps = (
            Mishap(what=What.LOSE_REPLY, step=Phase.FINISH),
            Mishap(what=What.HOST_DOWN, host=B, step=Phase.STARTED, after=20.0, lasts=30.0),
        )
        bench = Bench(fault=Fault(mishaps=mishaps))
        return bench, bench.guest(1, memory=128 * MIB, persistent=persistent)

    @pytest.mark.parametrize("persistent", [True, False])
    @pytest.mark.parametrize("dies", [False, True], ids=["watched", "taken over"])
    def test_its_source_is_not_called_the_guest(self, persistent, dies) -> None:
        bench, guest = self.lost(persistent=persistent)
        if dies:
            self.die_while_both_hosts_have_it(bench, guest)
            bench.pass_time(80.0)
            (report,) = bench.resume()
        else:
            report = bench.apply(bench.move(guest))
        outcome = only(report)
        assert (outcome.state, outcome.code, outcome.doubt) == (
            State.UNCLEAR,
            "guest.contradiction",
            Doubt.CONTRADICTION,
        )
        assert outcome.code not in RETRYABLE
        assert powers(bench, guest) == ["running", "shut off" if persistent else "absent"]
        assert not orders(bench, Undefine)
        assert not orders(bench, Discard)

    def test_a_person_may_keep_the_source_all_the_same(self) -> None:
        bench, guest = self.lost()
        bench.apply(bench.move(guest))
        (run,) = bench.store.runs()
        bench.store.order(run.id, Order(kind="resolve", by="bob", guest=guest, keep="source"), at=bench.clock.now())
        report = adopt(bench.doors(), run, WHO, (), Stop(), again=True)
        assert isinstance(report, RunReport)
        assert (only(report).state, only(report).where, report.exit_code) == (State.KEPT, A, 0)
        assert powers(bench, guest) == ["running", "absent"]

    def die_while_both_hosts_have_it(self, bench: Bench, guest: GuestId) -> None:
        class Death(BaseException):
            pass

        def die(write: Callable[..., object]) -> Callable[..., object]:
            def wrapped(*args: object, **more: object) -> object:
                written = write(*args, **more)
                copy = bench.world.copies.get((B, guest))
                if copy is not None and copy.power is Power.RUNNING:
                    raise Death
                return written

            return wrapped

        append = bench.store.append
        bench.store.append = die(append)  # type: ignore[method-assign, assignment]
        with pytest.raises(Death):
            bench.apply(bench.move(guest))
        bench.store.append = append  # type: ignore[method-assign]
        assert len(orders(bench, BeginMove)) == 1
