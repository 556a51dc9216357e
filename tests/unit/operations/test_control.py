"""Orders from another process: whom they are for, what is refused, who obeys, and who acts where nobody does."""

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.engine.journal import Journal
from orchestrator.engine.orders import Orders
from orchestrator.engine.stop import Stop
from orchestrator.migration.record import MoveRecord
from orchestrator.model.command import BeginMove
from orchestrator.model.entry import Closed, Ended, Intent, Ordered, Seen
from orchestrator.model.lease import Fence
from orchestrator.model.move import Doubt, Outcome, State
from orchestrator.model.order import Change
from orchestrator.model.policy import Policy
from orchestrator.model.run import RunId
from orchestrator.model.settings import Settings
from orchestrator.model.units import BytesPerSecond
from orchestrator.operations import control
from orchestrator.operations.aim import LEAST_BANDWIDTH, aim, prepare
from orchestrator.operations.doors import Doors
from orchestrator.simulator.clock import SimClock, SimLoop
from orchestrator.simulator.spill import MemorySpill
from orchestrator.store import SqlStore
from tests.contract.store_contract import G1, G2, MOVE, TRANSPORT, A, B, holder, refused, run

ME = replace(holder(7), pid_namespace="pid:[1]")
OWNER = replace(holder(1), pid_namespace="pid:[1]")
ELSEWHERE = replace(OWNER, controller="ctl2")
WHO = replace(run("x").who, login="ada", controller="ctl1")
FIRST, SECOND = (replace(MOVE, guest=guest, name=f"guest-{guest[-1]}") for guest in (G1, G2))


class Site:
    """A store with open runs, a clock, and a process that may or may not answer."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.clock = SimClock()
        self.alive, self.still = True, lambda: False
        self.owners: list[Any] = []

    @property
    def doors(self) -> Doors:
        unused: dict[str, Any] = dict.fromkeys(
            ("hypervisor", "inventory", "shell", "survey", "gauge", "processes", "announcer", "probe", "open_soon",
             "new_run_name")
        )  # fmt: skip
        policy = Policy(name="site")
        settings = Settings(file="", hosts={}, networks={}, store="", policy=policy)
        return Doors(
            settings=settings, store=lambda: self.store, spill=MemorySpill, loop=self.loop, clock=self.clock, holder=ME,
            lives=lambda _holder: self.alive, stopped=lambda _holder: self.still(), **unused,
        )  # fmt: skip

    def loop(self) -> SimLoop:
        made = SimLoop(self.clock)
        for number, owner in enumerate(self.owners):
            made.add(f"owner {number}", owner)
        return made

    def opened(
        self, name: str, *moves: Any, policy: Policy | None = None, by: Any = OWNER, lasts: float = 1000.0
    ) -> Journal:
        head = replace(run(name), moves=moves or (FIRST, SECOND), policy=policy or Policy(name="run"))
        return Journal(RunId(name), self.store.open_run(head, by, lasts=lasts), self.store, self.clock, ())

    def obeying(self, journal: Journal, records: Any, *, after: float = 0.0) -> None:
        """A process that reads the queue as the runner does."""
        orders, due = Orders(Stop()), iter([after] if after else [])

        def step() -> float | None:
            wait = next(due, None)
            if wait is None and not orders.take(self.store, journal, records):
                wait = 0.3
            return wait

        self.owners.append(step)

    def order(self, target: str = "guest-1", kind: Any = "abort", **more: Any) -> Any:
        aimed = aim(self.doors, target)
        return control.give(self.doors, aimed.run, prepare(self.doors, aimed, kind, WHO, **more))


@pytest.fixture
def site(tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/ferry.db")
    yield Site(store)
    store.close()


RECORDS = {m.guest: MoveRecord(move=m) for m in (FIRST, SECOND)}


def ended(move: Any, state: State = State.MIGRATED, **more: Any) -> Ended:
    return Ended(guest=move.guest, outcome=Outcome(guest=move.guest, state=state, where=B, because="seen", **more))


class TestWhatAnOrderIsFor:
    @pytest.mark.parametrize("target", ["guest-2", G2, "kvm01/guest-2"])
    def test_a_guest_by_name_by_host_and_name_and_by_uuid(self, site, target) -> None:
        site.opened("r")
        found = aim(site.doors, target)
        assert (found.run.id, found.record.move) == ("r", SECOND)

    def test_a_run_by_its_name(self, site) -> None:
        journal = site.opened("r")
        journal.append(ended(FIRST))
        found = aim(site.doors, "r")
        assert (found.run.id, found.record, found.going) == ("r", None, (SECOND,))

    def test_a_name_that_moves_in_two_runs_is_never_guessed(self, site) -> None:
        site.opened("r1", FIRST)
        site.opened("r2", replace(FIRST, guest=G2, source=B, destination=A))
        with refused("usage.ambiguous-guest") as caught:
            aim(site.doors, "guest-1")
        assert "run r2, from kvm02 to kvm01; and in run r1, from kvm01 to kvm02" in caught.value.problems[0].saw
        assert caught.value.exit_code == 2
        assert aim(site.doors, "kvm02/guest-1").run.id == "r2"

    def test_a_move_that_is_over_is_no_reason_to_guess(self, site) -> None:
        journal = site.opened("r1", FIRST)
        journal.append(ended(FIRST))
        site.opened("r2", FIRST)
        assert aim(site.doors, "guest-1").run.id == "r2"

    def test_a_move_that_ended_in_silence_is_open_still(self, site) -> None:
        journal = site.opened("r1", FIRST)
        journal.append(ended(FIRST, State.UNCLEAR, code="guest.side-silent", doubt=Doubt.SILENCE))
        assert aim(site.doors, "guest-1").run.id == "r1"

    def test_where_nothing_is_open_that_is_said(self, site) -> None:
        journal = site.opened("r")
        journal.append(Closed(exit_code=0))
        for target in ("guest-1", "r"):
            with refused("usage.nothing-moves") as caught:
                aim(site.doors, target)
            assert "no run is open" in caught.value.problems[0].saw

    def test_a_name_that_nobody_has_is_answered_with_what_there_is(self, site) -> None:
        site.opened("r")
        with refused("usage.nothing-moves") as caught:
            aim(site.doors, "guest-9")
        assert "Open: run r with guest-1, guest-2" in caught.value.problems[0].saw

    def test_a_guest_that_has_its_verdict_is_named_with_it(self, site) -> None:
        site.opened("r").append(ended(FIRST))
        with refused("usage.nothing-moves") as caught:
            aim(site.doors, "guest-1")
        assert "the move of guest-1 in run r is over: migrated, seen" in caught.value.problems[0].saw


class TestWhatMayBeOrdered:
    def prepared(self, site, target, kind="set", beyond_budget=False, **change):
        made = Change(**change) if kind == "set" else None
        return prepare(site.doors, aim(site.doors, target), kind, WHO, change=made, beyond_budget=beyond_budget)

    def test_an_order_says_who_gave_it_and_for_whom(self, site) -> None:
        site.opened("r")
        given = self.prepared(site, "guest-2", bandwidth_bytes_per_second=0)
        assert (given.run, given.name, given.number) == ("r", "guest-2", None)
        assert (given.order.guest, given.order.by) == (G2, "ada on ctl1")
        assert self.prepared(site, "r", kind="stop").order.guest is None

    def test_stop_is_for_a_run(self, site) -> None:
        site.opened("r")
        with refused("usage.order") as caught:
            self.prepared(site, "guest-1", kind="stop")
        assert "ferry abort guest-1" in caught.value.problems[0].fix

    @pytest.mark.parametrize(
        "change",
        [{}, {"bandwidth_bytes_per_second": 2**20 - 1}, {"downtime_ms": 0}, {"max_duration_ms": 0}],
    )
    def test_what_is_out_of_bounds(self, site, change) -> None:
        site.opened("r")
        with refused("usage.order"):
            self.prepared(site, "r", **change)

    def test_a_bandwidth_is_said_back_as_it_was_written_and_the_least_in_both_units(self, site) -> None:
        site.opened("r")
        with refused("usage.order") as caught:
            self.prepared(site, "r", bandwidth_bytes_per_second=1_000_000)
        (problem,) = caught.value.problems
        assert "8Mbit/s is below 1MiB/s (8.4Mbit)" in problem.saw
        assert "at least 1MiB/s (8.4Mbit)" in problem.fix
        assert LEAST_BANDWIDTH <= BytesPerSecond.parse("8.4Mbit") < LEAST_BANDWIDTH * 1.01

    @pytest.mark.parametrize("change", [{"bandwidth_bytes_per_second": 2**20}, {"downtime_ms": 1}])
    def test_the_bounds_themselves_may_be_asked_for(self, site, change) -> None:
        site.opened("r")
        assert self.prepared(site, "r", **change).order.change == Change(**change)

    @pytest.mark.parametrize("target", ["guest-1", "r"])
    def test_more_downtime_than_the_policy_of_the_run_allows_needs_consent(self, site, target) -> None:
        site.opened("r")
        assert self.prepared(site, target, downtime_ms=500)
        with refused("usage.beyond-budget") as caught:
            self.prepared(site, target, downtime_ms=501)
        assert "501ms is more than the downtime_budget of guest-1, 500ms" in caught.value.problems[0].saw
        assert self.prepared(site, target, beyond_budget=True, downtime_ms=501)

    def begun(self, site, *, allowed: bool, possible: bool) -> Journal:
        journal = site.opened("r", policy=Policy(name="run", postcopy=allowed))
        transport = replace(TRANSPORT, postcopy=possible)
        command = BeginMove(guest=G1, destination=B, peer_uri="", transport=transport)
        journal.append(Seen(guest=G1, state=State.PREPARING, because="begins"))
        journal.append(Intent(guest=G1, host=A, command=command, because="planned"))
        return journal

    def test_post_copy_where_the_copy_began_with_it(self, site) -> None:
        self.begun(site, allowed=True, possible=True)
        assert self.prepared(site, "guest-1", postcopy=True).order.change.postcopy

    def test_post_copy_that_the_policy_forbids(self, site) -> None:
        self.begun(site, allowed=False, possible=True)
        self.assert_no_postcopy(site, "guest-1: its policy does not allow post-copy")

    def test_post_copy_that_the_copy_did_not_begin_with(self, site) -> None:
        self.begun(site, allowed=True, possible=False)
        self.assert_no_postcopy(site, "begun without the possibility")

    def test_post_copy_of_a_copy_that_has_not_begun(self, site) -> None:
        site.opened("r", policy=Policy(name="run", postcopy=True))
        self.assert_no_postcopy(site, "its copy has not begun")

    def test_post_copy_of_a_guest_that_is_in_it(self, site) -> None:
        journal = self.begun(site, allowed=True, possible=True)
        journal.append(Seen(guest=G1, state=State.POSTCOPY, because="switched"))
        self.assert_no_postcopy(site, "in post-copy already")

    def assert_no_postcopy(self, site, why: str) -> None:
        with refused("control.no-postcopy") as caught:
            self.prepared(site, "guest-1", postcopy=True)
        assert why in caught.value.problems[0].saw

    def test_post_copy_is_for_one_guest(self, site) -> None:
        site.opened("r")
        with refused("usage.order"):
            self.prepared(site, "r", postcopy=True)


class TestWhoObeys:
    def test_the_process_that_drives_the_run(self, site) -> None:
        site.obeying(site.opened("r"), RECORDS, after=0.3)
        given = site.order()
        assert given.left is None
        assert (given.number, given.holder.pid) == (1, OWNER.pid)
        assert 250 <= given.taken_ms <= 400
        assert [e.entry.queued for e in site.store.entries("r") if isinstance(e.entry, Ordered)] == [1]

    def test_the_answer_to_another_order_is_none(self, site) -> None:
        journal = site.opened("r")
        site.owners.append(lambda: journal.append(Ordered(order="abort", by="bob", guest=G1, queued=99)) and None)
        with refused("control.unanswered"):
            site.order()

    def test_what_the_run_refuses_is_told(self, site) -> None:
        records = {**RECORDS, G1: replace(RECORDS[G1], outcome=ended(FIRST).outcome)}
        site.obeying(site.opened("r"), records)
        with refused("control.refused") as caught:
            site.order()
        assert "its move is over: migrated" in caught.value.problems[0].saw

    def test_a_run_that_ends_before_it_has_read_the_order(self, site) -> None:
        journal = site.opened("r")

        def close() -> None:
            journal.append(Closed(exit_code=0))
            site.store.release(journal.fence)

        site.owners.append(close)
        with refused("control.refused") as caught:
            site.order()
        assert "ended before" in caught.value.problems[0].saw

    def test_a_process_elsewhere_that_is_silent_keeps_its_lease_and_the_order_stays(self, site) -> None:
        site.opened("r", by=ELSEWHERE)
        site.alive, site.still = False, lambda: True  # of a process with the same number here, which proves nothing
        until = site.store.lease("r").until
        with refused("control.unanswered") as caught:
            site.order()
        saw = caught.value.problems[0].saw
        assert f"process 1 on ctl2 holds the run's lease until {until:%Y-%m-%d %H:%M:%S} UTC" in saw
        assert caught.value.exit_code == 75
        assert site.clock.ticks() == pytest.approx(control.ANSWER_WITHIN, abs=0.1)
        assert len(site.store.orders(RunId("r"))) == 1

    def test_a_process_that_is_dead_is_not_waited_for(self, site) -> None:
        site.opened("r")
        site.alive = False
        given = site.order()
        assert (given.left, given.taken_ms) == ("process 1 on ctl drove it and is gone", None)
        assert site.clock.ticks() == 0.0

    def test_a_lease_that_ran_out(self, site) -> None:
        site.opened("r", by=ELSEWHERE, lasts=0.0)
        assert "has let its lease run out" in site.order().left

    def test_a_run_that_nobody_drives(self, site) -> None:
        site.store.release(site.opened("r").fence)
        assert site.order().left == "nobody drives it"

    def test_a_process_that_stands_still(self, site) -> None:
        site.opened("r")
        site.still = lambda: True
        assert site.order().left == "process 1 on ctl drives it and is stopped"
        assert control.STANDS_STILL <= site.clock.ticks() < control.ANSWER_WITHIN

    def test_a_process_that_stands_still_for_moments_is_not_stopped(self, site) -> None:
        """As under strace: seen still again and again, and it goes on each time."""
        site.opened("r")
        looks = iter(range(1000))
        site.still = lambda: next(looks) % 3 > 0
        with refused("control.unanswered"):
            site.order()


class TestWhoActs:
    @pytest.fixture
    def driven(self, monkeypatch):
        taken: list[Any] = []
        monkeypatch.setattr("orchestrator.operations.resume.drive", lambda *args: taken.append(args) or "report")
        return taken

    def test_the_run_is_taken_from_a_process_that_stands_still_with_the_order(self, site, driven) -> None:
        journal = site.opened("r")
        site.still = lambda: True
        given = site.order()
        checked = []
        there = aim(site.doors, "r").run
        report = control.act(
            site.doors, there, WHO, (), Stop(), unbegun=lambda _doors, moves: checked.extend(moves) or ()
        )
        assert (report, checked) == ("report", [SECOND]), "what is to be cancelled is not checked anew"
        orders = driven[0][-1]
        assert [o.queued for o in orders.on_record] == [given.number]
        assert site.store.lease("r").holder == ME
        with refused("store.fence-lost"):
            journal.append(Seen(guest=G1, state=State.PRECOPY, because="it woke up"))

    def test_not_from_one_that_goes_on(self, site, driven) -> None:
        site.opened("r")
        with refused("lease.held") as caught:
            control.act(site.doors, aim(site.doors, "r").run, WHO, (), Stop())
        assert "process 1 on ctl drives run r now" in caught.value.problems[0].saw
        assert driven == []

    def test_a_run_that_was_closed_meanwhile_is_left_alone(self, site, driven) -> None:
        journal = site.opened("r")
        there = aim(site.doors, "r").run
        journal.append(Closed(exit_code=0))
        site.store.release(journal.fence)
        with refused("control.refused"):
            control.act(site.doors, there, WHO, (), Stop())
        assert site.store.lease("r") is None
        assert isinstance(site.store.take("r", OWNER, lasts=1), Fence)
        assert driven == []
