"""What held a copy back: every verdict from the figures that show it, and none where they do not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.migration.bottleneck import bottleneck
from orchestrator.migration.record import MoveRecord, advance
from orchestrator.migration.terms import Terms
from orchestrator.model.bottleneck import Bottleneck, Limiting
from orchestrator.model.command import BeginMove, SetBandwidth
from orchestrator.model.effect import Done
from orchestrator.model.entry import Happened, Intent, Seq
from orchestrator.model.move import State
from orchestrator.model.offer import Crossing, Measurement, Offers
from orchestrator.model.policy import Policy
from orchestrator.model.transport import Compression, Method, Mode
from orchestrator.model.units import BytesPerSecond
from tests.unit.migration import scenes as s

MB, MIB, GB = 1_000_000, 2**20, 10**9
TERMS = Terms(policy=Policy(name="test"))


def copied(*, caps=(), offers=None, link=None, way=None, memory=4 * 2**30, **transport) -> MoveRecord:
    """A move whose copy is over. caps: since which second which one held; none from the start."""
    record = s.record(
        State.MIGRATED,
        the_move=s.move(offers=Offers(**(offers or {})), memory_bytes=memory),
        transport=replace(s.TRANSPORT, **transport),
        caps=tuple((s.NOW + timedelta(seconds=at), cap) for at, cap in ((0, None), *caps)),
    )
    measured = None if link is None else Measurement(link_bytes_per_second=link)
    return replace(record, measurement=measured, crossing=Crossing(bytes_per_second=way))


def series(*legs, **first):
    """Samples each half second. legs: seconds, bytes per second, round, and what else the samples of the leg show."""
    at, done, found = 0.0, 0.0, [(s.NOW, replace(s.sample(), round=1, processed_bytes=1, **first))]
    for seconds, rate, number, *more in legs:
        for _ in range(round(seconds * 2)):
            at, done = at + 0.5, done + rate / 2
            one = replace(s.sample(), round=number, processed_bytes=round(done), **(more[0] if more else {}))
            found.append((s.NOW + timedelta(seconds=at), one))
    return found


def verdict(record: MoveRecord, samples, terms: Terms = TERMS) -> Bottleneck:
    said = bottleneck(record, samples, terms)
    assert said is not None
    return said


STEADY = series((20, 100 * MB, 1), (4, 100 * MB, 2))
BUSY = series((10, 100 * MB, 1), (30, 100 * MB, 2))
ALONE = {"memory_remaining_bytes": 2**27}
WITH_DISKS = {"memory_remaining_bytes": 2**26}
CASES = {
    "at its cap": (copied(caps=((0, 96 * MIB),)), STEADY, Limiting.CAP),
    "at its cap, with a faster link": (copied(caps=((0, 96 * MIB),), link=GB), STEADY, Limiting.CAP),
    "at a cap that is no bound": (copied(caps=((0, 200 * MIB),), link=110 * MB), STEADY, Limiting.LINK),
    "a share that is all of the link": (copied(caps=((0, 105 * MIB),), link=110 * MB), STEADY, Limiting.LINK),
    "a cap for a moment": (copied(caps=((0, 96 * MIB), (3, None)), link=110 * MB), STEADY, Limiting.LINK),
    "far below its cap": (copied(caps=((0, 500 * MIB),)), STEADY, Limiting.UNKNOWN),
    "at its cap, and busy": (copied(caps=((0, 96 * MIB),)), BUSY, Limiting.CAP),
    "a measured link": (copied(link=110 * MB), STEADY, Limiting.LINK),
    "a link by its interfaces": (copied(offers={"link_bytes_per_second": 117 * MB}), STEADY, Limiting.LINK),
    "a measurement counts more": (
        copied(link=110 * MB, offers={"link_bytes_per_second": 10 * GB}),
        STEADY,
        Limiting.LINK,
    ),
    "nothing is known of the link": (copied(), STEADY, Limiting.UNKNOWN),
    "neither filled nor left alone": (copied(link=125 * MB), STEADY, Limiting.UNKNOWN),
    "a busy guest": (copied(link=110 * MB), BUSY, Limiting.DIRTY_RATE),
    "a guest that stands still is not busy": (copied(link=110 * MB, mode=Mode.PAUSE), BUSY, Limiting.LINK),
    "one stream, a measured link": (copied(link=400 * MB), STEADY, Limiting.STREAM_CPU),
    "one stream, an earlier move": (copied(way=400 * MB), STEADY, Limiting.STREAM_CPU),
    "one slow stream, a reported link": (copied(offers={"link_bytes_per_second": GB}), STEADY, Limiting.UNKNOWN),
    "one fast stream, a reported link": (
        copied(offers={"link_bytes_per_second": 3 * GB}),
        series((20, 1100 * MB, 1)),
        Limiting.STREAM_CPU,
    ),
    "one encrypted stream": (
        copied(offers={"link_bytes_per_second": GB}, encrypted=True),
        series((20, 250 * MB, 1)),
        Limiting.STREAM_CPU,
    ),
    "compressed": (
        copied(link=400 * MB, method=Method.COMPRESSED, channels=2, compression=Compression(algorithm="zlib", level=1)),
        STEADY,
        Limiting.STREAM_CPU,
    ),
    "a source without CPU to spare": (
        copied(link=400 * MB, method=Method.PARALLEL, channels=2, offers={"source_busy": 0.97}),
        STEADY,
        Limiting.STREAM_CPU,
    ),
    "parallel, and no figure says why": (
        copied(link=400 * MB, method=Method.PARALLEL, channels=2, offers={"source_cpus": 4, "destination_cpus": 4}),
        STEADY,
        Limiting.UNKNOWN,
    ),
    "more streams than its CPUs": (
        copied(link=400 * MB, method=Method.PARALLEL, channels=8, offers={"source_cpus": 16, "destination_cpus": 2}),
        STEADY,
        Limiting.DESTINATION,
    ),
    "slow disks": (
        copied(disks=("vda",)),
        series((30, 20 * MB, 1, WITH_DISKS), (6, 100 * MB, 1, {**ALONE, "remaining_bytes": 2**27})),
        Limiting.DISK,
    ),
    "disks as fast as memory": (
        copied(disks=("vda",)),
        series((30, 90 * MB, 1, WITH_DISKS), (6, 100 * MB, 1, {**ALONE, "remaining_bytes": 2**27})),
        Limiting.UNKNOWN,
    ),
    "disks that are never seen alone": (
        copied(disks=("vda",), link=400 * MB),
        series((30, 20 * MB, 1, WITH_DISKS)),
        Limiting.UNKNOWN,
    ),
    "XBZRLE's later rounds are no rate": (
        copied(link=110 * MB, method=Method.XBZRLE),
        series((10, 100 * MB, 1), (6, 5 * MB, 3)),
        Limiting.LINK,
    ),
    "empty pages": (
        copied(link=400 * MB, memory=2**30),
        series((20, MB, 1, {"zero_pages": 200_000})),
        Limiting.UNKNOWN,
    ),
    "a path that is cut": (copied(link=110 * MB), series((4, 100 * MB, 1), (30, 0, 1)), Limiting.UNKNOWN),
    "over at once": (copied(link=110 * MB), series((1, 100 * MB, 1)), Limiting.UNKNOWN),
    "no sample": (copied(link=110 * MB), [], Limiting.UNKNOWN),
}


@pytest.mark.parametrize(("record", "samples", "limiting"), CASES.values(), ids=CASES.keys())
def test_a_verdict(record, samples, limiting) -> None:
    said = verdict(record, samples)
    assert said.limiting is limiting, said.evidence
    assert said.evidence


def test_where_no_memory_travels_there_is_none() -> None:
    assert bottleneck(copied(mode=Mode.OFFLINE), STEADY, TERMS) is None
    assert bottleneck(s.record(State.KEPT, begun=False), [], TERMS) is None


def test_the_evidence_names_its_figures() -> None:
    said = verdict(copied(link=110 * MB), STEADY)
    assert said.evidence == "it moved at 100 MB/s all the time, and network migration was measured to carry 110 MB/s"
    said = verdict(copied(link=110 * MB), BUSY)
    assert said.evidence == (
        "of 3.7 GiB sent, 2.8 GiB were memory that the guest had changed meanwhile, for 28 s of 38 s"
    )


def test_advice_names_whoever_set_the_cap() -> None:
    ordered = verdict(copied(caps=((0, 96 * MIB),)), STEADY)
    assert ordered.advice == "a higher cap: ferry set GUEST --bandwidth RATE"
    shared = verdict(copied(caps=((0, 96 * MIB),)), STEADY, replace(TERMS, share_bytes_per_second=48 * MIB))
    assert "raise its `share`" in shared.advice, "another move has ended since: its share is another one now"
    divided = replace(TERMS, share_bytes_per_second=96 * MIB, share_because="its part of the network")
    assert verdict(copied(caps=((0, 96 * MIB),)), STEADY, divided).evidence.endswith(
        "a cap of 96MiB/s: its part of the network"
    )
    policy = replace(TERMS.policy, bandwidth=BytesPerSecond(96 * MIB))
    written = verdict(copied(caps=((0, 96 * MIB),)), STEADY, replace(TERMS, policy=policy))
    assert "`bandwidth`" in written.advice
    assert written.evidence == "it moved at 100 MB/s all the time, with a cap of 96MiB/s"
    paced = verdict(copied(caps=((0, 96 * MIB),), pace_bytes_per_second=96 * MIB), STEADY)
    assert (paced.advice, paced.worth_saying) == ("", False)


def test_only_the_last_attempt_counts() -> None:
    again = series((10, 100 * MB, 1))
    later = [(at + timedelta(seconds=30), one) for at, one in again]
    said = verdict(copied(link=110 * MB), [*BUSY, *later])
    assert (said.limiting, said.copied_ms) == (Limiting.LINK, 10_000)


def test_a_second_half_counts_nothing() -> None:
    split = replace(copied(link=110 * MB), split_at=s.NOW + timedelta(seconds=12))
    said = verdict(split, series((12, 100 * MB, 1), (40, 3 * MB, 2)))
    assert said.limiting is Limiting.LINK


def test_a_short_copy_is_not_told_of() -> None:
    assert not verdict(copied(link=110 * MB), series((6, 100 * MB, 1))).lasted
    assert verdict(copied(link=110 * MB), STEADY).worth_saying
    assert not verdict(copied(), STEADY).worth_saying


def test_every_cap_is_on_record_with_its_time() -> None:
    later = s.NOW + timedelta(seconds=5)
    begun = BeginMove(
        guest=s.GUEST,
        destination=s.move().destination,
        peer_uri="",
        transport=replace(s.TRANSPORT, bandwidth_bytes_per_second=50 * MIB),
    )
    lifted = SetBandwidth(guest=s.GUEST, bytes_per_second=None)
    record = s.record(State.PREPARING)
    for at, command in ((s.NOW, begun), (later, lifted)):
        record = advance(record, Intent(guest=s.GUEST, host=s.move().source, command=command, because="so"), at)
        happened = Happened(guest=s.GUEST, host=s.move().source, intent=Seq(1), effect=Done())
        record = advance(record, happened, at)
    assert record.caps == ((s.NOW, 50 * MIB), (later, None))
