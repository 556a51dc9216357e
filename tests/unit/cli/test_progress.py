"""What a run looks like: no promise too early, never full before the end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.cli.view.lines import Narrator
from orchestrator.cli.view.live import AT_MOST, block, finished
from orchestrator.cli.view.progress import Picture, Row, figures, fraction, lever, pace, stalled, time_left
from orchestrator.cli.view.tone import Glyphs
from orchestrator.model.command import SetBandwidth, SetDowntimeLimit
from orchestrator.model.entry import Ended, Intent, Ordered, Recorded, Seen, Seq
from orchestrator.model.event import Opened, Progress, Waiting
from orchestrator.model.move import State
from tests.screens import world
from tests.screens.world import BEGIN, SAMPLE


def seen(number, state, because="so it was"):
    return Recorded(
        run=world.run().id, seq=Seq(1), at=BEGIN, entry=Seen(guest=world.uuid(number), state=state, because=because)
    )


def opened(count=2):
    return Opened(run=world.run(*(world.move(f"web-{n:02}", n) for n in range(1, count + 1))))


def test_no_time_left_in_the_first_round():
    assert time_left(replace(SAMPLE, round=1)) is None
    assert time_left(SAMPLE) == "0:01"


def test_no_time_left_while_stalled():
    stuck = replace(SAMPLE, dirty_bytes_per_second=SAMPLE.transfer_bytes_per_second)
    assert stalled(stuck)
    assert time_left(stuck) is None
    row = Row(move=world.move("web-01", 1), state=State.PRECOPY, sample=stuck)
    assert "stalled: dirty rate above transfer rate" in pace(row)


def progress(seconds, **more):
    at = BEGIN + timedelta(seconds=seconds)
    return Progress(run=world.run().id, guest=world.uuid(1), at=at, sample=replace(SAMPLE, **more))


def test_a_copy_of_which_nothing_arrives_says_so_once_and_says_when_it_goes_on():
    narrator = Narrator()
    narrator.tell(opened(1))
    narrator.tell(seen(1, State.PRECOPY))
    assert narrator.tell(progress(0)) == []
    assert narrator.tell(progress(2)) == [], "libvirt reports new figures once a second only"
    assert narrator.tell(progress(5)) == [
        "web-01 pre-copy: round 2, remaining 620 MiB, stalled: nothing has arrived for 5 s"
    ]
    assert narrator.tell(progress(6)) == []
    assert len(narrator.tell(progress(7, processed_bytes=SAMPLE.processed_bytes + 1))) == 1


def test_a_lever_is_told_with_its_reason():
    narrator = Narrator()
    narrator.tell(opened(1))
    narrator.tell(seen(1, State.PRECOPY))
    command = SetDowntimeLimit(guest=world.uuid(1), limit_ms=400)
    intent = Intent(guest=world.uuid(1), host="kvm01", command=command, because="620 MiB remain")
    event = Recorded(run=world.run().id, seq=Seq(3), at=BEGIN, entry=intent)
    assert narrator.tell(event) == ["web-01 pre-copy: downtime limit 400 ms: 620 MiB remain"]


def test_a_cap_is_told_as_libvirt_takes_it():
    assert lever(SetBandwidth(guest=world.uuid(1), bytes_per_second=1_125_000)) == "bandwidth at most 1.0 MiB/s"
    assert lever(SetBandwidth(guest=world.uuid(1), bytes_per_second=None)) == "bandwidth without a cap"


def test_an_order_for_one_guest_does_not_stop_the_run():
    picture = Picture()
    picture.take(opened())
    order = Ordered(order="abort", by="ada", guest=world.uuid(1))
    picture.take(Recorded(run=world.run().id, seq=Seq(1), at=BEGIN, entry=order))
    assert texts(picture)[-1].startswith("Ctrl-C once")


def test_no_time_left_when_nothing_remains():
    assert time_left(replace(SAMPLE, remaining_bytes=0)) is None


def test_never_full_before_the_end():
    assert fraction(replace(SAMPLE, remaining_bytes=0)) == 0.99
    assert fraction(replace(SAMPLE, total_bytes=0)) == 0.0
    assert fraction(replace(SAMPLE, remaining_bytes=2 * SAMPLE.total_bytes)) == 0.0


def test_the_summary_counts_every_move():
    picture = Picture()
    picture.take(opened(3))
    picture.take(seen(1, State.PRECOPY))
    picture.take(
        Recorded(
            run=world.run().id,
            seq=Seq(2),
            at=BEGIN,
            entry=Ended(guest=world.uuid(2), outcome=world.migrated("web-02", 2).outcome),
        )
    )
    assert picture.summary() == "1 migrated, 1 moving, 1 waiting"


def test_events_of_an_unknown_guest_are_passed_over():
    picture = Picture()
    picture.take(opened(1))
    assert picture.take(seen(9, State.PRECOPY)) is None


def test_a_run_taken_over_begins_a_new_picture():
    picture = Picture()
    picture.take(opened(3))
    picture.take(opened(1))
    assert len(picture.rows) == 1


def test_figures_say_what_is_unknown():
    assert figures(replace(world.migrated("a", 1).outcome, downtime_ms=None)).endswith(
        "downtime unknown, blackout 31 ms"
    )


def test_a_reason_is_told_once():
    narrator = Narrator()
    narrator.tell(opened())
    event = Waiting(run=world.run().id, guest=world.uuid(1), because="kvm01 has 2 of 2")
    assert narrator.tell(event) == ["web-01 waiting: kvm01 has 2 of 2"]
    assert narrator.tell(event) == []
    assert narrator.tell(replace(event, because="kvm02 has 2 of 2")) == ["web-01 waiting: kvm02 has 2 of 2"]


def test_heartbeat_tells_what_moves_and_what_waits():
    narrator = Narrator()
    narrator.tell(opened(3))
    narrator.tell(seen(1, State.PRECOPY))
    narrator.tell(Progress(run=world.run().id, guest=world.uuid(1), at=BEGIN, sample=SAMPLE))
    assert narrator.heartbeat() == [
        "web-01 pre-copy: round 2, remaining 620 MiB, transfer 460 MiB/s, dirty 40 MiB/s, 0:01 left",
        "2 guests waiting: not begun",
    ]


def texts(picture, glyphs=None, width=100):
    return [line.plain for line in block(picture, glyphs or Glyphs(), BEGIN, width=width)]


def test_the_block_shows_at_most_ten_guests_and_counts_the_rest():
    picture = Picture()
    picture.take(opened(14))
    lines = texts(picture)
    assert sum("web-" in line for line in lines) == AT_MOST
    assert "  and 4 more guests" in lines


def test_the_block_shows_movers_before_those_that_wait():
    picture = Picture()
    picture.take(opened(12))
    picture.take(seen(12, State.PRECOPY))
    assert "web-12" in texts(picture)[2]


def test_the_block_before_anything_is_known_is_empty():
    assert block(Picture(), Glyphs(), BEGIN, width=80) == []


def test_the_hint_follows_the_orders():
    picture = Picture()
    picture.take(opened())
    assert texts(picture)[-1].startswith("Ctrl-C once")
    picture.take(Recorded(run=world.run().id, seq=Seq(1), at=BEGIN, entry=Ordered(order="abort", by="Ctrl-C")))
    assert texts(picture)[-1].startswith("Cancelling")


def test_the_block_in_ascii():
    picture = Picture()
    picture.take(opened())
    picture.take(seen(1, State.PRECOPY))
    picture.take(Progress(run=world.run().id, guest=world.uuid(1), at=BEGIN, sample=SAMPLE))
    assert all(line.isascii() for line in texts(picture, Glyphs(fancy=False)))


@pytest.mark.parametrize("order", ["", "stop", "abort"])
def test_on_eighty_columns_nothing_is_cut_off(order):
    picture = Picture()
    picture.take(Opened(run=world.run(world.move("a-guest-with-a-long-name", 1))))
    picture.take(seen(1, State.PRECOPY))
    big = replace(SAMPLE, round=112, remaining_bytes=900 * 2**20)
    picture.take(Progress(run=world.run().id, guest=world.uuid(1), at=BEGIN, sample=big))
    if order:
        picture.take(Recorded(run=world.run().id, seq=Seq(1), at=BEGIN, entry=Ordered(order=order, by="Ctrl-C")))
    lines = texts(picture, width=80)
    assert max(len(line) for line in lines) < 80
    assert any("900 MiB" in line for line in lines)


def test_hostile_names_are_inert_in_the_block():
    picture = Picture()
    picture.take(Opened(run=world.run(world.move(world.HOSTILE, 1))))
    assert all("\x1b" not in line for line in texts(picture))


def test_a_finished_guest_keeps_its_line():
    picture = Picture()
    picture.take(opened(1))
    row = picture.take(
        Recorded(
            run=world.run().id,
            seq=Seq(2),
            at=BEGIN,
            entry=Ended(guest=world.uuid(1), outcome=world.migrated("web-01", 1).outcome),
        )
    )
    assert finished(row, picture, Glyphs()).plain == (
        "  ✔ web-01 → kvm02  migrated     0:09, 2 rounds, downtime 28 ms, blackout 31 ms"
    )
