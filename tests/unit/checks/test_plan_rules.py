"""Rules over all moves of a plan together."""

import pytest

from orchestrator.checks import plan_hugepages
from orchestrator.checks.case import OfPlan
from orchestrator.model.facts import Unknown
from orchestrator.model.hardware import Hardware, HugePages
from orchestrator.model.host import HostName
from orchestrator.model.machine import NumaCell, Pages
from orchestrator.model.move import Move
from orchestrator.model.transport import Transport
from tests.unit.checks.builders import GIB, TODAY, guest, host, settings, uuid
from tests.unit.checks.rows import Row, hold, no, ok, proven, undecided

A, B = HostName("kvm01"), HostName("kvm02")
TRANSPORT = Transport(
    network="migration",
    address="10.0.2.2",
    persistent=True,
    paused=False,
    downtime_limit_ms=300,
    bandwidth_bytes_per_second=None,
    sharing_proven=False,
)


def plan_of(*memory_gib: int, free_gib: int = 4, size_kib: int | None = 2048, **there) -> OfPlan:
    """Guests of these sizes in huge pages, all to kvm02."""
    hardware = Hardware() if size_kib == 4 else Hardware(hugepages=(HugePages(size_kib=size_kib),))
    guests = [
        guest(f"db-{n}", uuid=uuid(n), memory_bytes=gib * GIB, hardware=hardware) for n, gib in enumerate(memory_gib)
    ]
    pages = Pages(size_kib=2048, total=10_000, free=free_gib * GIB // (2048 * 1024))
    cell = NumaCell(id=0, memory_bytes=64 * GIB, free_bytes=GIB, cpus=frozenset({0}), pages=(pages,))
    moves = tuple(
        Move(
            guest=g.uuid,
            name=g.name,
            source=A,
            destination=B,
            peer_uri="",
            memory_bytes=g.memory_bytes,
            persistent=True,
            autostart=False,
            paused=False,
            transport=TRANSPORT,
            probe_address=None,
            because="",
        )
        for g in guests
    )
    destination = host(B, **{"numa": (cell,)} | there)
    return OfPlan(settings=settings(), today=TODAY, moves=moves, hosts=(host(A, *guests), destination))


ROWS = {
    "enough for both": ok(plan_hugepages, plan_of(2, 2)),
    "not enough for both": no(plan_hugepages, plan_of(2, 3), "db-0, db-1", "5120 MiB together", "4096 MiB free"),
    "one alone is not the plan's": ok(plan_hugepages, plan_of(5)),
    "ordinary memory": ok(plan_hugepages, plan_of(9, 9, size_kib=4)),
    "the default size is not certain": ok(plan_hugepages, plan_of(9, 9, size_kib=None)),
    "cells unread": undecided(plan_hugepages, plan_of(2, 2, numa=Unknown(why="x", code="host.shell")), "x"),
    "cells unread, nobody needs them": ok(plan_hugepages, plan_of(2, size_kib=4, numa=Unknown(why="x"))),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_rule(row: Row) -> None:
    hold(row)


def test_all_three_outcomes_are_shown() -> None:
    assert proven(ROWS.values()) == {"plan-hugepages": {"pass", "fail", "unknown"}}
