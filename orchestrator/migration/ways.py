"""The building blocks of a choice: which methods one move may take, and the whole Transport that one of them makes.

What a chooser does with them: `fitting(policy, offers)` names the methods that break no demand of the policy;
`built(base, method, policy, offers, memory_bytes=…)` answers the complete transport for one of them; `base` is any
transport of the same move, as Move.transport, of which address, pace, names, mode and control are kept. What libvirt
refused in an earlier attempt joins the rest by `without(offers, absent)`.

Nothing is left out silently: a transport names in `forgone` each wish of the policy that its method does not allow.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from orchestrator.migration.conflicts import Conflict, conflicts
from orchestrator.model.offer import Feature, Key, Offers
from orchestrator.model.policy import Policy
from orchestrator.model.transport import Compression, Method, Mode, Throttle, Transport
from orchestrator.model.units import Bytes, BytesPerSecond

_NEEDS: Mapping[Method, tuple[Feature, ...]] = {
    Method.PARALLEL: (Feature.PARALLEL,),
    Method.COMPRESSED: (Feature.PARALLEL,),
    Method.XBZRLE: (Feature.XBZRLE,),
    Method.RDMA: (Feature.RDMA,),
    Method.TUNNELLED: (Feature.TUNNELLED,),
}
# QEMU's own defaults (migration/options.c).
_CHANNELS, _MOST_CHANNELS = 2, 8
_LEVEL, _MOST_ZLIB = 1, 9
_LEAST_CACHE = 64 * 2**20
# One stream is bound by one CPU somewhat above 10 Gbit/s, so that two of them fill such a link.
_BYTES_PER_CHANNEL = 5 * 10**9 // 8


def without(offers: Offers, absent: Mapping[Feature, str]) -> Offers:
    """The same offers less what was refused meanwhile, each with the words of the refusal."""
    return replace(offers, absent={**offers.absent, **absent})


def fitting(policy: Policy, offers: Offers) -> tuple[Method, ...]:
    """Methods to choose among: both hosts offer them, and they break no demand of the policy.

    Not the tunnel: every byte passes both daemons, so that nobody takes it who need not. Empty where a demand cannot
    be met at all, which unmet() of demands.py says before.
    """
    return tuple(way for way in Method if way is not Method.TUNNELLED and obstacle(way, policy, offers) is None)


def obstacle(method: Method, policy: Policy, offers: Offers) -> str | None:
    """Why a move under this policy cannot take this method; None: it can. A consent to post-copy is no demand."""
    missing = lacking(method, policy, offers)
    if missing is not None:
        return missing[1]
    broken = next(iter(conflicts(demanded(method, policy))), None)
    return None if broken is None else said(broken)


def said(broken: Conflict) -> str:
    """A row of the table as a part of a sentence."""
    return f"{broken.one} cannot be combined with {broken.other}: {broken.why}"


def demanded(method: Method, policy: Policy) -> Transport:
    """No more than this method and what the policy demands of it: a sketch to be held against the table."""
    return Transport(
        network="",
        address="",
        persistent=True,
        paused=False,
        downtime_limit_ms=1,
        bandwidth_bytes_per_second=None,
        sharing_proven=False,
        method=method,
        control=policy.control,
        held=policy.start_at_destination == "verified",
        encrypted=policy.encryption == "required" and method is not Method.TUNNELLED,
    )


def built(
    base: Transport,
    method: Method,
    policy: Policy,
    offers: Offers,
    *,
    memory_bytes: int,
    throttle: bool | None = None,
    postcopy: bool | None = None,
) -> Transport:
    """The whole transport of this method, for a guest of so much memory; `way` says why it is as it is.

    throttle, postcopy: False does without although the policy allows it; None: as the policy allows. The policy is
    never exceeded: what it forbids stays out whatever is asked for here. Call it only for a method without an
    obstacle(): a demand of the policy is kept in any case, and conflicts() would name what it breaks.
    """
    if base.mode in (Mode.OFFLINE, Mode.COLD):
        return replace(_stripped(base), way=("no memory travels",))
    way = _of_method(replace(_stripped(base), method=method), policy, offers, memory_bytes)
    if policy.encryption == "required" and method is not Method.TUNNELLED:
        way = replace(way, encrypted=True, tls_name=offers.tls_name)
    forgone = []
    for wish in _wishes(way, policy, offers, throttle=throttle is not False, postcopy=postcopy is not False):
        wanted = wish.given(way)
        broken = next(iter(conflicts(wanted)), None)
        missing = next((offers.absent[feature] for feature in wish.needs if feature in offers.absent), None)
        if missing is None and broken is None:
            way = wanted
        else:
            forgone.append(f"{wish.key}: {missing or (broken and said(broken))}")
    return replace(way, forgone=tuple(forgone), way=tuple(sentences(way, offers)))


def channels(method: Method, policy: Policy, offers: Offers) -> int:
    """How many parallel streams: as the policy says, else enough to fill the link, or the CPUs if they compress."""
    if policy.channels is not None:
        return policy.channels
    least_cpus = min(offers.source_cpus, offers.destination_cpus)
    if method is Method.COMPRESSED:
        idle = offers.source_cpus * (1 - (offers.source_busy or 0.0))
        return max(_CHANNELS, min(_MOST_CHANNELS, int(idle), offers.destination_cpus))
    if offers.link_bytes_per_second is None:
        return _CHANNELS
    return max(_CHANNELS, min(_MOST_CHANNELS, -(-offers.link_bytes_per_second // _BYTES_PER_CHANNEL), least_cpus))


def cache_bytes(memory_bytes: int, offers: Offers) -> int:
    """Of XBZRLE: a power of two that holds the whole guest, or what the source has to spare, but never too little.

    QEMU takes memory for it page by page as pages are sent, so that what is not used costs nothing.
    """
    wanted = max(_LEAST_CACHE, 1 << (memory_bytes - 1).bit_length())
    if offers.source_free_bytes is None or wanted <= offers.source_free_bytes:
        return wanted
    return max(_LEAST_CACHE, 1 << (max(1, offers.source_free_bytes).bit_length() - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """Something the policy would like, which is left out where it cannot be had. key: of the policy."""

    key: str
    needs: tuple[Feature, ...]
    given: Callable[[Transport], Transport]


def _wishes(way: Transport, policy: Policy, offers: Offers, *, throttle: bool, postcopy: bool) -> Iterator[_Wish]:
    """What is worth more comes first: post-copy can save a move, encryption is a wish here and zero-copy only saves."""
    stands = way.paused or way.mode is Mode.PAUSE
    if policy.postcopy and postcopy and not stands:
        accepted = policy.postcopy_without_recovery == "accept"
        needs = (Feature.POSTCOPY,) if accepted else (Feature.POSTCOPY, Feature.POSTCOPY_RECOVERY)
        pace = None if policy.postcopy_bandwidth is None else int(policy.postcopy_bandwidth)
        yield _Wish(
            key="postcopy",
            needs=needs,
            given=lambda base: replace(base, postcopy=True, postcopy_bandwidth_bytes_per_second=pace),
        )
    if policy.encryption == "preferred" and not (way.method is Method.TUNNELLED and offers.tunnel_encrypted):
        yield _Wish(
            key="encryption",
            needs=(Feature.TLS,),
            given=lambda base: replace(base, encrypted=True, tls_name=offers.tls_name),
        )
    if policy.zerocopy:
        yield _Wish(key="zerocopy", needs=(Feature.ZEROCOPY,), given=lambda base: replace(base, zerocopy=True))
    if policy.convergence.throttle != "off" and throttle and not stands:
        slowing = Throttle(
            initial=min(policy.convergence.throttle_initial, policy.convergence.max_throttle),
            increment=policy.convergence.throttle_increment,
        )
        yield _Wish(key="throttle", needs=(Feature.THROTTLE,), given=lambda base: replace(base, throttle=slowing))


def _stripped(base: Transport) -> Transport:
    """Without everything that a method or a wish brings along."""
    return replace(
        base,
        method=Method.TCP,
        channels=None,
        compression=None,
        xbzrle_cache_bytes=None,
        encrypted=False,
        tls_name=None,
        zerocopy=False,
        pin_all=False,
        memory_limit_bytes=None,
        postcopy=False,
        postcopy_bandwidth_bytes_per_second=None,
        pace_bytes_per_second=None,
        throttle=None,
        way=(),
        forgone=(),
    )


def _of_method(way: Transport, policy: Policy, offers: Offers, memory_bytes: int) -> Transport:
    if way.method is Method.XBZRLE:
        return replace(way, xbzrle_cache_bytes=cache_bytes(memory_bytes, offers))
    if way.method is Method.RDMA:
        # Memory that is locked anyway costs nothing to pin; any other would all become resident.
        return replace(way, memory_limit_bytes=offers.memory_limit_bytes, pin_all=offers.memory_locked)
    if way.method in (Method.PARALLEL, Method.COMPRESSED):
        way = replace(way, channels=channels(way.method, policy, offers))
    if way.method is Method.COMPRESSED:
        return replace(way, compression=_compression(policy, offers))
    return way


def _compression(policy: Policy, offers: Offers) -> Compression | None:
    """The algorithm that the policy names, or the best one offered."""
    level = _LEVEL if policy.compression_level is None else policy.compression_level
    if offers.has(Feature.ZSTD) and policy.compression != "zlib":
        return Compression(algorithm="zstd", level=level)
    if offers.has(Feature.ZLIB) and policy.compression != "zstd":
        return Compression(algorithm="zlib", level=min(level, _MOST_ZLIB))
    return None


def lacking(method: Method, policy: Policy, offers: Offers) -> tuple[Key, str] | None:
    """What the hosts have not got of what this method and the policy's encryption take: its key, and the reason."""
    for feature in _NEEDS.get(method, ()):
        if not offers.has(feature):
            return "transport", offers.absent[feature]
    if method is Method.COMPRESSED and _compression(policy, offers) is None:
        named = policy.compression != "auto"
        feature = Feature.ZLIB if policy.compression == "zlib" else Feature.ZSTD
        return "compression" if named else "transport", offers.absent[feature]
    if policy.encryption != "required":
        return None
    if method is not Method.TUNNELLED:
        return None if offers.has(Feature.TLS) else ("encryption", offers.absent[Feature.TLS])
    return None if offers.tunnel_encrypted else ("encryption", "one libvirt does not encrypt what it sends the other")


def sentences(way: Transport, offers: Offers) -> Iterator[str]:
    """One for each choice of how the memory travels."""
    yield _CARRIED[way.method]
    if way.channels is not None:
        link = offers.link_bytes_per_second
        speed = "" if link is None else f" on a link that reports {BytesPerSecond(link)}"
        cpus = f"{offers.source_cpus} CPUs at the source, {offers.destination_cpus} at the destination"
        yield f"{way.channels} streams{speed}: {cpus}"
    if way.compression is not None:
        yield f"compressed by {way.compression.algorithm} at level {way.compression.level}"
    if way.xbzrle_cache_bytes is not None:
        yield f"pages as they were sent are kept in {Bytes(way.xbzrle_cache_bytes)} of the source's memory"
    if way.memory_limit_bytes is not None:
        pinned = "all memory is pinned at the start" if way.pin_all else "memory is pinned as it is sent"
        yield f"{pinned}, within the guest's hard limit of {Bytes(way.memory_limit_bytes)}"
    if way.encrypted:
        checked = way.tls_name or way.address
        yield f"QEMU encrypts it, and takes the destination's certificate for {checked} only"
    if way.zerocopy:
        yield "pages are sent from where they lie, without a copy"
    if way.postcopy:
        yield "a switch to post-copy is possible"
    if way.throttle is not None:
        first, more = way.throttle.initial, way.throttle.increment
        yield f"QEMU may slow the guest, by {first} % first and by {more} % more each time"


_CARRIED: Mapping[Method, str] = {
    Method.TCP: "the memory travels in a single stream",
    Method.PARALLEL: "the memory travels in parallel streams",
    Method.COMPRESSED: "the memory travels in parallel streams, each of them compressed",
    Method.XBZRLE: "the memory travels in a single stream, of pages sent before only what has changed",
    Method.RDMA: "the memory is written straight into the destination's",
    Method.TUNNELLED: "the memory travels inside the connection from one libvirt to the other",
}
