"""What the policy has watched at the hosts of moves: each host is read in a step of its own."""

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from functools import partial

from orchestrator.engine.tools import Figures, Works
from orchestrator.limits.guard import Guarding, watch
from orchestrator.model.host import HostName
from orchestrator.model.policy import GuardRule

EVERY = 2.0  # seconds between two readings of one host
_IDLE = 3600.0


class Guards:
    """Where the guard of each host stands. `changed` is called from the steps when one goes up or down."""

    def __init__(
        self,
        name: str,
        works: Works,
        rules: Sequence[GuardRule],
        *,
        read: Figures,
        changed: Callable[[HostName, Guarding], None],
    ) -> None:
        self._name = name
        self._rules = tuple(rules)
        self._clock = works.clock
        self._loop = works.loop
        self._read = read
        self._changed = changed
        self._hosts: frozenset[HostName] = frozenset()
        self._at: dict[HostName, Guarding] = {}
        self._closed = False

    def watch(self, hosts: Collection[HostName]) -> None:
        """From now on watch these hosts, and no other; nothing where the policy has no rule."""
        if not self._rules:
            return
        new, self._hosts = frozenset(hosts) - self._hosts, frozenset(hosts)
        for host in new:
            if host in self._at:
                self._loop.poke(self._key(host))
            else:
                self._at[host] = Guarding()
                self._loop.add(self._key(host), partial(self._look, host))

    def factor(self, host: HostName) -> Fraction:
        """What is left of the share of the moves at that host."""
        return self._at.get(host, Guarding()).factor

    def against(self, hosts: Collection[HostName]) -> str:
        """Why nothing more may begin at one of these hosts, in words; "" if it may."""
        closed = [(host, guard) for host in hosts if (guard := self._at.get(host, Guarding())).closed]
        return "; ".join(f"nothing more begins at {host}: {guard.because}" for host, guard in closed)

    def close(self) -> None:
        """Nobody wants to know anything any more; the steps end."""
        self._closed = True
        for host in self._at:
            self._loop.poke(self._key(host))

    def _key(self, host: HostName) -> str:
        return f"{self._name} guards {host}"

    def _look(self, host: HostName) -> float | None:
        if self._closed:
            return None
        if host not in self._hosts:
            self._at[host] = Guarding()  # what nobody watches has no past
            return _IDLE
        before = self._at[host]
        now = watch(before, self._read(host), self._rules, self._clock.ticks())
        self._at[host] = now
        if now.level != before.level:
            self._changed(host, now)
        return EVERY
