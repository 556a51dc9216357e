"""Guests whose moves hold their slots count at their destinations before these show them."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.model.ledger import Ledger, Standing, Ticket
from orchestrator.model.open_move import Coming
from orchestrator.model.run import RunId
from orchestrator.model.sample import Sample
from orchestrator.model.transport import Mode
from orchestrator.operations.open_moves import coming
from tests.screens import world

MOVE = world.move("web-01", 1)
RUN = RunId("r1")
GIB = 2**30


def sample(round_: int, remaining: int, total: int = 4 * GIB) -> Sample:
    return Sample(
        elapsed_ms=1, total_bytes=total, processed_bytes=0, remaining_bytes=remaining, transfer_bytes_per_second=0,
        dirty_bytes_per_second=0, round=round_,
    )  # fmt: skip


def store(standing: Standing, *samples: Sample, move: Any = MOVE) -> Any:
    ticket = Ticket(
        run=RUN, guest=move.guest, name=move.name, costs={}, since=world.BEGIN, standing=standing,
        source=move.source, destination=move.destination,
    )  # fmt: skip
    return SimpleNamespace(
        ledger=lambda: Ledger(version=1, tickets=(ticket,)),
        runs=lambda unfinished: (SimpleNamespace(id=RUN, moves=(move,)),),
        samples=lambda _run, _guest: tuple((world.BEGIN, one) for one in samples),
    )


def test_who_waits_for_a_slot_is_not_on_the_way() -> None:
    assert coming(store(Standing.WAITING)) == ()
    offline = replace(MOVE, transport=replace(MOVE.transport, mode=Mode.OFFLINE))
    assert coming(store(Standing.HOLDING, move=offline)) == (), "a definition takes no memory"


@pytest.mark.parametrize(
    ("samples", "filled"),
    [
        ((), 0),
        ((sample(0, 0, total=0),), 0),
        ((sample(1, 3 * GIB),), GIB),
        ((sample(1, 3 * GIB), sample(2, 2 * GIB)), 4 * GIB),
        ((sample(1, 5 * GIB),), 0),
    ],
)
def test_what_has_arrived_is_known_from_the_last_sample(samples, filled: int) -> None:
    (one,) = coming(store(Standing.HOLDING, *samples))
    assert one == Coming(
        guest=MOVE.guest, destination=MOVE.destination, memory_bytes=MOVE.memory_bytes, filled_bytes=filled
    )
