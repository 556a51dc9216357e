"""Whether one more host may fail once all guests are where the plan puts them."""

import heapq
from collections.abc import Mapping, Sequence

from orchestrator.checks.quantity import mib
from orchestrator.model.evacuation import Spare
from orchestrator.model.host import HostName
from orchestrator.planning.packing import Piece, Room, pack

_EFFORT = 20_000  # questions for one host that does not fit at the first try


def spare(free: Mapping[HostName, int], guests: Mapping[HostName, Sequence[int]]) -> Spare:
    """Whether the guests of any one host would find memory on the others. free: bytes that each can still give. guests:
    of each host, what its guests take.

    Says the first host, by name, of which the guests would not; the one that lacks most of all where memory itself is
    short.
    """
    short = {host: sum(sizes) - sum(free.values()) + free[host] for host, sizes in guests.items()}
    worst = max(sorted(short), key=lambda host: short[host], default=None)
    if worst is not None and short[worst] > 0:
        return _no(worst, short[worst], "in all")
    for host, sizes in sorted(guests.items()):
        others = {name: room for name, room in free.items() if name != host}
        if _fit(sizes, others):
            continue
        pieces = [Piece(name=f"{n:05}", needs=(size,), fits=tuple(others)) for n, size in enumerate(sizes)]
        packing = pack(pieces, [Room(name=name, free=(room,)) for name, room in others.items()], effort=_EFFORT)
        if packing.left:
            lacking = sum(sizes[int(name)] for name in packing.left)
            return _no(host, lacking, "in pieces that are large enough" if packing.proven else "as far as was searched")
    return Spare(holds=True, sentence="One more host may fail: the others have the memory for its guests.")


def _no(host: HostName, lacking: int, how: str) -> Spare:
    sentence = f"No further host may fail: for the guests of {host} the others are short by {mib(lacking)} {how}."
    return Spare(holds=False, host=host, short_by_bytes=lacking, sentence=sentence)


def _fit(sizes: Sequence[int], free: Mapping[HostName, int]) -> bool:
    """The largest first, each where most is left: it does not find every way, but what it finds is one."""
    rooms = [-room for room in free.values()]
    heapq.heapify(rooms)
    for size in sorted(sizes, reverse=True):
        if not rooms or -rooms[0] < size:
            return False
        heapq.heapreplace(rooms, rooms[0] + size)
    return True
