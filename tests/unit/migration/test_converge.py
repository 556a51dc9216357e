"""Steering: whole moves against a guest that writes, and each lever in its situation."""

from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from orchestrator.migration.converge import steer
from orchestrator.migration.course import Course, Round
from orchestrator.migration.lever import Lever, Situation
from orchestrator.migration.outlook import outlook
from orchestrator.migration.terms import Terms
from orchestrator.migration.transport import downtime_limit
from orchestrator.model.command import Cancel, SetBandwidth, SetDowntimeLimit, StartPostCopy, Suspend
from orchestrator.model.offer import Content, Crossing, DirtyRate, Feature, Measurement
from orchestrator.model.policy import Policy, Stall
from orchestrator.model.transport import Method, Mode, Throttle, Transport
from orchestrator.model.units import Milliseconds
from tests.unit.migration.copying import HANDOVER_MS, LINK, MIB, Memory, Ride, policy, ride, terms, the_move
from tests.unit.migration.scenes import GUEST, TRANSPORT, sample

F = Feature
MB = 1_000_000
OLD = (F.PARALLEL, F.XBZRLE, F.THROTTLE, F.POSTCOPY, F.POSTCOPY_RECOVERY, F.DIRTY_RATE)
NEW = (*OLD, F.ZLIB, F.ZSTD)
GIVES_UP = "migration.not-converging"


def measured(memory: Memory, link: float = LINK, *, inside: bool = False) -> Measurement:
    """What a measurement of one second finds."""
    shrunk = memory.compressed
    content = Content(
        pages=300, zero=0.0, compressed=shrunk, changed=0.2, delta=memory.delta, changed_compressed=shrunk
    )
    return Measurement(
        dirty=DirtyRate(bytes_per_second=round(min(memory.dirty, memory.working_set)), window_seconds=1.0),
        link_bytes_per_second=round(link),
        content=content if inside else None,
    )


def go(memory: Memory, holds: Policy | None = None, *offered: Feature, inside: bool = False, **more: object) -> Ride:
    known = measured(memory, inside=inside)
    return ride(the_move(*(offered or NEW), memory=memory), memory, terms(holds), **({"measurement": known} | more))


class TestWholeMoves:
    """The plain way of 512 MiB over 50 MB/s takes 10.7 s for its first round."""

    def test_an_idle_guest_is_left_alone(self) -> None:
        found = go(Memory())
        assert (found.end, found.levers) == ("migrated", [])
        assert found.seconds < 11.5

    def test_a_guest_that_converges_by_itself_is_left_alone(self) -> None:
        found = go(Memory(dirty=40 * MB))
        assert (found.end, found.levers) == ("migrated", [])

    @pytest.mark.parametrize("sweeps", [True, False])
    def test_unmeasured_it_is_left_alone_as_well(self, sweeps: bool) -> None:
        found = go(Memory(dirty=25 * MB, sweeps=sweeps), measurement=None)
        assert found.end == "migrated"
        assert set(found.kinds()) <= {"set-downtime-limit"}

    def test_small_changes(self) -> None:
        found = go(Memory(dirty=60 * MB, delta=0.02), inside=True)
        assert (found.end, [way.method for way in found.transports]) == ("migrated", [Method.XBZRLE])
        assert found.seconds < 16

    def test_memory_that_shrinks(self) -> None:
        found = go(Memory(dirty=100 * MB, compressed=0.2), inside=True)
        assert (found.end, [way.method for way in found.transports]) == ("migrated", [Method.COMPRESSED])
        assert found.seconds < 5

    def test_a_guest_that_must_be_slowed(self) -> None:
        found = go(Memory(dirty=60 * MB), inside=True)
        assert (found.end, found.kinds().count("cancel")) == ("migrated", 0)
        assert found.transports[0].throttle is not None

    def test_a_wrong_hope_is_corrected_by_a_new_beginning(self) -> None:
        """Nobody looked inside; what shrinks is not what was hoped for."""
        found = go(Memory(dirty=100 * MB, compressed=0.2))
        assert [way.method for way in found.transports] == [Method.XBZRLE, Method.COMPRESSED]
        assert found.end == "migrated"
        again = found.levers[-1]
        assert isinstance(again.command, Cancel)
        assert "begun anew it needs about" in again.because

    def test_without_any_measurement_the_copy_itself_shows_what_it_needs(self) -> None:
        found = go(Memory(dirty=100 * MB, compressed=0.2), measurement=None)
        assert [way.method for way in found.transports] == [Method.TCP, Method.COMPRESSED]
        assert found.end == "migrated"

    def test_no_new_beginning_where_the_policy_forbids_it(self) -> None:
        found = go(Memory(dirty=100 * MB, compressed=0.2), policy(restart=False), measurement=None)
        assert len(found.transports) == 1
        assert found.end == "kept"

    def test_two_new_beginnings_at_most(self) -> None:
        found = go(Memory(dirty=200 * MB, feels_throttle=False), measurement=None)
        assert len(found.transports) <= 3
        assert found.end == "kept"

    def test_post_copy_after_the_first_round(self) -> None:
        found = go(Memory(dirty=60 * MB), policy(postcopy=True))
        assert (found.end, found.kinds()) == ("migrated", ["start-postcopy"])
        assert found.seconds < 16
        assert "all memory was sent once" in found.levers[0].because

    def test_post_copy_is_not_used_where_it_is_not_needed(self) -> None:
        found = go(Memory(dirty=8 * MB), policy(postcopy=True))
        assert (found.end, found.kinds()) == ("migrated", [])

    def test_a_pause_only_where_nothing_else_helps(self) -> None:
        memory = Memory(dirty=60 * MB, feels_throttle=False)
        found = go(memory, policy(pause=True, throttle="off"), F.THROTTLE, inside=True)
        assert (found.end, found.kinds()[-1]) == ("migrated", "suspend")
        assert "paused, the guest arrives after about" in found.levers[-1].because
        without = go(memory, policy(throttle="off"), F.THROTTLE, inside=True)
        assert without.end == "kept"

    def test_it_gives_up_with_the_reason(self) -> None:
        found = go(Memory(dirty=60 * MB), policy(throttle="off"), F.THROTTLE)
        assert found.end == "kept"
        last = found.levers[-1]
        assert isinstance(last.command, Cancel)
        assert last.command.code == GIVES_UP
        assert last.because == (
            "pre-copy would not end: each round leaves about 186 MiB to send again, a pause of 4.0 s, no round was "
            "smaller for 120 s, and the policy site allows nothing else that would help"
        )

    def test_a_guest_that_becomes_quiet_is_not_given_up(self) -> None:
        found = go(Memory(dirty=60 * MB, quiet_after=90), policy(throttle="off"), F.THROTTLE)
        assert (found.end, found.kinds().count("cancel")) == ("migrated", 0)

    def test_no_guest_is_slowed_more_than_allowed(self) -> None:
        found = go(Memory(dirty=200 * MB), policy(max_throttle=40), F.THROTTLE)
        assert found.end == "kept"
        assert "the guest is slowed by 50 %, the policy allows 40 %" in found.levers[-1].because

    def test_a_path_that_is_cut(self) -> None:
        found = go(Memory(), cut_at=5.0)
        assert (found.end, found.kinds()) == ("kept", ["cancel"])
        assert 35 < found.seconds < 36.5
        last = found.levers[-1]
        assert isinstance(last.command, Cancel)
        assert last.command.code == "migration.stalled"
        assert last.because == "nothing was transferred for 30 s, and libvirt reports no error"

    def test_a_path_that_is_cut_and_a_policy_that_waits(self) -> None:
        found = go(Memory(), policy(stall=Stall(then="wait")), cut_at=5.0, until=200)
        assert (found.end, found.levers) == ("going on", [])


memories = st.builds(
    Memory,
    used=st.sampled_from([128 * MIB, 512 * MIB, 2048 * MIB]),
    dirty=st.floats(min_value=0, max_value=300 * MB),
    working_set=st.floats(min_value=1 * MIB, max_value=128 * MIB),
    compressed=st.sampled_from([1.0, 0.5, 0.1]),
    delta=st.sampled_from([1.0, 0.3, 0.02]),
    sweeps=st.booleans(),
    feels_throttle=st.booleans(),
)
offers = st.sets(st.sampled_from(NEW)).map(tuple)
policies = st.builds(
    policy,
    budget=st.sampled_from([100, 300, 500, 2000]),
    throttle=st.sampled_from(["auto", "on", "off"]),
    postcopy=st.booleans(),
    restart=st.booleans(),
)


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(memories, offers, policies, st.booleans(), st.sampled_from([25 * MB, 50 * MB, 400 * MB]))
def test_whatever_the_guest_does(
    memory: Memory, offered: tuple[Feature, ...], holds: Policy, inside: bool, link: float
) -> None:
    """The budget is never exceeded, nothing is ordered over and over, and it ends: there, or here with the reason."""
    known = measured(memory, link, inside=inside)
    found = ride(the_move(*offered, memory=memory), memory, terms(holds), link=link, measurement=known)
    budget = int(holds.downtime_budget)
    assert found.highest_limit_ms <= downtime_limit(budget, Method.TCP, HANDOVER_MS)
    assert found.end in ("migrated", "kept")
    if found.end == "migrated":
        assert found.pause_ms <= budget
    else:
        last = found.levers[-1].command
        assert isinstance(last, Cancel)
        assert last.code == GIVES_UP
    assert len(found.transports) <= 3
    assert found.kinds().count("set-downtime-limit") <= len(found.transports)
    assert "suspend" not in found.kinds()
    assert holds.postcopy or "start-postcopy" not in found.kinds()


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(memories.filter(lambda one: one.dirty < 0.7 * LINK), st.booleans())
def test_what_could_converge_does(memory: Memory, sweeps: bool) -> None:
    """Slower than the link by a third: one plain stream is enough, measured or not."""
    guest = replace(memory, sweeps=sweeps, used=512 * MIB)
    for known in (measured(guest), None):
        assert go(guest, None, F.THROTTLE, measurement=known).end == "migrated"


# One situation each: 200 MB of 512 MiB are changed at 60 MB/s, on a link of 50 MB/s; the third round runs.
def course(**more: object) -> Course:
    rounds = (
        Round(number=1, began_at=0.0, began_with=500 * MB, lasted=10.0, changed=200 * MB),
        Round(number=2, began_at=10.0, began_with=200 * MB, lasted=4.0, changed=200 * MB),
        Round(number=3, began_at=14.0, began_with=200 * MB),
    )
    fields: dict[str, object] = {
        "sample": replace(sample(remaining=190 * MB), round=3, elapsed_ms=14_200),
        "at": 14.2,
        "began_at": 0.0,
        "moved_at": 14.2,
        "lowest_bytes": 10 * MB,
        "lowest_at": 10.0,
        "wire": 50.0 * MB,
        "best_wire": 50.0 * MB,
        "guest": 50.0 * MB,
        "rounds": rounds,
        "smallest_round": 200 * MB,
        "smallest_at": 10.0,
    }
    return Course(**(fields | more))


def situation(holds: Terms | None = None, way: Transport = TRANSPORT, *offered: Feature, **more: object) -> Situation:
    way = replace(way, downtime_limit_ms=MOST)
    fields: dict[str, object] = {
        "move": the_move(*offered, transport=way),
        "transport": way,
        "terms": holds or terms(),
        "course": course(),
        "at": 14.2,
        "limit_ms": way.downtime_limit_ms,
        "bandwidth_bytes_per_second": None,
        "crossing": Crossing(handover_ms=HANDOVER_MS),
    }
    return Situation(**(fields | more))


def sampled(**more: object) -> Course:
    return replace(course(), sample=replace(course().sample, **more))


SLOWED = replace(TRANSPORT, throttle=Throttle(initial=20, increment=10))
POSSIBLE = replace(TRANSPORT, postcopy=True)
MOST = downtime_limit(500, Method.TCP, HANDOVER_MS)
LIMIT = SetDowntimeLimit(guest=GUEST, limit_ms=MOST)
GIVE_UP = Cancel(guest=GUEST, code=GIVES_UP)
CONSENT = terms(policy(postcopy=True))
PACED = replace(TRANSPORT, method=Method.COMPRESSED, pace_bytes_per_second=30 * MB)
IN_TIME = {
    "bandwidth_bytes_per_second": 30 * MB,
    "course": sampled(elapsed_ms=4900),
    "limit_ms": downtime_limit(500, Method.COMPRESSED, HANDOVER_MS),
}
AT_A_PACE = replace(sampled(elapsed_ms=4900), smallest_at=-120.0)
TABLE: dict[str, tuple[Situation, object]] = {
    "nothing helps, nothing is hopeless yet": (situation(), None),
    "hopeless": (situation(course=course(smallest_at=-120.0)), GIVE_UP),
    "a forecast that does not come true": (
        situation(course=course(rounds=(Round(number=3, began_at=14.0, began_with=1),), smallest_at=-120.0)),
        GIVE_UP,
    ),
    "a cap is ordered": (
        situation(terms(bandwidth_bytes_per_second=10 * MB)),
        SetBandwidth(guest=GUEST, bytes_per_second=10 * MB),
    ),
    "a pace holds while the copy is short": (situation(None, PACED, **IN_TIME), None),
    "nothing is judged by a pace": (situation(None, PACED, **{**IN_TIME, "course": AT_A_PACE}), None),
    "a guest that is slowed has no pace": (
        situation(None, PACED, **{**IN_TIME, "course": sampled(elapsed_ms=4900, throttle_percent=20)}),
        SetBandwidth(guest=GUEST, bytes_per_second=None),
    ),
    "a guest that waits has no pace": (
        situation(None, PACED, **IN_TIME, suspended=True),
        SetBandwidth(guest=GUEST, bytes_per_second=None),
    ),
    "a pace is given up with a copy that is longer than it was to be": (
        situation(None, PACED, **{**IN_TIME, "course": sampled(elapsed_ms=5000)}),
        SetBandwidth(guest=GUEST, bytes_per_second=None),
    ),
    "a cap that is ordered meanwhile counts more than a pace": (
        situation(terms(bandwidth_bytes_per_second=40 * MB), PACED, **IN_TIME),
        SetBandwidth(guest=GUEST, bytes_per_second=40 * MB),
    ),
    "a cap is taken back": (
        situation(bandwidth_bytes_per_second=10 * MB),
        SetBandwidth(guest=GUEST, bytes_per_second=None),
    ),
    "the budget becomes smaller": (
        situation(terms(downtime_ms=200)),
        SetDowntimeLimit(guest=GUEST, limit_ms=downtime_limit(200, Method.TCP, HANDOVER_MS)),
    ),
    "the budget becomes larger": (
        situation(terms(downtime_ms=5000)),
        SetDowntimeLimit(guest=GUEST, limit_ms=downtime_limit(5000, Method.TCP, HANDOVER_MS)),
    ),
    "the budget is smaller than the hand-over": (
        situation(terms(downtime_ms=50)),
        SetDowntimeLimit(guest=GUEST, limit_ms=1),
    ),
    "the first limit was lower": (situation(limit_ms=100), LIMIT),
    "a lower limit that costs nothing stays": (
        situation(
            limit_ms=100, course=course(rounds=(Round(number=3, began_at=14.0, began_with=1),), smallest_at=12.0)
        ),
        None,
    ),
    "a lower limit that should have sufficed by now": (
        situation(limit_ms=100, course=course(rounds=(Round(number=3, began_at=14.0, began_with=1),), smallest_at=0.0)),
        LIMIT,
    ),
    "post-copy, with consent": (situation(CONSENT, POSSIBLE), StartPostCopy(guest=GUEST)),
    "post-copy, without the possibility": (situation(CONSENT), None),
    "post-copy, without consent": (situation(None, POSSIBLE), None),
    "post-copy, ordered": (situation(terms(postcopy_now=True), POSSIBLE), StartPostCopy(guest=GUEST)),
    "post-copy, ordered in the first round": (
        situation(terms(postcopy_now=True), POSSIBLE, course=sampled(round=1)),
        None,
    ),
    "post-copy, just ordered": (
        situation(terms(postcopy_now=True), POSSIBLE, course=course(switched_at=10.0)),
        None,
    ),
    "post-copy, ordered long ago": (
        situation(terms(postcopy_now=True), POSSIBLE, course=course(switched_at=4.0)),
        StartPostCopy(guest=GUEST),
    ),
    "a pause, with consent": (situation(terms(policy(pause=True))), Suspend(guest=GUEST, meanwhile=True)),
    "a pause, already": (situation(terms(policy(pause=True)), suspended=True), None),
    "a pause, just ordered": (situation(terms(policy(pause=True)), course=course(suspended_at=14.0)), None),
    "slowed too much": (situation(None, SLOWED, course=sampled(throttle_percent=80)), GIVE_UP),
    "slowed too much, but about to end": (
        situation(None, SLOWED, course=sampled(throttle_percent=80, remaining_bytes=15 * MB)),
        None,
    ),
    "slowed too much, and about to end for too long": (
        situation(
            None,
            SLOWED,
            course=replace(sampled(throttle_percent=80, remaining_bytes=15 * MB), smallest_at=0.0),
        ),
        GIVE_UP,
    ),
    "slowed, as allowed": (situation(None, SLOWED, course=sampled(throttle_percent=70)), None),
    "stalled": (situation(course=course(moved_at=-20.0)), Cancel(guest=GUEST, code="migration.stalled")),
    "stalled, and the policy waits": (
        situation(terms(policy(stall=Stall(then="wait"))), course=course(moved_at=-20.0)),
        None,
    ),
    "patient": (
        situation(terms(policy(stall=Stall(patience=Milliseconds(60_000)))), course=course(moved_at=-20.0)),
        None,
    ),
    "the guest was paused before": (situation(None, replace(TRANSPORT, paused=True)), None),
    "a pause by mode": (situation(None, replace(TRANSPORT, mode=Mode.PAUSE)), None),
    "disks are copied first": (situation(course=sampled(round=0)), None),
    "the first round": (situation(course=sampled(round=1)), None),
    "rounds become smaller all the same": (
        situation(
            terms(policy(pause=True)),
            course=course(rounds=(*course().rounds[:2], replace(course().rounds[2], began_with=150 * MB))),
        ),
        None,
    ),
    "the third attempt": (situation(None, TRANSPORT, F.THROTTLE, attempt=3), None),
    "no new beginning by policy": (situation(terms(policy(restart=False)), TRANSPORT, F.THROTTLE), None),
}


@pytest.mark.parametrize(("now", "expected"), TABLE.values(), ids=TABLE.keys())
def test_the_lever_in_each_situation(now: Situation, expected: object) -> None:
    lever = steer(now)
    assert (None if lever is None else lever.command) == expected


def again(now: Situation) -> tuple[Lever, Transport]:
    lever = steer(now)
    assert lever is not None
    assert isinstance(lever.command, Cancel)
    assert lever.command.again is not None
    return lever, lever.command.again


def test_the_same_way_with_auto_converge() -> None:
    lever, way = again(situation(None, TRANSPORT, F.THROTTLE))
    assert (way.method, way.throttle is not None) == (Method.TCP, True)
    assert "pre-copy would not end: each round leaves about 191 MiB to send again" in lever.because


def test_a_new_beginning_takes_what_was_not_tried_yet() -> None:
    _, way = again(situation(None, TRANSPORT, F.XBZRLE, F.THROTTLE))
    assert (way.method, way.throttle is not None) == (Method.XBZRLE, True)
    assert any("begun anew it needs about" in why for why in way.because)
    _, way = again(situation(None, TRANSPORT, F.XBZRLE, F.THROTTLE, tried=(Method.XBZRLE,)))
    assert way.method is Method.TCP
    _, way = again(situation(None, TRANSPORT, F.XBZRLE, F.THROTTLE, absent={F.XBZRLE: "unknown"}))
    assert way.method is Method.TCP


def test_no_new_beginning_for_a_copy_that_is_about_to_end() -> None:
    """At 45 MB/s it would take long, at 20 MB/s not much longer than to begin anew."""
    known = Measurement(
        content=Content(pages=1, zero=0.0, compressed=0.3, changed=0.1, delta=0.02, changed_compressed=0.3)
    )
    slow = tuple(replace(one, changed=4 * 20.0 * MB) for one in course().rounds[1:2]) + course().rounds[2:]
    calm = course(rounds=slow, sample=replace(course().sample, remaining_bytes=60 * MB))
    assert steer(situation(None, TRANSPORT, *NEW, measurement=known, course=calm)) is None
    assert steer(situation(None, TRANSPORT, *NEW, measurement=known)) is not None


@pytest.mark.parametrize("name", ["XBZRLE fills its cache", "one window"])
def test_nobody_is_judged_too_early(name: str) -> None:
    consent = terms(policy(pause=True))
    if name == "one window":
        early = course(rounds=(*course().rounds[1:2], replace(course().rounds[2], number=2)))
        now = situation(consent, course=replace(early, sample=replace(early.sample, round=2)))
        assert steer(now) is None
        known = Measurement(dirty=DirtyRate(bytes_per_second=60 * MB, window_seconds=1.0))
        assert steer(replace(now, measurement=known)) is not None
    else:
        xbzrle = replace(TRANSPORT, method=Method.XBZRLE, xbzrle_cache_bytes=2**30)
        assert steer(situation(consent, xbzrle)) is None
        assert steer(situation(consent, xbzrle, course=sampled(round=4))) is not None


@pytest.mark.parametrize(
    ("pace", "carries"), [(30 * MB, 50 * MB), (None, 30 * MB)], ids=["at a pace", "as fast as it can"]
)
def test_a_pace_hides_what_the_link_carries(pace: int | None, carries: int) -> None:
    way = replace(TRANSPORT, method=Method.PARALLEL, pace_bytes_per_second=pace)
    known = Crossing(handover_ms=HANDOVER_MS, bytes_per_second=50 * MB)
    seen = outlook(situation(None, way, course=course(best_wire=30.0 * MB), crossing=known))
    assert seen.road.link_bytes_per_second == carries


def test_the_end_of_a_pace_is_told_as_such() -> None:
    lever = steer(situation(None, PACED, **{**IN_TIME, "course": sampled(elapsed_ms=5000)}))
    assert lever is not None
    assert lever.because == "the pace of the beginning is over: no cap holds any more"
