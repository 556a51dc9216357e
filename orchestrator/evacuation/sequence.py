"""A whole roll reckoned through before its first host is taken: whether each host can be emptied, and towards where."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.checks.memory import required_bytes
from orchestrator.errors import Problem
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.guest import Guest, GuestId, Power
from orchestrator.model.host import HostEntry, HostName
from orchestrator.planning.packing import Packing, Piece, Room, pack
from orchestrator.planning.silence import silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """Emptying one host of the sequence. to: where its guests may go, as few hosts that are rolled later as possible.

    left: guests for which nothing of that is large enough. later: guests that will have to move again, because they
    go to a host that is rolled later. bytes: what they need, together. known: the host says which guests it has.
    """

    host: HostName
    guests: int
    bytes: int
    to: tuple[HostName, ...]
    later: int = 0
    left: tuple[str, ...] = ()
    proven: bool = True
    known: bool = True

    @property
    def sentence(self) -> str:
        """Why not, or how."""
        if not self.known:
            return f"{self.host}: its guests are not known"
        if self.left:
            named = ", ".join(self.left)
            sure = "" if self.proven else " (as far as it was searched)"
            return f"{self.host} cannot be emptied{sure}: no memory for {named} on {', '.join(self.to) or 'any host'}"
        if not self.guests:
            return f"{self.host}: no guests"
        again = f"; {self.later} of them {'moves' if self.later == 1 else 'move'} again with a later host"
        guests = f"{self.guests} guest{'' if self.guests == 1 else 's'}"
        return f"{self.host}: {guests} to {', '.join(self.to)}{again if self.later else ''}"


def legs(
    hosts: Sequence[HostName],
    facts: Facts,
    *,
    reserve: int,
    restore: bool,
    closed: Collection[HostName] = (),
) -> tuple[Leg, ...]:
    """Reckon with memory, host after host, each with what the earlier ones leave behind.

    hosts: those still to be rolled, in order. closed: hosts that take nobody (cordoned, failed).
    restore: guests are home again before the next host is taken. reserve: bytes that every host keeps free.
    A host that does not answer takes nobody, and nothing is known of its guests.
    """
    answering = facts.answering()
    lying = {n: {g.uuid: g for g in f.guests if g.power is not Power.SHUT_OFF} for n, f in answering.items()}
    free = {n: f.memory_spare_bytes - reserve for n, f in answering.items()}
    found = []
    for position, host in enumerate(hosts):
        later = [name for name in hosts[position + 1 :] if name in answering and name not in closed]
        ready = [n for n in answering if n != host and n not in later and n not in closed]
        if host not in answering:
            found.append(Leg(host=host, guests=0, bytes=0, to=(), known=False))
            continue
        leg, places = _leg(host, lying[host], ready, later, free)
        found.append(leg)
        if restore:
            continue
        for uuid, place in places.items():
            guest = lying[host].pop(uuid)
            lying[place][uuid] = guest
            free[place] -= required_bytes(guest)
            free[host] += required_bytes(guest)
    return tuple(found)


def _leg(
    host: HostName,
    guests: Mapping[GuestId, Guest],
    ready: Sequence[HostName],
    later: Sequence[HostName],
    free: Mapping[HostName, int],
) -> tuple[Leg, dict[GuestId, HostName]]:
    """Towards hosts that stay as they are, if that is possible; otherwise also towards one, two, … of the later ones,
    the last of the sequence first: whoever goes there has the longest rest."""
    needed = sum(map(required_bytes, guests.values()))
    for count in range(len(later) + 1):
        to = (*ready, *reversed(later[len(later) - count :]))
        packing = _packed(guests, to, free)
        if not packing.left or count == len(later):
            break
    places = {GuestId(uuid): HostName(place) for uuid, place in packing.places.items()}
    leg = Leg(
        host=host,
        guests=len(guests),
        bytes=needed,
        to=tuple(to),
        later=sum(place in later for place in places.values()),
        left=tuple(sorted(guests[GuestId(uuid)].name for uuid in packing.left)),
        proven=packing.proven,
    )
    return leg, places


def _packed(guests: Mapping[GuestId, Guest], to: Sequence[HostName], free: Mapping[HostName, int]) -> Packing:
    if not to:
        return Packing(places={}, left=tuple(guests))
    return pack(
        [Piece(name=uuid, needs=(required_bytes(guest),), fits=tuple(to)) for uuid, guest in guests.items()],
        [Room(name=name, free=(free[name],)) for name in to],
    )


def silent(hosts: Sequence[HostName], facts: Facts, known: Mapping[HostName, HostEntry]) -> tuple[Problem, ...]:
    """Hosts to be rolled that do not answer: nothing is begun while one of them does not. known: all, as configured."""
    said = ((name, facts.hosts.get(name, Unknown(why="it was not asked"))) for name in hosts)
    return tuple(silence(name, answer, known, so="") for name, answer in said if isinstance(answer, Unknown))
