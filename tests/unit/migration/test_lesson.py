"""What a finished move teaches about its way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.migration.lesson import lesson
from orchestrator.migration.record import MoveRecord
from orchestrator.model.move import Outcome, State
from orchestrator.model.offer import Crossing
from orchestrator.model.sample import Sample
from orchestrator.model.transport import Method
from tests.unit.migration import scenes as s

MB = 1_000_000


def arrived(method: Method = Method.TCP, state: State = State.MIGRATED, **more: object) -> MoveRecord:
    outcome = Outcome(guest=s.GUEST, state=state, where=None, because="so", handover_ms=7)
    return replace(s.record(state), outcome=outcome, transport=replace(s.TRANSPORT, method=method), **more)


def sent(*points: tuple[float, float]):
    """Seconds and megabytes; libvirt's own figure is always twice too high."""
    made = [(at, replace(s.sample(), round=1, processed_bytes=round(mb * MB))) for at, mb in points]
    return [(s.NOW + timedelta(seconds=at), replace(one, transfer_bytes_per_second=100 * MB)) for at, one in made]


STEADY = sent(*((t / 2, 25 * t) for t in range(20)))


def test_a_link_is_as_fast_as_it_lastingly_was() -> None:
    assert lesson(arrived(), STEADY) == Crossing(handover_ms=7, bytes_per_second=50 * MB)


def test_a_burst_is_no_rate() -> None:
    burst = sent((0, 0), (1, 20), (2, 40), (2.1, 41), (3, 60), (4, 80))
    assert lesson(arrived(), burst).bytes_per_second == 20 * MB


def test_a_copy_that_is_soon_over_shows_its_whole_rate() -> None:
    assert lesson(arrived(), sent((0, 0), (0.3, 30), (0.6, 60))).bytes_per_second == 100 * MB
    assert lesson(arrived(), sent((0, 0), (0.1, 30))).bytes_per_second is None
    assert lesson(arrived(), []).bytes_per_second is None


def test_another_attempt_counts_from_nothing() -> None:
    again = sent((0, 0), (2, 100), (2.5, 0), (3.5, 20), (4.5, 40))
    assert lesson(arrived(), again).bytes_per_second == 50 * MB
    assert lesson(arrived(), again[2:]).bytes_per_second == 20 * MB


@pytest.mark.parametrize("method", [Method.XBZRLE, Method.COMPRESSED])
def test_a_way_that_saves_bytes_shows_no_link(method: Method) -> None:
    assert lesson(arrived(method), STEADY) == Crossing(handover_ms=7)


def test_nor_does_a_cap() -> None:
    assert lesson(arrived(bandwidth_bytes_per_second=50 * MB), STEADY) == Crossing(handover_ms=7)


def test_what_did_not_arrive_teaches_nothing() -> None:
    assert lesson(arrived(state=State.KEPT), STEADY) == Crossing()


def test_before_the_first_round_nothing_is_sent() -> None:
    waited: list[tuple[object, Sample]] = [(s.NOW, replace(s.sample(), round=0)), *sent((10, 0), (12, 100))]
    assert lesson(arrived(), waited).bytes_per_second == 50 * MB
