"""What is to be carried, over what road, and how fast each way of carrying it goes: the arguments of every forecast."""

from dataclasses import dataclass, field
from math import inf

from orchestrator.migration import figures
from orchestrator.migration.workload import Writing
from orchestrator.model.transport import Method, Transport

# An empty page is a header of 8 bytes and a flag (migration/ram.c, save_zero_page).
_EMPTY_PAGE = 9 / 4096
# One stream is sent by one thread: published are 1.1 to 1.6 GiB/s on links of 100 Gbit/s, and 300 MB/s with TLS.
_STREAM = 1.2e9
_STREAM_ENCRYPTED = 3e8
# Published for XBZRLE: 2 to 2.5 GB/s of guest memory for a processor core.
_XBZRLE = 2e9
# A thread of zlib, level 1, was measured to put out 58 MB/s of random and 51 MB/s of well compressible data: what it
# takes in depends on the ratio, what it puts out does not. Published for zstd: 64 GB in 20.2 s with 8.1 processors.
_ZLIB_OUT = 5e7
_ZSTD_IN = 3.9e8
# Methods that fill the link: what they reach is what it gives.
FILLING = (Method.TCP, Method.PARALLEL, Method.RDMA, Method.TUNNELLED)
# XBZRLE sends a page's difference from the third time on: the first round goes without, the second fills the cache.
XBZRLE_FROM_ROUND = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One guest's memory. used_bytes: what is not empty from the beginning; zero: share of that which is empty all the
    same; zero_changed: share of what it changes that is empty.

    compressed, delta: sizes of a page and of its change, between 0 and 1; changed_compressed: of a page that the guest
    changes. None: nobody looked.
    """

    used_bytes: float
    writing: Writing = field(default_factory=Writing)
    zero: float = 0.0
    zero_changed: float = 0.0
    compressed: float | None = None
    delta: float | None = None
    changed_compressed: float | None = None

    def __str__(self) -> str:
        used = figures.size(self.used_bytes)
        if not self.writing.bytes_per_second:
            return f"{used} of memory"
        return f"{used} of memory, changing at {figures.rate(self.writing.bytes_per_second)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """link_bytes_per_second: what the network gives, or the cap. cpus: threads that both hosts have to spare.
    handover_ms: of each pause, what is not the sending of memory. switch_ms: how long a guest is silent at a switch to
    post-copy, which no limit bounds; tolerated: the budget of the move allows that."""

    link_bytes_per_second: float
    cpus: float = 1.0
    handover_ms: int = 100
    switch_ms: int = 100
    tolerated: bool = True

    def __str__(self) -> str:
        return f"a link of {figures.rate(self.link_bytes_per_second)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Bytes of guest memory done with in a second, and bytes on the wire meanwhile: QEMU reckons with the latter."""

    guest: float
    wire: float


def speed(transport: Transport, load: Load, road: Road, number: int) -> Speed:
    """How fast round `number` goes in this way, where nothing else is on the link or the processors."""
    empty = load.zero if number == 1 else load.zero_changed
    cost = empty * _EMPTY_PAGE + (1 - empty) * _cost(transport, load, number)
    guest = min(road.link_bytes_per_second / cost, _processing(transport, load, road, number))
    return Speed(guest=guest, wire=guest * cost)


def _cost(transport: Transport, load: Load, number: int) -> float:
    """Bytes on the wire for each byte of memory that is not empty. What nobody has looked at does not shrink."""
    if transport.method is Method.COMPRESSED:
        return _shrunk(load, number)
    if transport.method is Method.XBZRLE and number >= XBZRLE_FROM_ROUND and load.delta is not None:
        found = _found(transport, load)
        return max(found * load.delta + 1 - found, _EMPTY_PAGE)
    return 1.0


def _found(transport: Transport, load: Load) -> float:
    """The share of changed pages of which XBZRLE's cache still has the last version."""
    if not load.writing.working_set_bytes:
        return 1.0
    return min((transport.xbzrle_cache_bytes or 0) / load.writing.working_set_bytes, 1.0)


def _processing(transport: Transport, load: Load, road: Road, number: int) -> float:
    """Bytes of guest memory that the processors get through in a second."""
    stream = _STREAM_ENCRYPTED if transport.encrypted else _STREAM
    threads = max(min(transport.channels or 2, road.cpus), 1.0)
    match transport.method:
        case Method.RDMA:
            return inf
        case Method.PARALLEL:
            return stream * threads
        case Method.COMPRESSED:
            return min(stream, _compressing(transport, load, number)) * threads
        case Method.XBZRLE if number >= XBZRLE_FROM_ROUND:
            return min(stream, _XBZRLE)
        case _:
            return stream


def _compressing(transport: Transport, load: Load, number: int) -> float:
    if transport.compression is not None and transport.compression.algorithm == "zstd":
        return _ZSTD_IN
    return _ZLIB_OUT / _shrunk(load, number)


def _shrunk(load: Load, number: int) -> float:
    ratio = load.compressed if number == 1 else load.changed_compressed
    return 1.0 if ratio is None else max(ratio, _EMPTY_PAGE)
