"""What every store promises; a test module gives it a `make_store`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from orchestrator.errors import OrchestratorError
from orchestrator.model.baseline import Baseline, CommonCpu, Fingerprint, Member
from orchestrator.model.command import BeginMove
from orchestrator.model.cordon import Cordon
from orchestrator.model.effect import Done, Refused
from orchestrator.model.entry import Adopted, Closed, Ended, Entry, Happened, Intent, Ordered, Seen, Seq
from orchestrator.model.errand import OpenErrand
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.hold import Hold
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence, Held
from orchestrator.model.ledger import Standing, Ticket
from orchestrator.model.move import Doubt, Move, Outcome, State
from orchestrator.model.network_test import NetworkTest
from orchestrator.model.offer import Crossing
from orchestrator.model.order import Change, Order, Queued
from orchestrator.model.policy import Policy
from orchestrator.model.roll import Roll, RollEntry, Step
from orchestrator.model.run import Holder, Run, RunId, Who
from orchestrator.model.sample import JobResult, Sample
from orchestrator.model.schedule import Occasion
from orchestrator.model.sighting import Returned, Sighting
from orchestrator.model.transport import Transport
from orchestrator.model.units import BytesPerSecond
from orchestrator.ports import Store

T0 = datetime(2026, 11, 21, 4, 12, 0, 123456, tzinfo=UTC)
G1, G2 = GuestId("00000000-0000-4000-8000-000000000001"), GuestId("00000000-0000-4000-8000-000000000002")
A, B = HostName("kvm01"), HostName("kvm02")
LONG = 1000.0

TRANSPORT = Transport(
    network="migration",
    address="10.77.2.12",
    persistent=True,
    paused=False,
    downtime_limit_ms=300,
    bandwidth_bytes_per_second=None,
    sharing_proven=True,
    because=("shared storage was proven",),
)
MOVE = Move(
    guest=G1,
    name="web-01; $(reboot) ☃",
    source=A,
    destination=B,
    peer_uri="qemu+tls://kvm02/system",
    memory_bytes=2**29,
    persistent=True,
    autostart=True,
    paused=False,
    transport=TRANSPORT,
    probe_address="10.77.3.1",
    because="most free memory",
    vcpu_time_ns=12_345,
)
SAMPLE = Sample(
    elapsed_ms=1200,
    total_bytes=2**29,
    processed_bytes=2**28,
    remaining_bytes=2**27,
    transfer_bytes_per_second=50_000_000,
    dirty_bytes_per_second=1_000_000,
    round=2,
)
SIGHTING = Sighting(
    power=Power.RUNNING,
    reason="booted",
    persistent=True,
    vcpu_time_ns=99,
    moving=True,
    job=SAMPLE,
    last_job=JobResult(elapsed_ms=900, downtime_ms=None, transferred_bytes=7, rounds=3),
    call=Returned(effect=Refused(why="no", code="migration.failed")),
)
ENTRIES: tuple[Entry, ...] = (
    Seen(guest=G1, state=State.PREPARING, because="begins", source=SIGHTING, destination=Unknown(why="silent")),
    Intent(
        guest=G1,
        host=A,
        command=BeginMove(guest=G1, destination=B, peer_uri="qemu+tls://kvm02/system", transport=TRANSPORT),
        because="planned",
    ),
    Happened(guest=G1, host=A, intent=Seq(2), effect=Done()),
    Seen(guest=G1, state=State.PRECOPY, because="the copy shows"),
    Ordered(order="stop", by="ada"),
    Adopted(by="ctl pid 7"),
    Ended(guest=G1, outcome=Outcome(guest=G1, state=State.MIGRATED, where=B, because="seen", warnings=("one",))),
    Closed(exit_code=0),
)


def holder(pid: int = 1) -> Holder:
    """A process."""
    return Holder(controller="ctl", boot_id="boot", pid=pid, started=4242)


def run(name: str, at: datetime = T0) -> Run:
    """The head of a run."""
    who = Who(
        login="ada",
        user="root",
        controller="ctl",
        terminal="pts/1",
        argv=("ferry", "migrate", "web-01"),
        version="0.1.0",
        config_digest="c",
        policy_digest="p",
        reason="maintenance",
    )
    policy = Policy(name="default", bandwidth=BytesPerSecond.parse("400Mbit"))
    return Run(id=RunId(name), started_at=at, who=who, moves=(MOVE,), policy=policy)


def ticket(run_name: str, guest: GuestId = G1, **more: Any) -> Ticket:
    """A claim."""
    costs = {"host:kvm01.live": 1, "host:kvm02.live": 1}
    return Ticket(run=RunId(run_name), guest=guest, name="web-01", costs=costs, since=T0, **more)


def refused(code: str) -> "pytest.RaisesExc[OrchestratorError]":
    """An error of that code and no other."""
    return pytest.raises(OrchestratorError, check=lambda error: [p.code for p in error.problems] == [code])


class JournalContract:
    """Runs, entries, samples."""

    def test_nothing_is_there_at_first(self, store: Store) -> None:
        assert store.runs() == ()
        assert store.entries(RunId("r")) == ()
        assert store.samples(RunId("r"), G1) == ()
        assert store.lease("r") is None
        ledger = store.ledger()
        assert (ledger.version, ledger.tickets) == (0, ())
        assert store.orders(RunId("r")) == ()

    def test_every_kind_of_entry_comes_back_as_it_was(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        numbers = [
            store.append(RunId("r"), e, at=T0 + timedelta(seconds=i), fence=fence) for i, e in enumerate(ENTRIES)
        ]
        found = store.entries(RunId("r"))
        assert [e.entry for e in found] == list(ENTRIES)
        assert [e.seq for e in found] == numbers
        assert numbers == sorted(set(numbers))
        assert [e.at for e in found] == [T0 + timedelta(seconds=i) for i in range(len(ENTRIES))]
        assert {e.run for e in found} == {"r"}

    def test_entries_after_a_number(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        numbers = [store.append(RunId("r"), Closed(exit_code=i), at=T0, fence=fence) for i in range(4)]
        assert [e.seq for e in store.entries(RunId("r"), after=numbers[1])] == numbers[2:]
        assert store.entries(RunId("r"), after=numbers[3]) == ()

    def test_runs_come_newest_first_with_their_heads(self, store: Store) -> None:
        heads = [run(f"r{i}", T0 + timedelta(minutes=i)) for i in range(4)]
        for head in heads:
            store.open_run(head, holder(), lasts=LONG)
        assert list(store.runs()) == heads[::-1]
        assert list(store.runs(limit=2)) == [heads[3], heads[2]]

    def test_a_closed_run_is_finished_and_others_are_not(self, store: Store) -> None:
        fences = {name: store.open_run(run(name), holder(), lasts=LONG) for name in ("r1", "r2", "r3")}
        store.append(RunId("r2"), Closed(exit_code=0), at=T0, fence=fences["r2"])
        store.append(RunId("r3"), Adopted(by="x"), at=T0, fence=fences["r3"])
        assert [r.id for r in store.runs(unfinished=True)] == ["r3", "r1"]
        assert [r.id for r in store.runs(unfinished=True, limit=1)] == ["r3"]
        assert len(store.runs()) == 3

    def test_a_closed_run_that_is_adopted_again_is_open_until_it_is_closed_again(self, store: Store) -> None:
        fence = store.open_run(run("r1"), holder(), lasts=LONG)
        for entry, left in ((Adopted(by="x"), ["r1"]), (Closed(exit_code=7), []), (Adopted(by="y"), ["r1"])):
            store.append(RunId("r1"), entry, at=T0, fence=fence)
            assert [r.id for r in store.runs(unfinished=True)] == left
        store.append(RunId("r1"), Closed(exit_code=0), at=T0, fence=fence)
        assert store.runs(unfinished=True) == ()

    def test_a_run_is_closed_whatever_is_adopted_later_in_another_one(self, store: Store) -> None:
        over, other = (store.open_run(run(name), holder(), lasts=LONG) for name in ("r1", "r2"))
        store.append(RunId("r1"), Closed(exit_code=0), at=T0, fence=over)
        for _ in range(3):  # numbers of entries count within each run
            store.append(RunId("r2"), Adopted(by="x"), at=T0, fence=other)
        assert [r.id for r in store.runs(unfinished=True)] == ["r2"]

    def test_runs_that_hold_or_have_held_a_move_for_a_person(self, store: Store) -> None:
        assert store.doubtful() == ()
        held, silent = Doubt.CONTRADICTION, Doubt.SILENCE
        for name, doubt in (("r1", held), ("r2", silent), ("r3", None), ("r4", held)):
            fence = store.open_run(run(name), holder(), lasts=LONG)
            ended = Ended(guest=G1, outcome=Outcome(guest=G1, state=State.UNCLEAR, where=None, because="", doubt=doubt))
            store.append(RunId(name), ended, at=T0, fence=fence)
        store.append(RunId("r4"), Closed(exit_code=7), at=T0, fence=fence)
        assert [r.id for r in store.doubtful()] == ["r4", "r1"]

    def test_samples_belong_to_one_move_oldest_first(self, store: Store) -> None:
        store.open_run(run("r1"), holder(), lasts=LONG)
        store.open_run(run("r2"), holder(), lasts=LONG)
        second = replace(SAMPLE, round=3)
        store.keep_sample(RunId("r1"), G1, SAMPLE, at=T0)
        store.keep_sample(RunId("r1"), G1, second, at=T0 + timedelta(seconds=1))
        store.keep_sample(RunId("r1"), G2, SAMPLE, at=T0)
        assert store.samples(RunId("r1"), G1) == ((T0, SAMPLE), (T0 + timedelta(seconds=1), second))
        assert store.samples(RunId("r2"), G1) == ()


class LeaseContract:
    """The timed right to act."""

    def test_opening_a_run_takes_its_lease(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(7), lasts=LONG)
        held = store.lease("r")
        assert fence == Fence(name="r", number=1)
        assert held is not None
        assert (held.name, held.number, held.holder, held.expired) == ("r", 1, holder(7), False)
        assert held.until.tzinfo is not None

    def test_a_held_lease_is_not_given_away(self, store: Store) -> None:
        fence = store.take("x", holder(1), lasts=LONG)
        other = store.take("x", holder(2), lasts=LONG)
        assert isinstance(fence, Fence)
        assert isinstance(other, Held)
        assert other.holder == holder(1)
        assert store.take("y", holder(2), lasts=LONG) == Fence(name="y", number=1)

    def test_an_expired_lease_passes_on_with_a_higher_number(self, store: Store) -> None:
        before = store.take("x", holder(1), lasts=0)
        expired = store.lease("x")
        after = store.take("x", holder(2), lasts=LONG)
        assert expired is not None
        assert expired.expired
        assert (before, after) == (Fence(name="x", number=1), Fence(name="x", number=2))

    def test_an_expired_lease_that_nobody_took_is_still_good(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(), lasts=0)
        store.append(RunId("r"), Closed(exit_code=0), at=T0, fence=fence)
        store.renew(fence, lasts=LONG)
        assert isinstance(store.take("r", holder(2), lasts=LONG), Held)

    def test_a_renewed_lease_lasts_longer(self, store: Store) -> None:
        fence = store.take("x", holder(), lasts=LONG)
        before = store.lease("x")
        assert isinstance(fence, Fence)
        store.renew(fence, lasts=2 * LONG)
        after = store.lease("x")
        assert before is not None
        assert after is not None
        assert after.until - before.until >= timedelta(seconds=LONG - 60)

    def test_a_lease_is_taken_from_a_process_proven_dead(self, store: Store) -> None:
        store.take("x", holder(1), lasts=LONG)
        dead = store.lease("x")
        assert store.take("x", holder(2), lasts=LONG, instead_of=dead) == Fence(name="x", number=2)

    def test_but_not_from_the_one_who_took_it_meanwhile(self, store: Store) -> None:
        first = store.take("x", holder(1), lasts=LONG)
        dead = store.lease("x")
        assert isinstance(first, Fence)
        store.release(first)
        store.take("x", holder(2), lasts=LONG)
        answer = store.take("x", holder(3), lasts=LONG, instead_of=dead)
        assert isinstance(answer, Held)
        assert answer.holder == holder(2)

    def test_nor_when_it_was_renewed_after_the_proof(self, store: Store) -> None:
        fence = store.take("x", holder(1), lasts=LONG)
        thought_dead = store.lease("x")
        assert isinstance(fence, Fence)
        store.renew(fence, lasts=3 * LONG)
        assert isinstance(store.take("x", holder(2), lasts=LONG, instead_of=thought_dead), Held)

    def test_a_released_lease_is_free_and_its_number_goes_on(self, store: Store) -> None:
        fence = store.take("x", holder(1), lasts=LONG)
        assert isinstance(fence, Fence)
        store.release(fence)
        store.release(fence)
        assert store.lease("x") is None
        assert store.take("x", holder(2), lasts=LONG) == Fence(name="x", number=2)

    def test_releasing_what_has_passed_on_takes_nothing_from_the_new_holder(self, store: Store) -> None:
        old = store.take("x", holder(1), lasts=0)
        store.take("x", holder(2), lasts=LONG)
        assert isinstance(old, Fence)
        store.release(old)
        held = store.lease("x")
        assert held is not None
        assert held.holder == holder(2)

    def test_the_old_fence_is_refused_everywhere_and_changes_nothing(self, store: Store) -> None:
        old = store.open_run(run("r"), holder(1), lasts=0)
        new = store.take("r", holder(2), lasts=LONG)
        before = store.lease("r")
        with refused("store.fence-lost"):
            store.append(RunId("r"), Closed(exit_code=0), at=T0, fence=old)
        with refused("store.fence-lost"):
            store.renew(old, lasts=LONG)
        with refused("store.fence-lost"):
            store.book(put=[ticket("r")], drop=[], if_version=0, fence=old)
        assert store.entries(RunId("r")) == ()
        assert store.ledger().tickets == ()
        assert store.lease("r") == before
        assert isinstance(new, Fence)
        store.append(RunId("r"), Closed(exit_code=0), at=T0, fence=new)

    def test_slots_of_a_run_whose_lease_ran_out_are_given_away_once_that_is_taken(self, store: Store) -> None:
        stopped = store.open_run(run("r"), holder(1), lasts=0)
        assert store.book(put=[ticket("r")], drop=[], if_version=0, fence=stopped)
        other = store.open_run(run("s"), holder(2), lasts=LONG)
        assert store.ledger().holders[RunId("r")].expired
        taken = store.take("r", holder(2), lasts=0)
        assert isinstance(taken, Fence)
        assert store.ledger().holders[RunId("r")].number == taken.number
        assert store.book(put=[], drop=[ticket("r")], if_version=1, fence=other)
        with refused("store.fence-lost"):
            store.append(RunId("r"), ENTRIES[1], at=T0, fence=stopped)
        assert isinstance(store.take("r", holder(3), lasts=LONG), Fence), "whoever adopts it finds nobody in its way"

    def test_a_lease_given_back_gives_no_right(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        store.release(fence)
        with refused("store.fence-lost"):
            store.append(RunId("r"), Closed(exit_code=0), at=T0, fence=fence)

    def test_nobody_holds_what_was_never_taken(self, store: Store) -> None:
        with refused("store.fence-lost"):
            store.renew(Fence(name="never", number=1), lasts=LONG)
        store.release(Fence(name="never", number=1))


class LedgerContract:
    """Compare and set."""

    def test_a_ticket_comes_back_as_it_was(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        booked = ticket("r", standing=Standing.HOLDING, skips=3, position=2)
        assert store.book(put=[booked, ticket("r", G2)], drop=[], if_version=0, fence=fence)
        ledger = store.ledger()
        assert ledger.version > 0
        assert set(map(repr, ledger.tickets)) == {repr(booked), repr(ticket("r", G2))}

    def test_a_stale_version_changes_nothing(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        assert store.book(put=[ticket("r")], drop=[], if_version=0, fence=fence)
        seen = store.ledger()
        assert not store.book(put=[ticket("r", G2)], drop=[ticket("r")], if_version=0, fence=fence)
        assert store.ledger() == seen

    def test_put_replaces_and_drop_removes_the_ticket_of_the_same_run_and_guest(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        store.book(put=[ticket("r"), ticket("other"), ticket("r", G2)], drop=[], if_version=0, fence=fence)
        holding = ticket("r", standing=Standing.HOLDING)
        version = store.ledger().version
        # A dropped ticket is named by run and guest, whatever has become of it meanwhile.
        assert store.book(put=[holding], drop=[ticket("r", G2, skips=9)], if_version=version, fence=fence)
        assert {(t.run, t.guest, t.standing) for t in store.ledger().tickets} == {
            ("r", G1, Standing.HOLDING),
            ("other", G1, Standing.WAITING),
        }

    def test_tickets_say_all_of_their_move_and_which_ends_a_person_declared_free(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        whole = ticket("r", priority=3000, source=A, destination=B, network="migration", released={A: "dead; ☃"})
        assert store.book(put=[whole], drop=[], if_version=0, fence=fence)
        assert store.ledger().tickets == (whole,)

    def test_tickets_come_in_the_order_of_their_waiting(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        later = replace(ticket("B", G2), since=T0 + timedelta(microseconds=1))
        put = [later, ticket("a", position=2), ticket("a", G2, position=1), ticket("B")]
        assert store.book(put=put, drop=[], if_version=0, fence=fence)
        assert store.ledger().tickets == (put[3], put[2], put[1], put[0])

    def test_the_ledger_names_who_drives_each_run_with_a_ticket(self, store: Store) -> None:
        fences = {name: store.open_run(run(name), holder(n), lasts=LONG) for n, name in enumerate(("r1", "r2", "r3"))}
        gone = store.open_run(run("gone"), holder(9), lasts=0)
        put = [ticket("r1"), ticket("r2"), ticket("gone")]
        assert store.book(put=put, drop=[], if_version=0, fence=gone)
        store.release(fences["r2"])
        holders = store.ledger().holders
        assert {name: (held.holder, held.expired) for name, held in holders.items()} == {
            "r1": (holder(0), False),
            "gone": (holder(9), True),
        }
        assert holders[RunId("r1")] == store.lease("r1")


BASELINE = Baseline(
    arch="x86_64",
    virt_type="kvm",
    group="rack1",
    cpu=CommonCpu(
        document="<cpu mode='custom'>\n  <model>Nehalem</model>\n</cpu>\n",
        model="Nehalem",
        vendor="Intel",
        listed={"vmx": "disable"},
        features=("sse2", "ssse3"),
    ),
    members=(
        Member(
            host=A,
            fingerprint=Fingerprint(
                libvirt_version=9_000_000, qemu_version=7_002_000, kernel="6.1", microcode="0x1", host_model="d1"
            ),
            features=("avx", "sse2", "ssse3"),
            lost=("avx",),
        ),
    ),
    made_at=T0,
    physical_address_bits=46,
)


class SpillContract:
    """Entries that were written elsewhere while the store was away."""

    def test_they_follow_what_is_there_with_their_own_times(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        first = store.append(RunId("r"), ENTRIES[0], at=T0, fence=fence)
        spilled = [(T0 + timedelta(seconds=i), entry) for i, entry in enumerate(ENTRIES[1:], 5)]
        numbers = store.import_spilled(RunId("r"), spilled, fence)
        found = store.entries(RunId("r"))
        assert [(e.at, e.entry) for e in found[1:]] == spilled
        assert [e.seq for e in found] == [first, *numbers]

    def test_one_that_had_arrived_all_the_same_is_not_there_twice(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        arrived = store.append(RunId("r"), ENTRIES[0], at=T0, fence=fence)
        spilled = [(T0, ENTRIES[0]), (T0, ENTRIES[3])]
        numbers = store.import_spilled(RunId("r"), spilled, fence)
        assert numbers[0] == arrived
        assert store.import_spilled(RunId("r"), spilled, fence) == numbers
        assert [e.seq for e in store.entries(RunId("r"))] == list(numbers)

    def test_two_that_are_equal_stay_two_and_an_earlier_time_is_another_entry(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        store.append(RunId("r"), ENTRIES[3], at=T0, fence=fence)
        spilled = [(T0, ENTRIES[3]), (T0, ENTRIES[3]), (T0 - timedelta(microseconds=1), ENTRIES[3])]
        assert len(set(store.import_spilled(RunId("r"), spilled, fence))) == 3
        assert len(store.entries(RunId("r"))) == 3

    def test_without_the_lease_nothing_is_added(self, store: Store) -> None:
        old = store.open_run(run("r"), holder(1), lasts=0)
        store.take("r", holder(2), lasts=LONG)
        with refused("store.fence-lost"):
            store.import_spilled(RunId("r"), [(T0, ENTRIES[0])], old)
        assert store.entries(RunId("r")) == ()


TEST = NetworkTest(
    source=A,
    destination=B,
    network="migration",
    bytes_per_second={1: 400_000_000, 8: 1_100_000_000},
    round_trip_ms=0.25,
    mtu=9000,
    by="iperf3",
)


class NetworkTestContract:
    """The last test of each way."""

    def test_there_is_none_at_first(self, store: Store) -> None:
        assert store.network_tests() == ()

    def test_a_test_comes_back_as_it_was_and_the_next_one_of_that_way_replaces_it(self, store: Store) -> None:
        back, later = replace(TEST, source=B, destination=A, mtu=None, round_trip_ms=None), replace(TEST, by="ferry")
        store.keep_network_test(TEST, at=T0)
        assert store.network_tests() == ((T0, TEST),)
        store.keep_network_test(back, at=T0 + timedelta(days=1))
        store.keep_network_test(replace(TEST, network="storage"), at=T0 - timedelta(days=1))
        store.keep_network_test(later, at=T0 + timedelta(days=2))
        assert store.network_tests() == (
            (T0 + timedelta(days=2), later),
            (T0 + timedelta(days=1), back),
            (T0 - timedelta(days=1), replace(TEST, network="storage")),
        )


BY_HAND = Cordon(host=A, by="ada on ctl1", at=T0, because="a new mainboard; $(reboot) ☃")
OF_RUN = replace(BY_HAND, run=RunId("r1"), because="is being emptied", at=T0 + timedelta(days=1))


class CordonContract:
    """Which hosts take no guests."""

    def test_there_is_none_at_first_and_none_to_lift(self, store: Store) -> None:
        assert store.cordons() == ()
        assert store.lift_cordon(A) is False

    def test_it_comes_back_as_it_was_and_is_lifted_once(self, store: Store) -> None:
        other = replace(OF_RUN, host=B)
        assert (store.keep_cordon(other), store.keep_cordon(BY_HAND)) == (other, BY_HAND)
        assert store.cordons() == (BY_HAND, other)
        assert (store.lift_cordon(A), store.lift_cordon(A)) == (True, False)
        assert store.cordons() == (other,)

    def test_a_run_replaces_its_own_and_never_somebody_elses(self, store: Store) -> None:
        again = replace(OF_RUN, because="is being rolled")
        assert (store.keep_cordon(OF_RUN), store.keep_cordon(again)) == (OF_RUN, again)
        assert store.keep_cordon(replace(OF_RUN, run=RunId("r2"))) == again
        assert store.keep_cordon(BY_HAND) == BY_HAND
        assert store.keep_cordon(OF_RUN) == BY_HAND
        assert store.cordons() == (BY_HAND,)

    def test_a_run_lifts_its_own_and_never_somebody_elses(self, store: Store) -> None:
        store.keep_cordon(BY_HAND)
        store.keep_cordon(replace(OF_RUN, host=B))
        assert store.lift_cordon(A, of=RunId("r1")) is False
        assert store.lift_cordon(B, of=RunId("r2")) is False
        assert store.lift_cordon(B, of=RunId("r1")) is True
        assert store.cordons() == (BY_HAND,)

    def test_whoever_lost_the_lease_of_a_run_neither_puts_nor_lifts_its_cordon(self, store: Store) -> None:
        old = store.take("r1", holder(1), lasts=0)
        assert isinstance(old, Fence)
        assert store.keep_cordon(OF_RUN, fence=old) == OF_RUN
        new = store.take("r1", holder(2), lasts=LONG)
        assert isinstance(new, Fence)
        with refused("store.fence-lost"):
            store.keep_cordon(replace(OF_RUN, host=B), fence=old)
        with refused("store.fence-lost"):
            store.lift_cordon(A, of=RunId("r1"), fence=old)
        assert store.cordons() == (OF_RUN,)
        assert store.lift_cordon(A, of=RunId("r1"), fence=new) is True


class HoldContract:
    """What is not begun by itself."""

    def test_there_is_none_at_first_and_none_to_lift(self, store: Store) -> None:
        assert store.holds() == ()
        assert store.lift_hold("night") is False

    def test_the_same_name_again_replaces_it_and_it_is_lifted_once(self, store: Store) -> None:
        hold = Hold(name="night", by="ada on ctl1", at=T0, because="a change freeze", until=T0 + timedelta(days=9))
        store.keep_hold(replace(hold, name="all", at=T0 + timedelta(days=1), until=None))
        store.keep_hold(replace(hold, because="something else"))
        store.keep_hold(hold)
        assert [h.name for h in store.holds()] == ["night", "all"]
        assert store.holds()[0] == hold
        assert (store.lift_hold("night"), store.lift_hold("night")) == (True, False)
        assert [h.name for h in store.holds()] == ["all"]


class PlanContract:
    """Stored plans."""

    def test_there_is_none_at_first(self, store: Store) -> None:
        assert (store.plan("p"), store.plans()) == (None, {})

    def test_a_text_comes_back_as_it_was_and_the_next_of_that_name_replaces_it(self, store: Store) -> None:
        store.keep_plan("p", "{}\n", at=T0)
        store.keep_plan("p", "'☃'; DROP TABLE plans", at=T0 + timedelta(days=1))
        store.keep_plan("q", "", at=T0 + timedelta(days=2))
        assert (store.plan("p"), store.plan("q")) == ("'☃'; DROP TABLE plans", "")
        assert list(store.plans().items()) == [("q", T0 + timedelta(days=2)), ("p", T0 + timedelta(days=1))]


OCCASION = Occasion(entry="night", slot=T0 + timedelta(minutes=7))
ROLL = Roll(
    id=RunId("roll-1"),
    started_at=T0,
    by="ada on ctl1",
    hosts=(A, B),
    command="apt-get -y upgrade; $(reboot)",
    occasion=OCCASION,
)


class RollContract:
    """Rolls, written by the process that drives them."""

    def test_it_comes_back_as_it_was_with_what_happened_since(self, store: Store) -> None:
        assert store.rolls() == ()
        fence = store.take("roll-1", holder(), lasts=LONG)
        assert isinstance(fence, Fence)
        store.keep_roll(ROLL, fence=fence)
        store.keep_roll(replace(ROLL, id=RunId("roll-2"), started_at=T0 + timedelta(days=1)), fence=fence)
        later = replace(
            ROLL, entries=(RollEntry(at=T0, step=Step.CORDONED, host=A), RollEntry(at=T0, step=Step.STOPPED))
        )
        store.keep_roll(later, fence=fence)
        assert [roll.id for roll in store.rolls()] == ["roll-2", "roll-1"]
        assert store.rolls()[1] == later

    def test_whoever_lost_the_lease_writes_no_more(self, store: Store) -> None:
        old = store.take("roll-1", holder(1), lasts=0)
        assert isinstance(old, Fence)
        store.keep_roll(ROLL, fence=old)
        store.take("roll-1", holder(2), lasts=LONG)
        with refused("store.fence-lost"):
            store.keep_roll(replace(ROLL, command="other"), fence=old)
        assert store.rolls() == (ROLL,)


ERRAND = OpenErrand(
    name="host kvm01 7",
    started_at=T0,
    who=run("r").who,
    request=EvacuationRequest(hosts=(A, B), exclude=("'; DROP TABLE errands",), avoid={G1: frozenset({A, B})}),
    deadline=T0 + timedelta(hours=2),
    at_deadline="cancel",
    silent_since=T0 + timedelta(minutes=1),
    silent_last=T0 + timedelta(minutes=2),
    occasion=OCCASION,
)


class ErrandContract:
    """Evacuations that have not concluded."""

    def test_they_come_back_as_they_were_the_oldest_first(self, store: Store) -> None:
        assert store.errands() == ()
        later = replace(ERRAND, name="host kvm02 1", started_at=T0 + timedelta(days=1), deadline=None, at_deadline=None)
        assert store.change_errands((), (later,))
        assert store.change_errands((), (ERRAND,))
        assert store.errands() == (ERRAND, later)

    def test_one_takes_the_place_of_others_or_nothing_changes(self, store: Store) -> None:
        other = replace(ERRAND, name="other")
        assert store.change_errands((), (ERRAND, other))
        less = replace(ERRAND, request=replace(ERRAND.request, hosts=(B,)))
        assert store.change_errands((ERRAND, other), (less,))
        assert store.errands() == (less,)
        for gone in (ERRAND, other):
            assert not store.change_errands((less, gone), (replace(ERRAND, name="new"),))
            assert store.errands() == (less,)
        assert store.change_errands((less,), ())
        assert store.errands() == ()

    def test_whoever_lost_the_lease_changes_nothing(self, store: Store) -> None:
        old = store.take("host kvm01", holder(1), lasts=0)
        assert isinstance(old, Fence)
        assert store.change_errands((), (ERRAND,), fence=old)
        store.take("host kvm01", holder(2), lasts=LONG)
        with refused("store.fence-lost"):
            store.change_errands((ERRAND,), (), fence=old)
        assert store.errands() == (ERRAND,)


class DueContract:
    """When entries of the schedule last ran."""

    def test_never_at_first_and_then_the_last_time_of_each(self, store: Store) -> None:
        assert store.ran("night") is None
        store.keep_ran("night", at=T0)
        store.keep_ran("night", at=T0 + timedelta(days=1))
        store.keep_ran("noon", at=T0)
        assert (store.ran("night"), store.ran("noon")) == (T0 + timedelta(days=1), T0)


class BaselineContract:
    """Baselines by name."""

    def test_there_is_none_at_first(self, store: Store) -> None:
        assert store.baselines() == {}

    def test_a_baseline_comes_back_as_it_was(self, store: Store) -> None:
        store.keep_baseline("rack1", BASELINE)
        assert store.baselines() == {"rack1": BASELINE}

    def test_the_same_name_again_replaces_it_and_no_other(self, store: Store) -> None:
        store.keep_baseline("rack1", BASELINE)
        store.keep_baseline("rack2", replace(BASELINE, group="rack2"))
        later = replace(BASELINE, made_at=T0 + timedelta(days=1), named=True, physical_address_bits=None)
        store.keep_baseline("rack1", later)
        assert store.baselines() == {"rack1": later, "rack2": replace(BASELINE, group="rack2")}

    def test_the_newest_is_named_first(self, store: Store) -> None:
        for name, days in (("b", 1), ("a", 0), ("c", 2)):
            store.keep_baseline(name, replace(BASELINE, made_at=T0 + timedelta(days=days)))
        assert list(store.baselines()) == ["c", "b", "a"]


ORDERS = (
    Order(kind="set", by="ada on ctl1", guest=G1, change=Change(bandwidth_bytes_per_second=0, downtime_ms=200)),
    Order(kind="set", by="ada on ctl1", change=Change(max_duration_ms=60_000, postcopy=True)),
    Order(kind="stop", by="bob on ctl2"),
    Order(kind="abort", by="bob; $(reboot) \u2603", guest=G2),
    Order(kind="resolve", by="ada on ctl1", guest=G1, keep="destination"),
)


class OrderContract:
    """Orders to a run, from any process."""

    def test_there_is_none_at_first(self, store: Store) -> None:
        store.open_run(run("r"), holder(), lasts=LONG)
        assert store.orders(RunId("r")) == ()

    def test_every_kind_comes_back_as_it_was_in_order(self, store: Store) -> None:
        store.open_run(run("r"), holder(), lasts=LONG)
        at = [T0 + timedelta(seconds=second) for second in range(len(ORDERS))]
        numbers = [store.order(RunId("r"), order, at=when) for order, when in zip(ORDERS, at, strict=True)]
        assert store.orders(RunId("r")) == tuple(
            Queued(number=number, run=RunId("r"), at=when, order=order)
            for number, when, order in zip(numbers, at, ORDERS, strict=True)
        )

    def test_no_lease_is_needed_and_orders_outlive_every_change_of_it(self, store: Store) -> None:
        fence = store.open_run(run("r"), holder(1), lasts=0)
        number = store.order(RunId("r"), ORDERS[0], at=T0)
        taken = store.take("r", holder(2), lasts=LONG)
        assert isinstance(taken, Fence)
        store.append(RunId("r"), Adopted(by="x"), at=T0, fence=taken)
        with refused("store.fence-lost"):
            store.append(RunId("r"), Adopted(by="x"), at=T0, fence=fence)
        assert [q.number for q in store.orders(RunId("r"))] == [number]

    def test_numbers_grow_over_all_runs_of_the_store(self, store: Store) -> None:
        for name in ("r1", "r2"):
            store.open_run(run(name), holder(), lasts=LONG)
        numbers = [store.order(RunId(name), ORDERS[2], at=T0) for name in ("r1", "r2", "r1", "r2")]
        assert numbers == sorted(set(numbers))
        assert numbers[0] >= 1
        assert [q.number for q in store.orders(RunId("r1"))] == numbers[0::2]
        assert [q.number for q in store.orders(RunId("r2"))] == numbers[1::2]

    def test_orders_after_a_number(self, store: Store) -> None:
        store.open_run(run("r"), holder(), lasts=LONG)
        numbers = [store.order(RunId("r"), order, at=T0) for order in ORDERS]
        assert [q.number for q in store.orders(RunId("r"), after=numbers[1])] == numbers[2:]
        assert store.orders(RunId("r"), after=numbers[-1]) == ()


class CrossingContract:
    """What finished moves have taught about the way between two hosts."""

    def test_nothing_is_known_at_first(self, store: Store) -> None:
        assert store.crossing(A, B) == Crossing()

    @pytest.mark.parametrize(("kept", "middle"), [([80], 80), ([10, 900, 70], 70), ([10, 900, 70, 90], 70)])
    def test_the_median_of_each_value(self, store: Store, kept: list[int], middle: int) -> None:
        for value in kept:
            store.keep_crossing(A, B, Crossing(handover_ms=value, bytes_per_second=value * 10**9), at=T0)
        assert store.crossing(A, B) == Crossing(handover_ms=middle, bytes_per_second=middle * 10**9)

    def test_of_the_last_ten_that_say_something(self, store: Store) -> None:
        days = (T0 + timedelta(days=day) for day in count())
        for value, at in zip((1000, 1000, 1000, *range(1, 11)), days, strict=False):
            store.keep_crossing(A, B, Crossing(handover_ms=value), at=at)
        for at in islice(days, 20):
            store.keep_crossing(A, B, Crossing(bytes_per_second=7), at=at)
        assert store.crossing(A, B) == Crossing(handover_ms=5, bytes_per_second=7)

    def test_each_way_by_itself(self, store: Store) -> None:
        store.keep_crossing(A, B, Crossing(handover_ms=50), at=T0)
        store.keep_crossing(B, A, Crossing(handover_ms=70), at=T0)
        assert (store.crossing(A, B).handover_ms, store.crossing(B, A).handover_ms) == (50, 70)


class StoreContract(
    JournalContract,
    LeaseContract,
    LedgerContract,
    SpillContract,
    NetworkTestContract,
    CordonContract,
    HoldContract,
    PlanContract,
    RollContract,
    ErrandContract,
    DueContract,
    BaselineContract,
    OrderContract,
    CrossingContract,
):
    """All of it, and what must hold after any sequence of calls. EXAMPLES: of such sequences."""

    EXAMPLES = 30

    @pytest.fixture
    def store(self, make_store: Callable[[], Store]) -> Store:
        return make_store()

    def test_any_sequence_of_calls(self, make_store: Callable[[], Store]) -> None:
        class Machine(LeasesAndLedger):
            new_store = staticmethod(make_store)

        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=self.EXAMPLES,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


class LeasesAndLedger(RuleBasedStateMachine):
    """Leases, fences and the ledger against the plainest model: a number, a holder, and whether time is up."""

    new_store: Callable[[], Store]
    fences = Bundle("fences")
    proofs = Bundle("proofs")

    @initialize()
    def begin(self) -> None:
        self.store = self.new_store()
        self.number = {"r1": 0, "r2": 0}
        self.holds: dict[str, Holder | None] = {"r1": None, "r2": None}
        self.expired = {"r1": False, "r2": False}
        self.written = {"r1": 0, "r2": 0}
        self.version = 0
        self.tickets: set[tuple[str, str]] = set()

    @rule(target=fences, name=st.sampled_from(["r1", "r2"]))
    def open_run(self, name: str) -> Fence:
        if any(r.id == name for r in self.store.runs()):
            return Fence(name=name, number=self.number[name])
        return self._given(name, holder(9), LONG, self.store.open_run(run(name), holder(9), lasts=LONG))

    def _given(self, name: str, to: Holder, lasts: float, fence: Fence) -> Fence:
        self.number[name] += 1
        assert fence == Fence(name=name, number=self.number[name])
        self.holds[name], self.expired[name] = to, lasts == 0
        return fence

    @rule(target=proofs, name=st.sampled_from(["r1", "r2"]))
    def look(self, name: str) -> Held | None:
        held = self.store.lease(name)
        assert (held.holder if held else None) == self.holds[name]
        assert held is None or (held.number, held.expired) == (self.number[name], self.expired[name])
        return held

    @rule(
        target=fences,
        name=st.sampled_from(["r1", "r2"]),
        pid=st.integers(1, 3),
        lasts=st.sampled_from([0, LONG]),
        proof=st.none() | proofs,
    )
    def take(self, name: str, pid: int, lasts: float, proof: Held | None) -> Fence:
        if not any(r.id == name for r in self.store.runs()):
            return Fence(name=name, number=self.number[name])
        exact = proof is not None and proof == self.store.lease(name)
        answer = self.store.take(name, holder(pid), lasts=lasts, instead_of=proof)
        if self.holds[name] is None or self.expired[name] or exact:
            assert isinstance(answer, Fence)
            return self._given(name, holder(pid), lasts, answer)
        assert isinstance(answer, Held)
        assert (answer.number, answer.holder) == (self.number[name], self.holds[name])
        return Fence(name=name, number=self.number[name] + 1)  # a fence that was never given out

    def _good(self, fence: Fence) -> bool:
        return fence.number == self.number[fence.name] and self.holds[fence.name] is not None

    @rule(fence=fences, lasts=st.sampled_from([0, LONG]))
    def renew(self, fence: Fence, lasts: float) -> None:
        if self._good(fence):
            self.store.renew(fence, lasts=lasts)
            self.expired[fence.name] = lasts == 0
        else:
            with refused("store.fence-lost"):
                self.store.renew(fence, lasts=lasts)

    @rule(fence=fences)
    def release(self, fence: Fence) -> None:
        self.store.release(fence)
        if self._good(fence):
            self.holds[fence.name] = None

    @rule(fence=fences)
    def append(self, fence: Fence) -> None:
        if self._good(fence):
            self.store.append(RunId(fence.name), Adopted(by="x"), at=T0, fence=fence)
            self.written[fence.name] += 1
        else:
            with refused("store.fence-lost"):
                self.store.append(RunId(fence.name), Adopted(by="x"), at=T0, fence=fence)

    @rule(
        fence=fences,
        put=st.sets(st.tuples(st.sampled_from(["r1", "r2"]), st.sampled_from([G1, G2]))),
        drop=st.sets(st.tuples(st.sampled_from(["r1", "r2"]), st.sampled_from([G1, G2]))),
        behind=st.integers(-1, 1),
    )
    def book(self, fence: Fence, put: set[tuple[str, GuestId]], drop: set[tuple[str, GuestId]], behind: int) -> None:
        def call() -> bool:
            return self.store.book(
                put=[ticket(*key) for key in sorted(put)],
                drop=[ticket(*key) for key in sorted(drop)],
                if_version=self.version - behind,
                fence=fence,
            )

        if not self._good(fence):
            with refused("store.fence-lost"):
                call()
            return
        assert call() is (behind == 0)
        if behind == 0:
            self.tickets = (self.tickets - drop) | put
            self.version = self.store.ledger().version

    @invariant()
    def the_store_tells_the_same(self) -> None:
        ledger = self.store.ledger()
        assert ledger.version == self.version
        assert {(t.run, t.guest) for t in ledger.tickets} == self.tickets
        assert {name: len(self.store.entries(RunId(name))) for name in self.written} == self.written
