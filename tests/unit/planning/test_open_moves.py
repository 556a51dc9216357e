"""What is on record of moves that are not over decides with the facts."""

from dataclasses import replace

import pytest

from orchestrator.model.facts import Unknown
from orchestrator.model.guest import Power
from orchestrator.model.host import HostName
from orchestrator.model.move import State
from orchestrator.model.open_move import OpenMove
from orchestrator.model.request import MoveRequest
from orchestrator.model.run import RunId
from orchestrator.planning.planner import plan
from tests.unit.checks.builders import OTHER, SILENT, TODAY, WEB, guest, host, settings
from tests.unit.planning.worlds import surveyed

A, B, C = HostName("kvm01"), HostName("kvm02"), HostName("kvm03")
OPEN = OpenMove(
    run=RunId("r1"), guest=WEB, name="web", source=A, destination=B, state=State.UNCLEAR, because="kvm02 is silent",
    code="guest.side-silent",
)  # fmt: skip
HELD = replace(OPEN, held=True, code="guest.contradiction")


def against(move: OpenMove, hosts, *, to=C):
    given = settings(A, B, C)
    request = MoveRequest(guests=("web",), to=to)
    made = plan(request, given, surveyed(request, given, hosts), TODAY, {move.guest: (move,)})
    return made.moves, [f.check for f in made.blockers()]


def world(where=A, second=None):
    named = {n: host(n, *([guest()] if n == where else [])) for n in (A, B, C)}
    return named | ({B: second} if second is not None else {})


@pytest.mark.parametrize("move", [OPEN, HELD, replace(OPEN, driven=True)])
@pytest.mark.parametrize("to", [C, B, None])
def test_a_guest_whose_move_is_not_over_goes_nowhere(move, to) -> None:
    assert against(move, world(), to=to) == ((), ["open-move"])


def test_that_of_another_guest_is_no_matter() -> None:
    moves, blockers = against(replace(OPEN, guest=OTHER), world())
    assert len(moves) == 1 and not blockers


def test_nothing_is_left_to_choose_where_both_hosts_are_without_it() -> None:
    assert against(HELD, world(where=C), to=A)[1] == []
    off = host(B, guest(power=Power.SHUT_OFF))
    assert against(HELD, world(where=C, second=off), to=A)[1] == []


@pytest.mark.parametrize("second", [SILENT, host(B, guest(power=Power.INCOMING))])
def test_a_copy_that_may_be_there_is_something_left(second) -> None:
    assert "open-move" in against(HELD, world(where=C, second=second), to=A)[1]


def test_a_silent_host_is_asked_again_whatever_the_others_say() -> None:
    assert against(OPEN, world(where=C), to=A)[1] == ["open-move"]


def test_a_store_that_does_not_answer_is_told() -> None:
    given, hosts = settings(A, B, C), world()
    request = MoveRequest(guests=("web",), to=C)
    made = plan(request, given, surveyed(request, given, hosts), TODAY, Unknown(why="the store is locked"))
    assert [(f.check, f.undecided) for f in made.findings if f.undecided] == [("open-move", "the store is locked")]
