"""What held a copy back, told from its samples, its caps and what is known of the way; unknown where nothing shows it.

Each test claims no more than its figures show, and the first that claims anything is the verdict.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchestrator.migration import figures
from orchestrator.migration.record import MoveRecord
from orchestrator.migration.stretches import Sampled, Stretch, copied_for, sent, stretches
from orchestrator.migration.terms import Terms
from orchestrator.model.bottleneck import Bottleneck, Limiting
from orchestrator.model.transport import Method, Mode, Transport
from orchestrator.model.units import in_whole_mebibytes

# From this share of a bound on a rate is at it: TCP and IP take 6 % of what an interface reports, QEMU keeps a cap in
# tenths of a second.
_AT = 0.85
# Below this share of what a link carries it was not the link; between the two nothing is claimed.
_NOT_AT = 0.7
# What goes on for this share of the time is what the copy took its time for.
_MOST = 0.5
_ALL = 0.95
# Memory alone went so much faster than with disks that the same link cannot have been it.
_CLEARLY_FASTER = 1.3
_BUSY = 0.9
# One thread sends one stream: published are 1.1 to 1.6 GiB/s, and 300 MB/s with TLS. From half of that on it counts.
_ONE_STREAM, _ONE_STREAM_ENCRYPTED = 0.6e9, 1.5e8
_PAGE = 4096
_SAID = "is said to carry"  # by whoever declared it, or by its interfaces


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copied:
    """All that the verdict is made from. rate: of all parts. again_bytes: of sent_bytes, those that were sent once
    more. empty_bytes: of the guest's memory."""

    record: MoveRecord
    transport: Transport
    terms: Terms
    parts: tuple[Stretch, ...]
    seconds: float
    rate: float
    sent_bytes: int
    again_bytes: int
    empty_bytes: int

    def share(self, holds: Callable[[Stretch], bool]) -> float:
        """Of the time, how much of it was like that."""
        return sum(part.seconds for part in self.parts if holds(part)) / self.seconds

    def lasted(self, holds: Callable[[Stretch], bool]) -> str:
        """All the time, or for 12 s of 14 s."""
        so_long = sum(part.seconds for part in self.parts if holds(part))
        whole = so_long >= _ALL * self.seconds
        return "all the time" if whole else f"for {figures.seconds(so_long)} of {figures.seconds(self.seconds)}"


def bottleneck(record: MoveRecord, samples: Sequence[Sampled], terms: Terms) -> Bottleneck | None:
    """The verdict on the last attempt. None: no memory was copied."""
    transport = record.transport
    if transport is None or transport.mode not in (Mode.LIVE, Mode.PAUSE) or not record.attempt:
        return None
    parts = stretches(record, samples)
    lasted_ms = round(copied_for(record, samples) * 1000)
    if not parts:
        return Bottleneck(
            limiting=Limiting.UNKNOWN, evidence="the copy was over before its rate could be told", copied_ms=lasted_ms
        )
    seconds, (everything, again) = sum(part.seconds for part in parts), sent(record, samples)
    copied = _Copied(
        record=record,
        transport=transport,
        terms=terms,
        parts=parts,
        seconds=seconds,
        rate=sum(part.rate * part.seconds for part in parts) / seconds,
        sent_bytes=everything,
        again_bytes=again,
        empty_bytes=max(sample.zero_pages for _, sample in samples) * _PAGE,
    )
    found = next((said for test in _TESTS if (said := test(copied)) is not None), None) or _nothing_shows(copied)
    limiting, evidence, advice = found
    return Bottleneck(limiting=limiting, evidence=evidence, advice=advice, copied_ms=lasted_ms)


_Said = tuple[Limiting, str, str]


def _stood_still(copied: _Copied) -> _Said | None:
    def still(part: Stretch) -> bool:
        return part.rate <= 0

    if copied.share(still) < _MOST:
        return None
    return Limiting.UNKNOWN, f"nothing arrived {copied.lasted(still)}", ""


def _capped(copied: _Copied) -> _Said | None:
    """At its cap, and the link is not known to carry no more than that."""

    def at_cap(part: Stretch) -> bool:
        return part.cap is not None and part.rate >= _AT * in_whole_mebibytes(part.cap)

    caps = [part.cap for part in copied.parts if part.cap is not None and at_cap(part)]
    if copied.share(at_cap) < _MOST or not caps:
        return None
    cap, known = max(set(caps), key=caps.count), _link(copied)
    if known is not None and in_whole_mebibytes(cap) > _ALL * known[0]:
        return None
    sentence = f"it moved at {figures.rate(copied.rate)} {copied.lasted(at_cap)}, with a cap of {figures.cap(cap)}"
    if cap == copied.terms.share_bytes_per_second:
        sentence = f"{sentence}: {copied.terms.share_because}"
    return Limiting.CAP, sentence, _more_than(cap, copied)


def _more_than(cap: int, copied: _Copied) -> str:
    """How the cap that was in force is raised: it was written, ferry's own, divided, or ordered."""
    transport, terms = copied.transport, copied.terms
    written = terms.policy.bandwidth
    if written is not None and in_whole_mebibytes(cap) == in_whole_mebibytes(written):
        return "raise `bandwidth` in the policy, or of a move that goes on: ferry set GUEST --bandwidth RATE"
    if cap == transport.pace_bytes_per_second:
        return ""  # what it costs is won back at the switchover
    if terms.share_bytes_per_second is not None:
        return f"let fewer guests move over network {transport.network} at the same time, or raise its `share`"
    return "a higher cap: ferry set GUEST --bandwidth RATE"


def _changed_meanwhile(copied: _Copied) -> _Said | None:
    """Most of the time went into sending again what the guest had changed."""

    def again(part: Stretch) -> bool:
        return part.again

    if copied.transport.mode is not Mode.LIVE or copied.record.move.paused or copied.share(again) < _MOST:
        return None
    sentence = (
        f"of {figures.size(copied.sent_bytes)} sent, {figures.size(copied.again_bytes)} were memory that the guest had "
        f"changed meanwhile, {copied.lasted(again)}"
    )
    return Limiting.DIRTY_RATE, sentence, _against_changes(copied)


def _against_changes(copied: _Copied) -> str:
    ways = []
    if copied.terms.policy.transport not in ("auto", "xbzrle", "compressed"):
        ways.append("`transport: auto`, which sends changes shorter where that helps")
    if not copied.terms.policy.postcopy:
        ways.append("`postcopy: true`, which sends every page once")
    return ", or ".join([*ways, "an hour in which the guest is quieter"])


def _link(copied: _Copied) -> tuple[int, str] | None:
    """What the link carries at most, and who says so: what was measured just before, then what the interfaces say."""
    measured = copied.record.measurement.link_bytes_per_second if copied.record.measurement else None
    if isinstance(measured, int):
        return measured, "was measured to carry"
    reported = copied.record.move.offers.link_bytes_per_second
    return None if reported is None else (reported, _SAID)


def _filled(copied: _Copied) -> _Said | None:
    known = _link(copied)
    if known is None:
        return None
    carries, says = known

    def full(part: Stretch) -> bool:
        return part.rate >= _AT * carries

    if copied.share(full) < _MOST:
        return None
    network = copied.transport.network
    sentence = (
        f"it moved at {figures.rate(copied.rate)} {copied.lasted(full)}, and network {network} {says} "
        f"{figures.rate(carries)}"
    )
    return Limiting.LINK, sentence, "a network that carries more, or fewer guests at the same time over this one"


def _waited_for_disks(copied: _Copied) -> _Said | None:
    """With disks slower than the same copy without them: what both went over is not what held it back."""
    with_disks = [part for part in copied.parts if part.disks]
    alone = [part.rate for part in copied.parts if not part.disks and not part.again]
    if copied.share(lambda part: part.disks) < _MOST or not alone:
        return None
    slow = sum(part.rate * part.seconds for part in with_disks) / sum(part.seconds for part in with_disks)
    if max(alone) < _CLEARLY_FASTER * slow:
        return None
    sentence = f"with its disks it moved at {figures.rate(slow)}, memory alone at {figures.rate(max(alone))}"
    return Limiting.DISK, sentence, "storage that reads and writes faster, or storage that both hosts share"


def _not_filled(copied: _Copied) -> _Said | None:
    """The link would have carried more: which end, where that shows."""
    road = _link(copied)
    seen = copied.record.crossing.bytes_per_second
    if seen is not None and (road is None or seen > road[0]):
        road = seen, "has carried in an earlier move"
    # With disks, with XBZRLE's later rounds or mostly empty pages the bytes on the wire are not what was worked on.
    parts = [part for part in copied.parts if not part.disks and part.cap is None and part.steady and part.rate > 0]
    if copied.transport.method is Method.XBZRLE:
        parts = [part for part in parts if not part.again]
    if road is None or not parts or copied.empty_bytes > copied.record.move.memory_bytes * _MOST:
        return None
    best = max(part.rate for part in parts)
    if best >= _NOT_AT * road[0]:
        return None
    short = f"it moved at {figures.rate(best)} at best, and network {copied.transport.network} {road[1]} "
    return _end_of(copied, best, f"{short}{figures.rate(road[0])}", measured=road[1] != _SAID)


def _end_of(copied: _Copied, best: float, short: str, *, measured: bool) -> _Said | None:
    move, transport = copied.record.move, copied.transport
    offers, streams = move.offers, transport.channels or 1
    if transport.method is Method.RDMA:
        return None
    if offers.source_busy is not None and offers.source_busy >= _BUSY:
        sentence = f"{short}; {figures.percent(offers.source_busy)} of {move.source}'s CPU time was in use before it"
        return Limiting.STREAM_CPU, sentence, f"less work on {move.source} meanwhile"
    if offers.destination_cpus < streams <= offers.source_cpus:
        has = f"{streams} streams arrived at {move.destination}, which has {offers.destination_cpus} CPUs"
        return Limiting.DESTINATION, f"{short}; {has}", f"`channels: {offers.destination_cpus}`, or another destination"
    if transport.method is Method.COMPRESSED:
        how = f"{streams} streams compressed what they sent"
        spare = min(offers.source_cpus, offers.destination_cpus)
        advice = f"`channels: {spare}`" if streams < spare else "`transport: parallel`, without compression"
        return Limiting.STREAM_CPU, f"{short}; {how}", advice
    ceiling = _ONE_STREAM_ENCRYPTED if transport.encrypted else _ONE_STREAM
    if transport.method is Method.TCP and (measured or best >= ceiling):
        how = "one stream carried it" + (", encrypted" if transport.encrypted else "")
        return Limiting.STREAM_CPU, f"{short}; {how}", "`transport: parallel` with several `channels`"
    return None


def _nothing_shows(copied: _Copied) -> _Said:
    move = copied.record.move
    if copied.empty_bytes > move.memory_bytes * _MOST:
        return Limiting.UNKNOWN, "most of its pages were empty, which are told to the other side and not sent", ""
    test = f"ferry network test {move.source} {move.destination}"
    if _link(copied) is None and copied.record.crossing.bytes_per_second is None:
        sentence = f"it moved at {figures.rate(copied.rate)}, and what network {copied.transport.network} carries is "
        return Limiting.UNKNOWN, f"{sentence}not known", f"to have it measured: {test}"
    return Limiting.UNKNOWN, f"it moved at {figures.rate(copied.rate)}, and nothing shows why not faster", test


_TESTS = (_stood_still, _capped, _changed_meanwhile, _filled, _waited_for_disks, _not_filled)
