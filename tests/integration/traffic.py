"""What libvirt itself says of migrations on the lab's hosts, many times a second; ferry is not asked.

Each host is looked at in a thread of its own, past ssh, over its daemon's socket: one that is slow for a moment delays
no other.
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import libvirt

from tests.lab import namespaces
from tests.lab.namespace_lab import NamespaceLab

HERTZ = 20.0
_ENDED = (libvirt.VIR_DOMAIN_JOB_NONE, libvirt.VIR_DOMAIN_JOB_COMPLETED, libvirt.VIR_DOMAIN_JOB_FAILED)

_ARRIVING = [libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_MIGRATION]  # there libvirt tells of no job


@dataclass(frozen=True)
class Look:
    """One host at one moment (seconds since 1970, before it was asked). moving: guest → bytes that its source has sent
    so far, of those for which libvirt shows a migration at this host."""

    at: float
    host: str
    moving: Mapping[str, int]


@dataclass(frozen=True)
class Moment:
    """All hosts at one moment. moving: guest → the hosts at which it is seen to move. age: seconds since the host that
    was asked longest ago was asked."""

    at: float
    moving: Mapping[str, frozenset[str]] = field(default_factory=dict)
    age: float = 0.0


def merged(looks: Sequence[Look], hosts: Sequence[str], hertz: float = HERTZ) -> list[Moment]:
    """The looks of all hosts on one beat, each with what its host said last; begins when all have spoken."""
    found: list[Moment] = []
    ordered = sorted(looks, key=lambda look: look.at)
    last: dict[str, Look] = {}
    beat = None
    for look in ordered:
        while beat is not None and look.at >= beat:
            found.append(_moment(beat, last))
            beat += 1 / hertz
        last[look.host] = look
        if beat is None and set(last) >= set(hosts):
            beat = look.at
    return found


def _moment(at: float, last: Mapping[str, Look]) -> Moment:
    moving: dict[str, set[str]] = {}
    for look in last.values():
        for guest in look.moving:
            moving.setdefault(guest, set()).add(look.host)
    shown = {guest: frozenset(where) for guest, where in moving.items()}
    return Moment(at, shown, at - min(look.at for look in last.values()))


class Watch:
    """Looks at all hosts from entering the context to leaving it."""

    def __init__(self, lab: NamespaceLab, hertz: float = HERTZ) -> None:
        self._lab = lab
        self._hertz = hertz
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._watch, args=(host,), daemon=True) for host in lab.hosts()]
        self.looks: list[Look] = []
        self._last: dict[str, Look] = {}

    def __enter__(self) -> "Watch":
        libvirt.registerErrorHandler(lambda _context, _error: None, None)  # a guest that leaves is no news
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def now(self) -> Mapping[str, frozenset[str]]:
        """Guest → the hosts at which it was last seen to move."""
        return _moment(time.time(), dict(self._last)).moving if self._last else {}

    def moments(self) -> list[Moment]:
        """All of it, on one beat."""
        return merged(list(self.looks), self._lab.hosts(), self._hertz)

    def _watch(self, host: str) -> None:
        with contextlib.closing(libvirt.open(uri(self._lab, host))) as connection:
            due = time.monotonic()
            while not self._stop.wait(max(0.0, due - time.monotonic())):
                due = max(due + 1 / self._hertz, time.monotonic())
                at = time.time()
                look = Look(at, host, dict(_moving(connection)))
                self.looks.append(look)
                self._last[host] = look


def uri(lab: NamespaceLab, host: str) -> str:
    """The socket of a host's daemon, as libvirt is told of it."""
    first = namespaces.first_process(lab.place.host_namespace(host))
    return f"qemu+unix:///system?socket=/proc/{first}/root/run/libvirt/libvirt-sock"


def _moving(connection: "libvirt.virConnect") -> Iterator[tuple[str, int]]:
    for domain in connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
        with contextlib.suppress(libvirt.libvirtError):  # it has just left
            if domain.state() == _ARRIVING:
                yield domain.name(), 0
                continue
            job = domain.jobInfo()
            if job[0] not in _ENDED:
                yield domain.name(), int(job[7])
