"""Whether guests are alive all the time, and how often they moved: what libvirt on the hosts says, past ferry.

Each host is looked at in a thread of its own. A host whose daemon is away shows nobody: a guest that ran there then is
one that nobody can vouch for.
"""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import libvirt

from tests.integration.traffic import uri
from tests.lab.namespace_lab import NamespaceLab

_HERTZ = 5.0
_ALIVE = (libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_BLOCKED, libvirt.VIR_DOMAIN_PAUSED)  # paused: it arrives
_IN_A_ROW = 2  # a guest that moves can be missed once: asked too early at its destination, too late at its source


@dataclass(frozen=True)
class Seen:
    """One host, asked between two moments (seconds since 1970). guests: those that it had alive."""

    begun: float
    ended: float
    host: str
    guests: frozenset[str]


class Lives:
    """Looks at all hosts from entering the context to leaving it."""

    def __init__(self, lab: NamespaceLab) -> None:
        self._lab = lab
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._watch, args=(host,), daemon=True) for host in lab.hosts()]
        self.looks: list[Seen] = []
        self._before: Counter[str] = Counter()

    def __enter__(self) -> "Lives":
        libvirt.registerErrorHandler(lambda _context, _error: None, None)  # a daemon that is away is no news
        self._before = self._begun()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def away(self, host: str) -> bool:
        """Whether its daemon was seen not to answer."""
        return any(look.host == host and "" in look.guests for look in self.looks)

    def lost(self, guest: str) -> list[str]:
        """The times for which every host was asked again and again, and none had the guest; []: it never was away."""
        return lost(self.looks, self._lab.hosts(), guest)

    def moves(self, guest: str) -> int:
        """How often a QEMU was started for the guest since the context was entered, on any host."""
        return self._begun()[guest] - self._before[guest]

    def _begun(self) -> Counter[str]:
        """Guest → how many QEMUs were ever started for it, by libvirt's own logs."""
        count = ["sh", "-c", "grep -c 'starting up libvirt version' /var/log/libvirt/qemu/*.log /dev/null || true"]
        found: Counter[str] = Counter()
        for host in self._lab.hosts():
            for line in self._lab.run(host, count).checked().stdout.splitlines():
                log, _, times = line.rpartition(":")
                found[Path(log).stem] += int(times)
        return found

    def _watch(self, host: str) -> None:
        connection: libvirt.virConnect | None = None
        while not self._stop.wait(1 / _HERTZ):
            begun = time.time()
            try:
                connection = connection or libvirt.open(uri(self._lab, host))
                guests = _alive(connection)
            except libvirt.libvirtError:
                connection, guests = None, frozenset({""})
            self.looks.append(Seen(begun, time.time(), host, guests))


def lost(looks: Sequence[Seen], hosts: Sequence[str], guest: str) -> list[str]:
    """As `Lives.lost`, of looks that were taken."""
    shown = sorted((look for look in looks if guest in look.guests), key=lambda look: look.begun)
    if not shown:
        return ["always"]
    found = []
    edges = [(a.ended, b.begun) for a, b in pairwise(shown)]
    edges.append((max(look.ended for look in shown), float("inf")))
    for since, until in edges:
        between = [look.host for look in looks if look.begun > since and look.ended < until]
        if all(between.count(host) >= _IN_A_ROW for host in hosts):
            found.append(f"{guest}: nowhere from {since:.1f} to {until:.1f}")
    return found


def _alive(connection: "libvirt.virConnect") -> frozenset[str]:
    found = set()
    for domain in connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
        try:
            if domain.state()[0] in _ALIVE:
                found.add(domain.name())
        except libvirt.libvirtError:
            if not connection.isAlive():
                raise
    return frozenset(found)
