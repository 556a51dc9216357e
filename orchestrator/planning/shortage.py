"""What is missing where not every guest finds a place, by how much, and what would have to change."""

from collections.abc import Iterator, Mapping, Sequence

from orchestrator.model.evacuation import Proof, Shortage
from orchestrator.model.host import HostName
from orchestrator.planning.ground import Ground
from orchestrator.planning.measures import Measures
from orchestrator.planning.settling import Party

_KEYS = {0: "memory_reserve", 1: "vcpu_ratio", 2: "memory_ratio"}


def proof(
    left: Sequence[Party],
    free: Mapping[HostName, tuple[int, ...]],
    ground: Ground,
    counted: Measures,
    *,
    proven: bool,
) -> Proof:
    """Of parties that would fit if hosts were emptier. free: what each host has left beside all that are placed."""
    names = tuple(one.guest.name for party in left for one in party.members)
    shortages = tuple(found for party in left for found in _short(party, free, counted))
    return Proof(left=names, proven=proven, shortages=shortages, changes=tuple(_changes(left, free, ground, counted)))


def why(party: Party, free: Mapping[HostName, tuple[int, ...]], counted: Measures) -> str:
    """In one sentence without an end."""
    return lacks(party, free, counted) or "every host that has room for it has a guest that it must be apart from"


def lacks(party: Party, free: Mapping[HostName, tuple[int, ...]], counted: Measures) -> str:
    """What is short, likewise; "" where there is room."""
    return next((found.sentence for found in _short(party, free, counted)), "")


def _short(party: Party, free: Mapping[HostName, tuple[int, ...]], counted: Measures) -> Iterator[Shortage]:
    """What it lacks at the host where it lacks least."""
    found = _nearest(party, free, counted)
    if found is None:
        return
    to, lacking = found
    needs, who = _needs(party, counted), " and ".join(one.guest.name for one in party.members)
    for resource, short, needed, has in zip(counted.names, lacking, needs, free[to], strict=True):
        if short > 0:
            yield Shortage(
                resource=resource,
                short_by=short,
                needed=needed,
                free=has,
                unit="vCPUs" if resource == counted.names[1] else "bytes",
                sentence=f"{who} needs {counted.said(resource, needed)} ({resource}); beside the others {to} can give "
                f"most, {counted.said(resource, has)}: short by {counted.said(resource, short)}",
            )


def _nearest(
    party: Party, free: Mapping[HostName, tuple[int, ...]], counted: Measures
) -> tuple[HostName, tuple[int, ...]] | None:
    """The host where it lacks the smallest part of what it needs; None: one has room."""
    needs = _needs(party, counted)
    lacking = {to: tuple(max(0, n - f) for n, f in zip(needs, free[to], strict=True)) for to in party.fits}
    if not lacking or any(not any(short) for short in lacking.values()):
        return None

    def part(to: HostName) -> tuple[float, str]:
        return max(short / need for short, need in zip(lacking[to], needs, strict=True) if need), to

    to = min(lacking, key=part)
    return to, lacking[to]


def _needs(party: Party, counted: Measures) -> tuple[int, ...]:
    return tuple(map(sum, zip(*(counted.needs(one.guest) for one in party.members), strict=True)))


def _changes(
    left: Sequence[Party], free: Mapping[HostName, tuple[int, ...]], ground: Ground, counted: Measures
) -> Iterator[str]:
    names = [one.guest.name for party in left for one in party.members]
    yield f"Let {'these' if len(names) > 1 else 'it'} stay: " + " ".join(f"--exclude {name}" for name in names)
    for party in left:
        found = _nearest(party, free, counted)
        if found is None:
            continue
        to, lacking = found
        for number, (resource, short) in enumerate(zip(counted.names, lacking, strict=True)):
            key = f", or loosen {_KEYS[number]} of {to} by as much" if short and number in _KEYS else ""
            if short:
                yield f"Free {counted.said(resource, short)} of {resource} on {to}{key}"
    shut = [name for name, reason in ground.closed.items() if "is cordoned" in reason]
    if shut:
        yield f"Lift the cordon of {' or '.join(shut)}"
