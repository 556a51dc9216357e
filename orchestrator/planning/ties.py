"""What the rules of affinity mean for guests that leave: who goes as one, who must not meet, and who lives where."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.checks.case import LIVE
from orchestrator.model.facts import HostFacts
from orchestrator.model.guest import Guest, GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.policy import Affinity

Pairs = Mapping[GuestId, frozenset[GuestId]]
Hosts = Mapping[GuestId, frozenset[HostName]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """groups: guests that leave as one; each guest is in exactly one of them. apart, rather_apart, rather_together:
    other leaving guests. barred: hosts where somebody lives that it must not meet; bound: where those live that it
    must be with, none: anywhere. shunned, drawn: the same of rules that are not hard. A guest of which a rule says
    nothing is left out.
    """

    groups: tuple[tuple[GuestId, ...], ...]
    apart: Pairs
    rather_apart: Pairs
    rather_together: Pairs
    barred: Hosts
    bound: Hosts
    shunned: Hosts
    drawn: Hosts


def ties(guests: Sequence[Guest], rules: Sequence[Affinity], others: Iterable[HostFacts]) -> Ties:
    """Read the rules. others: hosts that are not emptied, whose guests stay there."""
    living = list(others)
    pairs = {key: defaultdict[GuestId, set[GuestId]](set) for key in _KINDS}
    hosts = {key: defaultdict[GuestId, set[HostName]](set) for key in _KINDS}
    for rule in rules:
        meant = [guest.uuid for guest in guests if rule.concerns(guest.name)]
        if not meant:
            continue
        kind = (bool(rule.apart), rule.hard)
        there = {host.name for host in living if _has(host, rule)}
        for guest in meant:
            pairs[kind][guest].update(other for other in meant if other != guest)
            hosts[kind][guest].update(there)
    frozen = {kind: {guest: frozenset(found) for guest, found in pairs[kind].items()} for kind in _KINDS}
    places = {kind: {guest: frozenset(found) for guest, found in hosts[kind].items() if found} for kind in _KINDS}
    return Ties(
        groups=_groups([guest.uuid for guest in guests], frozen[_TOGETHER]),
        apart=frozen[_APART],
        rather_apart=frozen[_RATHER_APART],
        rather_together=frozen[_RATHER_TOGETHER],
        barred=places[_APART],
        bound=places[_TOGETHER],
        shunned=places[_RATHER_APART],
        drawn=places[_RATHER_TOGETHER],
    )


# Whether a rule wants guests apart, and whether it is hard.
_APART, _RATHER_APART, _TOGETHER, _RATHER_TOGETHER = (True, True), (True, False), (False, True), (False, False)
_KINDS = (_APART, _RATHER_APART, _TOGETHER, _RATHER_TOGETHER)


def _has(host: HostFacts, rule: Affinity) -> bool:
    return any((g.power in LIVE or g.power is Power.INCOMING) and rule.concerns(g.name) for g in host.guests)


def _groups(guests: Sequence[GuestId], together: Pairs) -> tuple[tuple[GuestId, ...], ...]:
    """Everybody with all whom rules, one after the other, tie to them; in the order of the guests."""
    found: list[tuple[GuestId, ...]] = []
    seen: set[GuestId] = set()
    for guest in guests:
        if guest in seen:
            continue
        group, waiting = {guest}, [guest]
        while waiting:
            new = together.get(waiting.pop(), frozenset()) - group
            group |= new
            waiting.extend(new)
        seen |= group
        found.append(tuple(one for one in guests if one in group))
    return tuple(found)
