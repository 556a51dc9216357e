"""What can be found out of a running guest's memory before it is moved: how fast it changes, and what is in it."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import libvirt

from orchestrator.hypervisor import memory_layout, memory_sample, typed
from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.documents import parse
from orchestrator.hypervisor.line import NoAnswerError
from orchestrator.model.guest import GuestId
from orchestrator.model.offer import Content, DirtyRate

_MIB: Final = 2**20
_MEASURED: Final = 2  # virDomainDirtyRateStatus
_POLL: Final = 0.1
# Pages that are read at once: a call takes some milliseconds, however little it reads (QEMU writes it to a file).
_TOGETHER: Final = 8


class NotMeasuredError(Exception):
    """Why there is no answer."""


def dirty_rate(connections: HostConnections, guest: GuestId, seconds: int, within: float) -> DirtyRate:
    """Measure for `seconds`, and wait for the answer. Raises NotMeasuredError, NoAnswerError and libvirt's errors."""
    until = time.monotonic() + within
    ask = connections.control.once
    ask(lambda connection: typed.measure_dirty_rate(connection.lookupByUUIDString(guest), seconds), within)
    time.sleep(max(0.0, min(seconds, until - time.monotonic())))
    while time.monotonic() < until:
        said = ask(lambda connection: _stats(connection, guest), until - time.monotonic())
        if said.get("dirtyrate.calc_status") == _MEASURED:
            changed = said.get("dirtyrate.megabytes_per_second", 0) * _MIB
            return DirtyRate(bytes_per_second=changed, window_seconds=float(said.get("dirtyrate.calc_period", seconds)))
        time.sleep(_POLL)
    raise NotMeasuredError(f"the measurement was not ready within {within:.3g} s")


def _stats(connection: libvirt.virConnect, guest: GuestId) -> typed.Stats:
    return typed.dirty_rate(connection, connection.lookupByUUIDString(guest))


def content(connections: HostConnections, guest: GuestId, *, pages: int, seconds: float, within: float) -> Content:
    """Look at some pages, and once more after `seconds`. Raises as `dirty_rate`."""
    until = time.monotonic() + within

    def ask(work: Callable[[libvirt.virDomain], Sequence[bytes]]) -> Sequence[bytes]:
        left = until - time.monotonic()
        return connections.control.once(lambda connection: work(connection.lookupByUUIDString(guest)), left)

    places: list[int] = []

    def first(domain: libvirt.virDomain) -> Sequence[bytes]:
        places.extend(_places(domain, pages))
        return _read(domain, places, until)

    earlier = ask(first)
    if time.monotonic() + seconds >= until:
        raise NotMeasuredError(f"two looks take longer than {within:.3g} s")
    time.sleep(seconds)
    return memory_sample.judge(earlier, ask(lambda domain: _read(domain, places, until)))


def _places(domain: libvirt.virDomain, pages: int) -> Iterator[int]:
    ranges = memory_layout.ranges(parse(domain.XMLDesc(0)))
    if ranges is None:
        raise NotMeasuredError("ferry does not know where the memory of a machine of this kind lies")
    return memory_layout.spread(ranges, max(1, pages // _TOGETHER), _TOGETHER * memory_sample.PAGE)


def _read(domain: libvirt.virDomain, places: Sequence[int], until: float) -> Sequence[bytes]:
    """The pages, as far as time allows. A call that was given up must not go on asking a guest that may be slow."""
    page, read = memory_sample.PAGE, list[bytes]()
    for place in places:
        if time.monotonic() >= until:
            raise NoAnswerError
        piece = typed.memory(domain, place, _TOGETHER * page)
        read.extend(piece[begin : begin + page] for begin in range(0, len(piece), page))
    return read
