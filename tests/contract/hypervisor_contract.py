"""What every Hypervisor keeps, whatever is behind it. A subclass says how guests come to be and how time passes."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable

from orchestrator.model.command import (
    BeginMove,
    Cancel,
    Discard,
    PausePostCopy,
    RecoverPostCopy,
    Resume,
    SetAutostart,
    SetBandwidth,
    SetDowntimeLimit,
    Start,
    StartHeld,
    StartPostCopy,
    Suspend,
    Undefine,
)
from orchestrator.model.effect import Done, Refused
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.sighting import InFlight, NotOurs, Returned, Sighting
from orchestrator.model.traffic import Traffic
from orchestrator.model.transport import Mode, Transport
from orchestrator.ports import Hypervisor

NOBODY = GuestId("00000000-0000-4000-8000-000000000000")
WITHIN = 10.0
MIB = 2**20


class Bench(ABC):
    """Two hosts, and the doors to them."""

    source: Hypervisor
    destination: Hypervisor
    names: tuple[HostName, HostName]

    @abstractmethod
    def guest(self, *, persistent: bool = True, busy: bool = False) -> GuestId:
        """A running guest at the source. busy: it takes a while to copy."""

    @abstractmethod
    def order(self, guest: GuestId, *, back: bool = False) -> BeginMove:
        """The command that moves the guest to the destination, or back to the source, persistent and running."""

    @abstractmethod
    def wait(self, seconds: float) -> None:
        """Let time pass."""

    @abstractmethod
    def foreign(self, guest: GuestId) -> None:
        """Have somebody else begin to migrate the guest to the destination, slowly enough to be watched."""

    def wandering(self, guest: GuestId) -> tuple[str | None, str | None]:
        """In which direction the guest moves at the source, and at the destination. No guest may be unsure."""
        ways = []
        for door in (self.source, self.destination):
            said = door.traffic(within=WITHIN)
            assert isinstance(said, Traffic) and not said.unsure, said
            ways.append(next((one.direction for one in said.migrations if one.guest == guest), None))
        return ways[0], ways[1]

    def until(self, seen: Callable[[], bool], *, within: float = 60.0) -> None:
        """Let time pass until something is seen."""
        for _ in range(int(within / 0.1)):
            if seen():
                return
            self.wait(0.1)
        raise AssertionError("it was not seen in time")


class EngineBench(Bench):
    """Two hosts on which a copy can be steered."""

    @abstractmethod
    def restless(self) -> GuestId:
        """A running guest at the source that changes its memory all the time, by some MB each second."""

    @abstractmethod
    def beyond(self, guest: GuestId) -> BeginMove:
        """An order for something that one of the hosts does not know."""

    def begin(self, guest: GuestId, **changes: object) -> None:
        """Begin a move, and let it come to the copying."""
        assert self.source.act(changed(self.order(guest), **changes), within=WITHIN) == Done()
        self.until(lambda: look(self.source, guest).moving)
        self.until(lambda: (job := look(self.source, guest).job) is not None and job.processed_bytes > 0)

    def sent(self, guest: GuestId) -> int:
        """Bytes that the running copy has sent so far."""
        job = look(self.source, guest).job
        assert job is not None
        return job.processed_bytes

    def end(self, guest: GuestId) -> None:
        """Wait for the end of the call."""
        self.until(lambda: returned(self.source, guest))


def look(door: Hypervisor, guest: GuestId) -> Sighting:
    """A sighting; no host of this suite may be silent."""
    said = door.observe(guest, within=WITHIN)
    assert isinstance(said, Sighting), said
    return said


def returned(door: Hypervisor, guest: GuestId) -> bool:
    """Whether the call issued through this door has ended."""
    return isinstance(look(door, guest).call, Returned)


def changed(order: BeginMove, **changes: object) -> BeginMove:
    """The order with another transport."""
    transport: Transport = dataclasses.replace(order.transport, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(order, transport=transport)


class LookingContract:
    """Sightings of guests nobody moves."""

    def test_an_unknown_guest_is_proven_absent(self, bench: Bench) -> None:
        assert look(bench.source, NOBODY) == Sighting(power=Power.ABSENT, call=NotOurs())

    def test_a_running_guest(self, bench: Bench) -> None:
        guest = bench.guest()
        first = look(bench.source, guest)
        assert (first.power, first.persistent, first.autostart) == (Power.RUNNING, True, False)
        assert not first.moving and first.job is None and first.last_job is None and first.call == NotOurs()
        bench.wait(1.0)
        second = look(bench.source, guest)
        assert first.vcpu_time_ns is not None and second.vcpu_time_ns is not None
        assert second.vcpu_time_ns > first.vcpu_time_ns
        assert look(bench.destination, guest).power is Power.ABSENT

    def test_a_transient_guest(self, bench: Bench) -> None:
        assert not look(bench.source, bench.guest(persistent=False)).persistent

    def test_a_paused_guest_stands_still_until_it_is_resumed(self, bench: Bench) -> None:
        guest = bench.guest()
        assert bench.source.act(Suspend(guest=guest), within=WITHIN) == Done()
        first = look(bench.source, guest)
        assert (first.power, first.reason) == (Power.PAUSED, "user")
        bench.wait(1.0)
        assert look(bench.source, guest).vcpu_time_ns == first.vcpu_time_ns
        assert bench.source.act(Resume(guest=guest), within=WITHIN) == Done()
        assert look(bench.source, guest).power is Power.RUNNING

    def test_the_autostart_mark(self, bench: Bench) -> None:
        guest = bench.guest()
        for on in (True, False):
            assert bench.source.act(SetAutostart(guest=guest, on=on), within=WITHIN) == Done()
            assert look(bench.source, guest).autostart is on


class RefusingContract:
    """What is refused, and changes nothing."""

    def test_commands_for_a_guest_nobody_knows(self, bench: Bench) -> None:
        for command in (Suspend(guest=NOBODY), Resume(guest=NOBODY), Undefine(guest=NOBODY), Cancel(guest=NOBODY)):
            assert isinstance(bench.source.act(command, within=WITHIN), Refused), command

    def test_a_move_of_a_guest_nobody_knows(self, bench: Bench) -> None:
        assert isinstance(bench.source.act(bench.order(NOBODY), within=WITHIN), Refused)
        assert look(bench.source, NOBODY).call == NotOurs()

    def test_an_active_guest_is_not_undefined(self, bench: Bench) -> None:
        guest = bench.guest()
        assert isinstance(bench.source.act(Undefine(guest=guest), within=WITHIN), Refused)
        assert look(bench.source, guest).persistent

    def test_there_is_nothing_to_cancel(self, bench: Bench) -> None:
        guest = bench.guest()
        assert isinstance(bench.source.act(Cancel(guest=guest), within=WITHIN), Refused)
        assert look(bench.source, guest).power is Power.RUNNING


class MovingContract:
    """Moves from their first sign to what they leave."""

    def test_a_move_is_issued_seen_and_ends(self, bench: Bench) -> None:
        guest = bench.guest(busy=True)
        assert bench.source.act(bench.order(guest), within=WITHIN) == Done()
        bench.until(lambda: look(bench.source, guest).moving)
        bench.until(lambda: look(bench.destination, guest).power is Power.INCOMING)
        seen = look(bench.source, guest)
        assert seen.moving and seen.job is not None and seen.call == InFlight() and seen.power is Power.RUNNING
        assert look(bench.destination, guest).call == NotOurs()
        bench.until(lambda: returned(bench.source, guest))
        here, there = look(bench.source, guest), look(bench.destination, guest)
        assert isinstance(here.call, Returned) and here.call.effect == Done()
        assert here.power is Power.ABSENT and not here.moving
        assert (there.power, there.reason, there.persistent) == (Power.RUNNING, "migrated", True)
        assert there.last_job is not None and there.last_job.downtime_ms is not None
        assert there.last_job.transferred_bytes > 0

    def test_a_second_order_for_a_guest_that_is_moving(self, bench: Bench) -> None:
        guest = bench.guest(busy=True)
        bench.source.act(bench.order(guest), within=WITHIN)
        assert isinstance(bench.source.act(bench.order(guest), within=WITHIN), Refused)
        bench.until(lambda: returned(bench.source, guest))
        assert look(bench.destination, guest).power is Power.RUNNING

    def test_there_and_back_leaves_no_residue(self, bench: Bench) -> None:
        guest = bench.guest()
        bench.source.act(bench.order(guest), within=WITHIN)
        bench.until(lambda: returned(bench.source, guest))
        bench.destination.act(bench.order(guest, back=True), within=WITHIN)
        bench.until(lambda: returned(bench.destination, guest))
        assert look(bench.destination, guest).power is Power.ABSENT
        here = look(bench.source, guest)
        assert here.power is Power.RUNNING and here.persistent

    def test_a_transient_guest_stays_transient(self, bench: Bench) -> None:
        guest = bench.guest(persistent=False)
        bench.source.act(changed(bench.order(guest), persistent=False), within=WITHIN)
        bench.until(lambda: returned(bench.source, guest))
        assert look(bench.source, guest).power is Power.ABSENT
        there = look(bench.destination, guest)
        assert there.power is Power.RUNNING and not there.persistent

    def test_a_paused_guest_stays_paused(self, bench: Bench) -> None:
        guest = bench.guest()
        bench.source.act(Suspend(guest=guest), within=WITHIN)
        bench.source.act(changed(bench.order(guest), paused=True), within=WITHIN)
        bench.until(lambda: returned(bench.source, guest))
        there = look(bench.destination, guest)
        assert (there.power, there.moving) == (Power.PAUSED, False)
        bench.destination.act(Resume(guest=guest), within=WITHIN)
        assert look(bench.destination, guest).power is Power.RUNNING

    def test_a_cancelled_move_leaves_the_guest_where_it_was(self, bench: Bench) -> None:
        guest = bench.guest(busy=True)
        bench.source.act(bench.order(guest), within=WITHIN)
        bench.until(lambda: look(bench.source, guest).moving)
        bench.wait(0.5)
        assert bench.source.act(Cancel(guest=guest), within=WITHIN) == Done()
        bench.until(lambda: returned(bench.source, guest))
        bench.until(lambda: look(bench.destination, guest).power is Power.ABSENT)
        here = look(bench.source, guest)
        assert here.power is Power.RUNNING and here.persistent and not here.moving
        assert isinstance(here.call, Returned) and here.call.effect != Done()

    def test_hints_may_come_and_never_hurt(self, bench: Bench) -> None:
        guest = bench.guest()
        heard: list[GuestId] = []
        with bench.source.listen(heard.append), bench.destination.listen(heard.append):
            bench.source.act(bench.order(guest), within=WITHIN)
            bench.until(lambda: returned(bench.source, guest))
        assert set(heard) <= {guest}


class TrafficContract:
    """What moves, whoever moves it."""

    def test_nothing_moves(self, bench: Bench) -> None:
        guest = bench.guest()
        assert bench.wandering(guest) == (None, None)

    def test_a_migration_that_ferry_did_not_begin_is_seen_at_both_ends(self, bench: Bench) -> None:
        guest, still = bench.guest(busy=True), bench.guest()
        bench.foreign(guest)
        bench.until(lambda: bench.wandering(guest) == ("out", "in"))
        assert look(bench.source, guest).call == NotOurs()
        assert bench.wandering(still) == (None, None)
        bench.until(lambda: bench.wandering(guest) == (None, None))
        bench.until(lambda: look(bench.destination, guest).reason == "migrated")

    def test_a_paused_guest_that_moves_is_no_arrival_at_its_source(self, bench: Bench) -> None:
        guest = bench.guest(busy=True)
        bench.source.act(Suspend(guest=guest), within=WITHIN)
        bench.source.act(changed(bench.order(guest), paused=True), within=WITHIN)
        bench.until(lambda: bench.wandering(guest) == ("out", "in"))
        bench.until(lambda: returned(bench.source, guest))
        assert bench.wandering(guest) == (None, None), "it has arrived, and stands paused as before"


class HypervisorContract(LookingContract, RefusingContract, MovingContract, TrafficContract):
    """All of it."""


class SteeringContract:
    """What is changed while a copy runs."""

    def test_a_cap_is_kept_and_can_be_lifted(self, bench: EngineBench) -> None:
        guest = bench.guest(busy=True)
        bench.begin(guest, bandwidth_bytes_per_second=4 * MIB)
        before = bench.sent(guest)
        bench.wait(3.0)
        assert 4 * MIB < bench.sent(guest) - before < 24 * MIB
        assert bench.source.act(SetBandwidth(guest=guest, bytes_per_second=None), within=WITHIN) == Done()
        bench.end(guest)
        assert look(bench.destination, guest).power is Power.RUNNING

    def test_a_running_copy_is_slowed(self, bench: EngineBench) -> None:
        guest = bench.guest(busy=True)
        bench.begin(guest, bandwidth_bytes_per_second=10 * MIB)
        assert bench.source.act(SetBandwidth(guest=guest, bytes_per_second=MIB), within=WITHIN) == Done()
        bench.wait(1.0)
        before = bench.sent(guest)
        bench.wait(3.0)
        assert 0 < bench.sent(guest) - before < 6 * MIB
        assert bench.source.act(Cancel(guest=guest), within=WITHIN) == Done()
        bench.end(guest)

    def test_a_larger_downtime_limit_lets_a_copy_end(self, bench: EngineBench) -> None:
        guest = bench.restless()
        bench.begin(guest, downtime_limit_ms=1)
        bench.until(lambda: (job := look(bench.source, guest).job) is not None and job.round > 3)
        assert not returned(bench.source, guest)
        assert bench.source.act(SetDowntimeLimit(guest=guest, limit_ms=2000), within=WITHIN) == Done()
        bench.end(guest)
        assert look(bench.destination, guest).reason == "migrated"

    def test_without_a_copy_there_is_nothing_to_steer(self, bench: EngineBench) -> None:
        guest = bench.guest()
        for command in (
            SetBandwidth(guest=guest, bytes_per_second=MIB),
            SetDowntimeLimit(guest=guest, limit_ms=100),
            StartPostCopy(guest=guest),
            PausePostCopy(guest=guest),
        ):
            assert isinstance(bench.source.act(command, within=WITHIN), Refused), command
        assert look(bench.source, guest).power is Power.RUNNING

    def test_a_guest_paused_during_the_copy_runs_again_when_that_is_cancelled(self, bench: EngineBench) -> None:
        guest = bench.guest(busy=True)
        bench.begin(guest, bandwidth_bytes_per_second=4 * MIB)
        assert bench.source.act(Suspend(guest=guest), within=WITHIN) == Done()
        seen = look(bench.source, guest)
        assert (seen.power, seen.reason, seen.moving) == (Power.PAUSED, "migration", True)
        assert isinstance(bench.source.act(Resume(guest=guest), within=WITHIN), Refused), "not while it is copied"
        assert bench.source.act(Cancel(guest=guest), within=WITHIN) == Done()
        bench.end(guest)
        bench.until(lambda: look(bench.source, guest).power is Power.RUNNING)

    def test_a_guest_paused_during_the_copy_runs_at_the_destination(self, bench: EngineBench) -> None:
        guest = bench.guest(busy=True)
        bench.begin(guest, bandwidth_bytes_per_second=16 * MIB)
        assert bench.source.act(Suspend(guest=guest), within=WITHIN) == Done()
        assert bench.source.act(SetBandwidth(guest=guest, bytes_per_second=None), within=WITHIN) == Done()
        bench.end(guest)
        assert look(bench.destination, guest).power is Power.RUNNING


class ArrivingContract:
    """Other ways to begin, and how guests arrive by them."""

    def test_a_held_copy_runs_when_it_is_told_to(self, bench: EngineBench) -> None:
        guest = bench.guest()
        bench.begin(guest, held=True)
        bench.end(guest)
        assert look(bench.source, guest).power is Power.ABSENT
        seen = look(bench.destination, guest)
        assert (seen.power, seen.reason, seen.moving) == (Power.PAUSED, "user", False)
        bench.wait(0.5)
        assert look(bench.destination, guest).vcpu_time_ns == seen.vcpu_time_ns
        assert bench.destination.act(StartHeld(guest=guest), within=WITHIN) == Done()
        assert look(bench.destination, guest).power is Power.RUNNING

    def test_a_guest_that_stands_still_for_the_whole_copy(self, bench: EngineBench) -> None:
        guest = bench.guest(busy=True)
        bench.begin(guest, mode=Mode.PAUSE)
        seen = look(bench.source, guest)
        assert (seen.power, seen.reason, seen.moving) == (Power.PAUSED, "migration", True)
        bench.end(guest)
        assert look(bench.destination, guest).power is Power.RUNNING
        assert look(bench.source, guest).power is Power.ABSENT

    def test_only_the_definition_moves(self, bench: EngineBench) -> None:
        guest = bench.guest()
        order = changed(bench.order(guest), mode=Mode.OFFLINE)
        assert isinstance(bench.source.act(order, within=WITHIN), Refused), "not of a guest that runs"
        bench.source.act(Suspend(guest=guest), within=WITHIN)
        assert bench.source.act(Discard(guest=guest), within=WITHIN) == Done()
        assert look(bench.source, guest).power is Power.SHUT_OFF
        assert bench.source.act(order, within=WITHIN) == Done()
        bench.end(guest)
        there = look(bench.destination, guest)
        assert (there.power, there.persistent) == (Power.SHUT_OFF, True)
        assert look(bench.source, guest).power is Power.ABSENT
        assert bench.destination.act(Start(guest=guest), within=WITHIN) == Done()
        assert look(bench.destination, guest).power is Power.RUNNING
        assert isinstance(bench.destination.act(Start(guest=guest), within=WITHIN), Refused)

    def test_driven_by_this_process(self, bench: EngineBench) -> None:
        guest = bench.guest()
        bench.begin(guest, control="direct")
        assert look(bench.source, guest).call == InFlight()
        bench.end(guest)
        call = look(bench.source, guest).call
        assert isinstance(call, Returned) and call.effect == Done()
        there = look(bench.destination, guest)
        assert (there.power, there.persistent) == (Power.RUNNING, True)
        assert look(bench.source, guest).power is Power.ABSENT

    def test_cancelled_while_driven_by_this_process(self, bench: EngineBench) -> None:
        guest = bench.guest(busy=True)
        bench.begin(guest, control="direct", bandwidth_bytes_per_second=4 * MIB)
        assert bench.source.act(Cancel(guest=guest), within=WITHIN) == Done()
        bench.end(guest)
        bench.until(lambda: look(bench.destination, guest).power is Power.ABSENT)
        assert look(bench.source, guest).power is Power.RUNNING

    def test_what_a_host_does_not_know_leaves_the_guest_where_it_was(self, bench: EngineBench) -> None:
        guest = bench.guest()
        assert bench.source.act(bench.beyond(guest), within=WITHIN) == Done()
        bench.end(guest)
        here = look(bench.source, guest)
        assert isinstance(here.call, Returned) and isinstance(here.call.effect, Refused)
        assert here.call.effect.unsupported and here.power is Power.RUNNING and here.persistent
        assert look(bench.destination, guest).power is Power.ABSENT

    def test_only_a_paused_copy_is_discarded(self, bench: EngineBench) -> None:
        guest = bench.guest()
        assert isinstance(bench.source.act(Discard(guest=guest), within=WITHIN), Refused)
        assert look(bench.source, guest).power is Power.RUNNING


class PostCopyContract:
    """The guest runs at the destination while its memory is on both hosts."""

    def split(self, bench: EngineBench, guest: GuestId) -> None:
        """Begin a copy, and switch."""
        bench.begin(
            guest, postcopy=True, bandwidth_bytes_per_second=16 * MIB, postcopy_bandwidth_bytes_per_second=4 * MIB
        )
        assert bench.source.act(StartPostCopy(guest=guest), within=WITHIN) == Done()
        bench.until(lambda: look(bench.source, guest).reason == "post-copy")
        bench.until(lambda: look(bench.destination, guest).reason == "post-copy")

    def test_both_halves_are_seen_until_the_last_page(self, bench: EngineBench) -> None:
        guest = bench.guest(busy=True)
        self.split(bench, guest)
        here, there = look(bench.source, guest), look(bench.destination, guest)
        assert (here.power, here.moving) == (Power.PAUSED, True) and here.job is not None and here.call == InFlight()
        assert (there.power, there.moving, there.job) == (Power.RUNNING, False, None)
        faster = SetBandwidth(guest=guest, bytes_per_second=None, postcopy=True)
        assert bench.source.act(faster, within=WITHIN) == Done()
        bench.end(guest)
        call = look(bench.source, guest).call
        assert isinstance(call, Returned) and call.effect == Done()
        there = look(bench.destination, guest)
        assert (there.power, there.reason, there.persistent) == (Power.RUNNING, "migrated", True)
        assert look(bench.source, guest).power is Power.ABSENT

    def test_the_second_half_is_slowed_while_it_runs(self, bench: EngineBench) -> None:
        """Pages that the guest asks for are sent at once, whatever the cap: it changes some 2 MB a second."""
        guest = bench.guest(busy=True)
        self.split(bench, guest)
        slower = SetBandwidth(guest=guest, bytes_per_second=MIB, postcopy=True)
        assert bench.source.act(slower, within=WITHIN) == Done()
        bench.wait(1.0)
        before = bench.sent(guest)
        bench.wait(3.0)
        assert bench.sent(guest) - before < 10 * MIB
        assert look(bench.source, guest).moving
        lifted = SetBandwidth(guest=guest, bytes_per_second=None, postcopy=True)
        assert bench.source.act(lifted, within=WITHIN) == Done()
        bench.end(guest)
        assert look(bench.destination, guest).reason == "migrated"

    def test_neither_half_is_ended_or_let_go(self, bench: EngineBench) -> None:
        guest = bench.guest(busy=True)
        self.split(bench, guest)
        for command in (Cancel(guest=guest), Resume(guest=guest), Discard(guest=guest), Undefine(guest=guest)):
            assert isinstance(bench.source.act(command, within=WITHIN), Refused), command
        for command in (Cancel(guest=guest), Discard(guest=guest)):
            assert isinstance(bench.destination.act(command, within=WITHIN), Refused), command
        bench.source.act(SetBandwidth(guest=guest, bytes_per_second=None, postcopy=True), within=WITHIN)
        bench.end(guest)
        assert look(bench.destination, guest).reason == "migrated"

    def test_without_the_possibility_there_is_no_switch(self, bench: EngineBench) -> None:
        guest = bench.guest(busy=True)
        bench.begin(guest, bandwidth_bytes_per_second=8 * MIB)
        assert isinstance(bench.source.act(StartPostCopy(guest=guest), within=WITHIN), Refused)
        bench.source.act(Cancel(guest=guest), within=WITHIN)
        bench.end(guest)
        assert look(bench.source, guest).power is Power.RUNNING


class RecoveryContract(PostCopyContract):
    """Both halves are connected again. Not towards libvirt 11.2 and 11.3, whose daemon dies of it."""

    def test_a_broken_one_is_kept_at_both_ends_and_recovered(self, bench: EngineBench) -> None:
        guest = bench.guest()
        self.split(bench, guest)
        # What the guest works with has come over then. A QEMU whose processor waits for a page with the global lock
        # held answers nothing but an out-of-band order, which libvirt does not give: it could not be recovered.
        bench.wait(4.0)
        assert bench.source.act(PausePostCopy(guest=guest), within=WITHIN) == Done()
        bench.until(lambda: look(bench.source, guest).reason == "post-copy failed")
        bench.until(lambda: look(bench.destination, guest).reason == "post-copy failed")
        bench.end(guest)
        call = look(bench.source, guest).call
        assert isinstance(call, Returned) and call.effect != Done()
        assert look(bench.source, guest).moving, "libvirt keeps its job"
        begun = bench.order(guest)
        again = RecoverPostCopy(
            guest=guest, destination=begun.destination, peer_uri=begun.peer_uri, transport=begun.transport
        )
        assert bench.source.act(again, within=WITHIN) == Done()
        bench.until(lambda: look(bench.source, guest).power is Power.ABSENT)
        there = look(bench.destination, guest)
        assert (there.power, there.reason, there.persistent) == (Power.RUNNING, "migrated", True)


class EngineContract(SteeringContract, ArrivingContract, RecoveryContract):
    """All that a steered copy needs beyond the rest."""
