"""Moves that had not begun when their run was interrupted are checked anew."""

from dataclasses import replace

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.move import State
from orchestrator.model.plan import Plan
from orchestrator.model.transport import Mode
from orchestrator.operations import unbegun
from tests.scenarios.simulated import B, Bench, C


@pytest.fixture
def moves():
    bench = Bench()
    first, second, third = (bench.move(bench.guest(n)) for n in (1, 2, 3))
    return (first, second, replace(third, destination=C))


def blocker(move) -> Finding:
    return Finding(
        check="cpu", severity=Severity.BLOCKER, guest=move.name, source=move.source, destination=move.destination,
        saw=f"{move.name} lost a feature", fix="",
    )  # fmt: skip


def planned(monkeypatch, answer):
    """Have every request answered by `answer`; the requests are kept."""
    asked = []

    def propose(_doors, request):
        asked.append(request)
        return answer(request)

    monkeypatch.setattr(unbegun, "propose", propose)
    return asked


def test_nothing_speaks_against_them(moves, monkeypatch) -> None:
    asked = planned(monkeypatch, lambda r: Plan(moves=tuple(m for m in moves if m.destination == r.to), findings=()))
    assert unbegun.drifted(None, moves) == ()
    names = [f"{m.source}/{m.guest}" for m in moves]
    assert [(r.to, list(r.guests)) for r in asked] == [(B, names[:2]), (C, names[2:])]


def test_a_blocker_ends_its_own_move(moves, monkeypatch) -> None:
    findings = (blocker(moves[0]), blocker(moves[1]))
    planned(monkeypatch, lambda _r: Plan(moves=(moves[0], moves[2]), findings=findings))
    (outcome,) = unbegun.drifted(None, moves)
    assert (outcome.guest, outcome.state, outcome.code) == (moves[1].guest, State.KEPT, "migration.drifted")
    assert outcome.because == "cpu: guest-02 lost a feature"


def test_a_guest_that_is_on_another_host_by_now_is_not_moved(moves, monkeypatch) -> None:
    planned(monkeypatch, lambda _r: Plan(moves=(replace(moves[0], source=C), *moves[1:]), findings=()))
    assert [o.guest for o in unbegun.drifted(None, moves)] == [moves[0].guest]


def test_a_guest_that_cannot_be_found_does_not_speak_for_the_others(moves, monkeypatch) -> None:
    def answer(request):
        if any(moves[1].guest in name for name in request.guests):
            raise OrchestratorError.of("host.unreachable", "kvm01 does not answer")
        return Plan(moves=moves, findings=())

    planned(monkeypatch, answer)
    (outcome,) = unbegun.drifted(None, moves)
    assert (outcome.guest, outcome.because) == (moves[1].guest, "kvm01 does not answer")


def test_each_is_checked_for_the_way_it_is_to_move(moves, monkeypatch) -> None:
    offline = replace(moves[1], transport=replace(moves[1].transport, mode=Mode.OFFLINE))
    asked = planned(monkeypatch, lambda _r: Plan(moves=(moves[0], offline), findings=()))
    assert unbegun.drifted(None, (moves[0], offline)) == ()
    assert [(r.to, r.mode, len(r.guests)) for r in asked] == [(B, Mode.LIVE, 1), (B, Mode.OFFLINE, 1)]
