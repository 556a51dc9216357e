"""A guest whose move is not over is not moved again."""

from dataclasses import replace

import pytest

from orchestrator.checks import active_job, open_move
from orchestrator.checks.modes import concerns
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.move import State
from orchestrator.model.open_move import OpenMove
from orchestrator.model.run import RunId
from orchestrator.model.transport import Mode
from tests.unit.checks.builders import WEB, case, guest
from tests.unit.checks.rows import Row, hold, no, ok, undecided

OPEN = OpenMove(
    run=RunId("r1"), guest=WEB, name="web", source=HostName("kvm01"), destination=HostName("kvm02"),
    state=State.UNCLEAR, because="kvm02 is silent", code="guest.side-silent",
)  # fmt: skip
DRIVEN = replace(OPEN, driven=True, state=State.PRECOPY, because="", code=None)
HELD = replace(OPEN, held=True, code="guest.runs-twice", because="it runs twice")
WAY = "run r1 moves web from kvm01 to kvm02, and that is not over: "


def having(*moves: OpenMove):
    """A guest of which this is on record."""
    return replace(case(), open_moves=moves)


ROWS = {
    "none": ok(open_move, case()),
    "a host was silent": no(open_move, having(OPEN), f"{WAY}unclear (kvm02 is silent).", "end: ferry resume r1"),
    "it goes on": no(open_move, having(DRIVEN), f"{WAY}pre-copy.", "over: ferry status   If its process is dead: "),
    "it runs twice": no(open_move, having(HELD), WAY, f"ferry resolve r1 {WEB} --keep source", exit_code=7),
    "a contradiction": no(
        open_move,
        having(replace(HELD, code="guest.contradiction")),
        f"ferry resolve r1 {WEB} --keep destination",
        exit_code=7,
    ),
    "its own job is not ended behind its back": no(
        active_job, replace(having(DRIVEN), guest=guest(active_job="migration")), "ferry status", "ferry abort web"
    ),
    "a job beside a held move is somebody else's": no(
        active_job, replace(having(HELD), guest=guest(active_job="backup")), "domjobabort web"
    ),
    "the store does not answer": undecided(
        open_move, replace(case(), open_moves=Unknown(why="the store is locked", code="store.unavailable")), "is locked"
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_row(row: Row) -> None:
    hold(row)


def test_it_is_never_let_pass_in_any_mode() -> None:
    assert not open_move.RULE.waivable
    assert all(concerns("open-move", mode) for mode in Mode)
