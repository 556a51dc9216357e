"""What samples teach: rates by our own clock, rounds, low-water marks."""

from dataclasses import replace

import pytest

from orchestrator.migration.course import Course, follow
from orchestrator.migration.lever import Lever, pulled
from orchestrator.model.command import SetDowntimeLimit, StartPostCopy, Suspend
from orchestrator.model.sample import Sample
from tests.unit.migration.scenes import GUEST

MB = 1_000_000


def sample(left: float, sent: float, *, number: int = 1, **more: object) -> Sample:
    return Sample(
        elapsed_ms=0,
        total_bytes=500 * MB,
        processed_bytes=round(sent * MB),
        remaining_bytes=round(left * MB),
        transfer_bytes_per_second=999,
        dirty_bytes_per_second=0,
        round=number,
        **more,
    )


def course(*samples: tuple[float, Sample]) -> Course:
    found = None
    for at, one in samples:
        found = follow(found, one, at)
    assert found is not None
    return found


def test_rates_are_measured_by_us_and_not_libvirts() -> None:
    found = course(*((t / 2, sample(500 - 25 * t, 25 * t)) for t in range(10)))
    assert found.wire == pytest.approx(50 * MB)
    assert found.guest == pytest.approx(50 * MB)
    assert found.best_wire == pytest.approx(50 * MB)


def test_the_time_before_the_first_page_makes_no_link_look_slow() -> None:
    found = course((0.0, sample(0, 0, number=0)), (0.5, sample(500, 2)), (1.5, sample(260, 242)))
    assert found.wire == pytest.approx(240 * MB)


def test_one_slow_look_does_not_decide() -> None:
    steady = [(t / 2, sample(500 - 25 * t, 25 * t)) for t in range(10)]
    found = course(*steady, (5.0, sample(500 - 225, 225)))
    assert found.wire is not None
    assert 35 * MB < found.wire < 45 * MB
    assert found.best_wire == pytest.approx(50 * MB)


def test_a_new_cap_is_seen_within_seconds() -> None:
    steady = [(t / 2, sample(500 - 25 * t, 25 * t)) for t in range(10)]
    found = course(*steady, *((4.5 + t / 2, sample(275 - 5 * t, 225 + 5 * t)) for t in range(1, 13)))
    assert found.wire == pytest.approx(10 * MB, rel=0.3)


def test_memory_and_disks_are_told_apart() -> None:
    found = course(
        (0, sample(700, 0, memory_remaining_bytes=500 * MB)), (1, sample(600, 100, memory_remaining_bytes=450 * MB))
    )
    assert found.guest == pytest.approx(50 * MB)
    assert found.rounds[0].began_with == 500 * MB


def test_what_was_changed_in_a_round_does_not_depend_on_when_the_look_was() -> None:
    """20 left at 9.6 s; then 30 were sent, and 90 are left of the next round: 100 were changed."""
    early = [(0.0, sample(500, 0)), (9.6, sample(20, 480))]
    first, second = course(*early, (10.2, sample(90, 510, number=2))).rounds
    assert first.changed == pytest.approx(100 * MB)
    assert (first.lasted, first.count) == (pytest.approx(10.2), 1)
    assert (second.number, second.began_with, second.lasted) == (2, 90 * MB, None)
    later = course(*early, (10.6, sample(70, 530, number=2)))
    assert later.rounds[0].changed == pytest.approx(100 * MB)


def test_rounds_that_nobody_saw_are_counted() -> None:
    found = course((0, sample(500, 0)), (10, sample(5, 495)), (10.5, sample(5, 520, number=5)))
    assert found.rounds[0].count == 4


def test_only_the_last_rounds_are_kept() -> None:
    found = course(*((t, sample(100, 50 * t, number=t + 1)) for t in range(30)))
    assert len(found.rounds) == 8
    assert found.rounds[-1].number == 30


def test_the_smallest_round_and_since_when() -> None:
    sizes = [(0, 500, 1), (10, 200, 2), (14, 120, 3), (16, 150, 4), (20, 150, 5)]
    found = course(*((at, sample(left, 50 * at, number=number)) for at, left, number in sizes))
    assert (found.smallest_round, found.smallest_at) == (120 * MB, 14)


def test_before_the_first_round_nothing_remains_which_is_no_low() -> None:
    found = course((0, sample(0, 0, number=0)), (1, sample(500, 0)), (2, sample(450, 50)))
    assert (found.lowest_bytes, found.lowest_at) == (450 * MB, 2)
    found = follow(found, sample(460, 100, number=2), 3)
    assert (found.lowest_bytes, found.lowest_at) == (450 * MB, 2)
    assert found.smallest_round == 460 * MB


def test_the_full_pages_of_the_first_round() -> None:
    found = course(
        (0, sample(500, 0)), (9, sample(9, 9, full_pages=1000)), (10, sample(9, 9, number=2, full_pages=1100))
    )
    assert found.sent_once == 1100 * 4096
    assert follow(found, sample(9, 9, number=3, full_pages=2000), 11).sent_once == 1100 * 4096


def test_empty_pages_of_the_first_round_make_no_later_one_look_quick() -> None:
    empty_at_last = [(0.0, sample(500, 0)), (5.0, sample(400, 100)), (5.5, sample(10, 110))]
    found = course(*empty_at_last, (6.0, sample(100, 120, number=2)))
    assert found.guest is None
    assert follow(found, sample(90, 130, number=2), 6.5).guest == pytest.approx(20 * MB)


def test_frozen_counters() -> None:
    found = course((0, sample(500, 0)), (1, sample(450, 50)), (2, sample(450, 50)), (9, sample(450, 50)))
    assert found.still_for == 8
    assert follow(found, sample(450, 50, number=2), 10).still_for == 0


def test_the_running_round() -> None:
    assert course((0, sample(500, 0)), (9, sample(10, 490, number=2)), (12, sample(5, 500, number=2))).in_round == 3


def test_what_was_ordered_is_remembered_by_the_next_samples() -> None:
    found = course((0, sample(500, 0)))
    found = pulled(found, Lever(command=StartPostCopy(guest=GUEST), because=""), 1.0)
    found = pulled(found, Lever(command=Suspend(guest=GUEST, meanwhile=True), because=""), 2.0)
    limit = SetDowntimeLimit(guest=GUEST, limit_ms=50)
    found = pulled(found, Lever(command=limit, because="", rung=3), 3.0)
    found = pulled(found, Lever(command=limit, because=""), 4.0)
    found = follow(found, sample(450, 50), 5.0)
    assert (found.switched_at, found.suspended_at, found.rung, found.rung_at) == (1.0, 2.0, 3, 3.0)


def test_two_samples_of_one_moment_do_no_harm() -> None:
    found = course((0, sample(500, 0)), (1, sample(450, 50)))
    same = follow(found, sample(450, 60), 1)
    assert replace(same, sample=found.sample) == found
