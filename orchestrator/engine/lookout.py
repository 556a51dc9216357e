"""Hosts are asked in steps of their own, so that one that hangs holds up nobody."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from orchestrator.engine.tools import Works
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.sighting import Sighting
from orchestrator.model.traffic import Traffic
from orchestrator.model.unknown import Unknown
from orchestrator.ports import Hypervisor

FRESH = 3.0  # seconds; a look that is older is no look, unless the next one is not due yet
# A host that says nothing for so long is not waited for: the move goes on to its driver, which begins nothing while a
# host is silent, and says so in the verdict.
GIVEN_UP = 10.0
# Seconds between two looks: where a move could begin; and where moves only share a network, or a limit of all hosts.
OFTEN, SELDOM = 0.5, 2.0
WITHIN = 2.0
_IDLE = 3600.0
_NOT_SEEN = Unknown(why="nobody has looked a moment ago")


@dataclass(frozen=True, slots=True)
class _Look:
    """What a host said of a guest, when it was asked and when it answered."""

    asked: float
    at: float
    said: Sighting | Unknown


@dataclass
class _Post:
    """One host. every: None where nobody wants to know what moves there. asked_at: since when it owes an answer."""

    door: Hypervisor
    every: float | None = None
    guests: frozenset[GuestId] = frozenset()
    asked_at: float | None = None
    traffic: tuple[float, Traffic] | None = None
    sightings: Mapping[GuestId, _Look] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of the hosts at one moment. traffic: what moves on those that were looked at. known: those that a
    move may rely on: they were looked at a moment ago, or are silent for too long."""

    traffic: Mapping[HostName, Traffic | Unknown] = field(default_factory=dict)
    known: frozenset[HostName] = frozenset()


class Lookout:
    """What was seen on the hosts a moment ago. `changed` is called from the steps, after a look that tells news."""

    def __init__(
        self,
        name: str,
        works: Works,
        *,
        door: Callable[[HostName], Hypervisor],
        changed: Callable[[], None],
    ) -> None:
        self._name = name
        self._clock = works.clock
        self._loop = works.loop
        self._door = door
        self._changed = changed
        self._posts: dict[HostName, _Post] = {}
        self._closed = False
        self._arrived: dict[GuestId, float] = {}

    def watch(self, traffic: Mapping[HostName, float], guests: Collection[tuple[HostName, GuestId]]) -> None:
        """From now on look at what moves on these hosts, every so many seconds, and at these guests, and no more."""
        for host in {*traffic, *(host for host, _ in guests)} - self._posts.keys():
            self._posts[host] = _Post(self._door(host))
            self._loop.add(self._key(host), partial(self._look, host))
        for host, post in self._posts.items():
            every, wanted = traffic.get(host), frozenset(guest for at, guest in guests if at == host)
            sooner = every is not None and (post.every is None or every < post.every)
            if sooner and post.every is None:
                post.asked_at = self._clock.ticks()
            if every is None:
                post.asked_at = None
            news = sooner or bool(wanted - post.guests)
            post.every, post.guests = every, wanted
            if news:
                self._loop.poke(self._key(host))

    def arrived(self, guest: GuestId) -> None:
        """The guest's move is proven to be over: whoever was asked before shows what is not there any more."""
        self._arrived[guest] = self._clock.ticks()
        for post in self._posts.values():
            if post.traffic is not None:
                post.traffic = (post.traffic[0], _without(post.traffic[1], {guest}))

    def seen(self) -> Seen:
        """All that is known now, from one reading of each host."""
        traffic = {host: self._fresh(post) for host, post in self._posts.items()}
        known = {
            host for host, said in traffic.items() if isinstance(said, Traffic) or self._given_up(self._posts[host])
        }
        return Seen(traffic=traffic, known=frozenset(known))

    def sighting(self, host: HostName, guest: GuestId, asked_from: float = 0.0) -> Sighting | Unknown:
        """What that host said of the guest a moment ago. asked_from: nothing that it was asked before then counts."""
        post = self._posts.get(host)
        look = None if post is None else post.sightings.get(guest)
        if look is None or look.asked < asked_from or self._clock.ticks() - look.at > FRESH:
            return _NOT_SEEN
        return look.said

    def close(self) -> None:
        """Nobody wants to know anything any more; the steps end."""
        self._closed = True
        for host in self._posts:
            self._loop.poke(self._key(host))

    def _key(self, host: HostName) -> str:
        return f"{self._name} looks at {host}"

    def _given_up(self, post: _Post) -> bool:
        return post.asked_at is not None and self._clock.ticks() - post.asked_at >= GIVEN_UP

    def _fresh(self, post: _Post) -> Traffic | Unknown:
        if post.traffic is None or self._clock.ticks() - post.traffic[0] > FRESH + (post.every or 0.0):
            return _NOT_SEEN
        return post.traffic[1]

    def _look(self, host: HostName) -> float | None:
        post = self._posts[host]
        every, guests = post.every, post.guests
        if self._closed:
            return None
        news = every is not None and self._look_at_traffic(post)
        post.sightings = {guest: self._look_at_guest(post, guest) for guest in guests}
        if news or guests:
            self._changed()
        return OFTEN if guests else every or _IDLE

    def _look_at_guest(self, post: _Post, guest: GuestId) -> _Look:
        asked = self._clock.ticks()
        said = post.door.observe(guest, within=WITHIN)
        return _Look(asked, self._clock.ticks(), said)

    def _look_at_traffic(self, post: _Post) -> bool:
        asked, before, said = self._clock.ticks(), self._fresh(post), post.door.traffic(within=WITHIN)
        if isinstance(said, Unknown):
            return False
        said = _without(said, {guest for guest, at in dict(self._arrived).items() if at >= asked})
        post.traffic, post.asked_at = (self._clock.ticks(), said), self._clock.ticks()
        return said != before


def _without(seen: Traffic, guests: Collection[GuestId]) -> Traffic:
    return replace(seen, migrations=tuple(one for one in seen.migrations if one.guest not in guests))
