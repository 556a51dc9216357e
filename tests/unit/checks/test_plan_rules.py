"""Rules over all moves of a plan together."""

from dataclasses import replace

import pytest

from orchestrator.checks import plan_hugepages, plan_mdev
from orchestrator.checks.case import OfPlan
from orchestrator.checks.runner import run
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import Guest, HostDevice, Power
from orchestrator.model.hardware import Hardware, HugePages
from orchestrator.model.host import HostName
from orchestrator.model.machine import Devices, MdevType, NumaCell, Pages
from orchestrator.model.move import Move
from orchestrator.model.transport import Transport
from tests.unit.checks.builders import GIB, TODAY, guest, host, settings, uuid
from tests.unit.checks.rows import Row, hold, no, ok, proven, undecided, warn

A, B = HostName("kvm01"), HostName("kvm02")
BROKEN = Unknown(why="the script broke off", code="host.shell")
TRANSPORT = Transport(
    network="migration",
    address="10.0.2.2",
    persistent=True,
    paused=False,
    downtime_limit_ms=300,
    bandwidth_bytes_per_second=None,
    sharing_proven=False,
)


def move(one: Guest, to: HostName = B) -> Move:
    return Move(
        guest=one.uuid,
        name=one.name,
        source=A,
        destination=to,
        peer_uri="",
        memory_bytes=one.memory_bytes,
        persistent=True,
        autostart=False,
        paused=False,
        transport=TRANSPORT,
        probe_address=None,
        because="",
    )


def plan(*guests: Guest, moves: tuple[Move, ...] | None = None, **there) -> OfPlan:
    """All of these to kvm02, which is different in these points."""
    moves = tuple(map(move, guests)) if moves is None else moves
    return OfPlan(settings=settings(), today=TODAY, moves=moves, hosts=(host(A, *guests), host(B, **there)))


# Huge pages


def db(number: int, gib: int, size_kib: int | None = 2048, **changes) -> Guest:
    """A guest of that size, all of it in huge pages."""
    hardware = Hardware(hugepages=(HugePages(size_kib=size_kib),))
    return replace(guest(f"db-{number}", uuid=uuid(number), memory_bytes=gib * GIB, hardware=hardware), **changes)


def pages(size_kib: int, free_gib: int, total: int = 10_000) -> Pages:
    return Pages(size_kib=size_kib, total=total, free=free_gib * GIB // (size_kib * 1024))


def cell(*sizes: Pages) -> NumaCell:
    ordinary = Pages(size_kib=4, total=9_000_000, free=8_000_000)
    return NumaCell(id=0, memory_bytes=64 * GIB, free_bytes=GIB, cpus=frozenset({0}), pages=(ordinary, *sizes))


def plan_of(*memory_gib: int, free_gib: int = 4, size_kib: int | None = 2048, **there) -> OfPlan:
    """Guests of these sizes in huge pages, all to kvm02."""
    guests = [db(n, gib, size_kib) for n, gib in enumerate(memory_gib)]
    return plan(*guests, **({"numa": (cell(pages(2048, free_gib), pages(1048576, 0, total=0)),)} | there))


def onto(*there: Guest) -> OfPlan:
    """Guests of 2 and 1 GiB to kvm02, which has 4 GiB of huge pages and these guests."""
    return plan_of(2, 1, guests=there)


TWO_SIZES = (cell(pages(2048, 4), pages(1048576, 2)),)
STALE = replace(db(0, 60), power=Power.SHUT_OFF)
SOME_CELLS = Hardware(hugepages=(HugePages(size_kib=2048, nodes=frozenset({0})),))

HUGE = {
    "enough for both": ok(plan_hugepages, plan_of(2, 2)),
    "not enough for both": no(plan_hugepages, plan_of(2, 3), "db-0, db-1", "5120 MiB together", "4096 MiB free"),
    "one alone is not the plan's": ok(plan_hugepages, plan_of(5)),
    "ordinary memory": ok(plan_hugepages, plan(guest("a", uuid=uuid(1)), guest("b", uuid=uuid(2)), numa=BROKEN)),
    "ordinary pages by name": ok(plan_hugepages, plan_of(9, 9, size_kib=4)),
    "some cells only": ok(plan_hugepages, plan(*(db(n, 9, hardware=SOME_CELLS) for n in (1, 2)), numa=BROKEN)),
    "the default size": no(
        plan_hugepages, plan_of(2, 3, size_kib=None), "huge pages of 2048 KiB, 5120 MiB together", "4096 MiB free"
    ),
    "the default size, enough": ok(plan_hugepages, plan_of(2, 2, size_kib=None)),
    "the default size and the same by name": no(
        plan_hugepages,
        plan(db(1, 2), db(2, 3, None), numa=(cell(pages(2048, 4)),)),
        "db-1, db-2 lie in huge pages of 2048 KiB",
    ),
    "the default size, which could be either": ok(plan_hugepages, plan(db(1, 3, None), db(2, 3, None), numa=TWO_SIZES)),
    "the default size, too much for both": no(
        plan_hugepages,
        plan(db(1, 3, None), db(2, 4, 2048), numa=TWO_SIZES),
        "db-1, db-2 lie in huge pages, 7168 MiB together",
        "6144 MiB free",
    ),
    "one alone of each size is not the plan's": ok(plan_hugepages, plan(db(1, 2), db(2, 3, 1048576), numa=TWO_SIZES)),
    "the default size, none set aside": no(
        plan_hugepages, plan(db(1, 1, None), db(2, 1, None), numa=(cell(),)), "0 MiB"
    ),
    "a stale definition elsewhere": ok(plan_hugepages, plan_of(2, 2, guests=(STALE,))),
    "a third arrives": warn(
        plan_hugepages,
        onto(db(7, 2, power=Power.INCOMING)),
        "db-0, db-1 lie in huge pages",
        "db-7 is on its way there already with 2048 MiB",
    ),
    "a third arrives, room for all": ok(plan_hugepages, onto(db(7, 1, power=Power.INCOMING))),
    "a third runs there": ok(plan_hugepages, onto(db(7, 9))),
    "a third arrives in ordinary memory": ok(plan_hugepages, onto(guest("x", uuid=uuid(7), power=Power.INCOMING))),
    "one goes, one arrives": warn(plan_hugepages, plan_of(3, guests=(db(7, 2, power=Power.INCOMING),)), "db-7"),
    "the same one arrives already": ok(plan_hugepages, plan_of(3, guests=(db(0, 3, power=Power.INCOMING),))),
    "cells unread": undecided(plan_hugepages, plan_of(2, 2, numa=BROKEN), "broke off"),
    "cells unread, one alone": ok(plan_hugepages, plan_of(2, numa=BROKEN)),
}


# Mediated devices


def desk(number: int, *kinds: str | None) -> Guest:
    """A guest with a mediated device of each of these types."""
    held = tuple(HostDevice(kind="mdev", address=str(n), mdev_type=kind) for n, kind in enumerate(kinds))
    return guest(f"desk-{number}", uuid=uuid(number), host_devices=held)


def makes(**available: int) -> Devices:
    return Devices(mdev=tuple(MdevType(name=name, available=count) for name, count in available.items()))


MDEV = {
    "room for both desks": ok(plan_mdev, plan(desk(1, "small"), desk(2, "small"), devices=makes(small=2))),
    "room for one desk": no(
        plan_mdev,
        plan(desk(1, "small"), desk(2, "small"), devices=makes(small=1, large=9)),
        "desk-1, desk-2 hold 2 mediated devices of type small together; kvm02 can make 1 more",
        "nodedev-list mdev",
    ),
    "room for two of three devices": no(
        plan_mdev, plan(desk(1, "small", "small"), desk(2, "small"), devices=makes(small=2)), "hold 3 mediated"
    ),
    "two types, room for each": ok(
        plan_mdev, plan(desk(1, "small"), desk(2, "large"), devices=makes(small=1, large=1))
    ),
    "one desk is mdev-device's": ok(plan_mdev, plan(desk(1, "small", "small"), devices=BROKEN)),
    "a type nobody says is mdev-device's": ok(plan_mdev, plan(desk(1, None), desk(2, None), devices=BROKEN)),
    "no such device": ok(plan_mdev, plan(guest("a", uuid=uuid(1)), guest("b", uuid=uuid(2)), devices=BROKEN)),
    "a PCI device": ok(
        plan_mdev,
        plan(
            *(guest(f"g{n}", uuid=uuid(n), host_devices=(HostDevice(kind="pci", address="1"),)) for n in (1, 2)),
            devices=makes(),
        ),
    ),
    "a stale definition of a desk": ok(
        plan_mdev,
        plan(
            desk(1, "small"),
            desk(2, "small"),
            guests=(replace(desk(1, "small", "small"), power=Power.SHUT_OFF),),
            devices=makes(small=2),
        ),
    ),
    "devices unread": undecided(
        plan_mdev, plan(desk(1, "small"), desk(2, "small"), devices=BROKEN), "broke off", severity="blocker"
    ),
}

ROWS = {**HUGE, **MDEV}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_rule(row: Row) -> None:
    hold(row)


def test_all_three_outcomes_are_shown() -> None:
    outcomes = {"pass", "fail", "unknown"}
    assert proven(ROWS.values()) == {"plan-hugepages": outcomes, "plan-mdev": outcomes}
    assert len(ROWS) == len(HUGE) + len(MDEV)


def test_each_destination_is_counted_by_itself() -> None:
    third = HostName("kvm03")
    guests = (db(1, 3), db(2, 3), desk(3, "small"), desk(4, "small"))
    given = plan(*guests, moves=tuple(move(one, to) for one, to in zip(guests, (B, third) * 2, strict=True)))
    there = {"numa": (cell(pages(2048, 4)),), "devices": makes(small=1)}
    given = replace(
        given, settings=settings(A, B, third), hosts=(host(A, *guests), host(B, **there), host(third, **there))
    )
    assert run((plan_hugepages.RULE, plan_mdev.RULE), given) == ()
