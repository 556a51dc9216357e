"""What every Hypervisor keeps, whatever is behind it. A subclass says how guests come to be and how time passes."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable

from orchestrator.model.command import BeginMove, Cancel, Resume, SetAutostart, Suspend, Undefine
from orchestrator.model.effect import Done, Refused
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.sighting import InFlight, NotOurs, Returned, Sighting
from orchestrator.model.transport import Transport
from orchestrator.ports import Hypervisor

NOBODY = GuestId("00000000-0000-4000-8000-000000000000")
WITHIN = 10.0


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

    def until(self, seen: Callable[[], bool], *, within: float = 60.0) -> None:
        """Let time pass until something is seen."""
        for _ in range(int(within / 0.1)):
            if seen():
                return
            self.wait(0.1)
        raise AssertionError("it was not seen in time")


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


class HypervisorContract(LookingContract, RefusingContract, MovingContract):
    """All of it."""
