"""How the moves on a network divide what they may use of it: whole MiB/s, because libvirt takes no less."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from orchestrator.limits.foreign import Foreign
from orchestrator.limits.hyperv import HUNDRED_PERCENT
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Standing, Ticket
from orchestrator.model.units import BytesPerSecond

MIB = 2**20
_BEYOND = Fraction(5, 8)
"""MiB/s by which QEMU exceeds its limit on the average: it looks ten times a second, and what it gathers before it
writes are 32 pages. Measured with QEMU 10.0: 7 MiB/s are 7.4, 8 are 8.6, 11 are 11.2, 12 are 12.2, 23 are 23.3, 24 are
24.6."""

_FEW = 16  # MiB/s; one of them more or less is less than a sixteenth from here on


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """MiB/s that all moves at a host may use of a network together. part: that is less than the network carries, so
    that nothing but the limits of the moves keeps them to it."""

    whole: int
    part: bool


Budgets = Callable[[str, HostName], Budget | None]
"""By network and host; None: nobody knows what the network carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One move on its network. ends: the hosts whose link it uses. order: decides who gets what is left over."""

    guest: GuestId
    network: str
    ends: tuple[HostName, ...]
    order: tuple[str, ...]


def flow(ticket: Ticket) -> Flow:
    """The flow of a move of ours."""
    order = ("0", ticket.since.isoformat(), ticket.run, f"{ticket.position:06}", ticket.guest)
    ends = tuple(end for end in dict.fromkeys((ticket.source, ticket.destination)) if end not in ticket.released)
    return Flow(guest=ticket.guest, network=ticket.network, ends=ends, order=order)


def flows(tickets: Iterable[Ticket], foreign: Iterable[Foreign] = (), network: str = "") -> tuple[Flow, ...]:
    """All that hold their resources and use a network, and the foreign ones, as if they used `network`."""
    ours = [flow(t) for t in tickets if t.standing is Standing.HOLDING and t.network]
    theirs = [
        Flow(
            guest=f.guest,
            network=network,
            ends=tuple(end for end in (f.source, f.destination) if end is not None),
            order=("1", f.guest),
        )
        for f in foreign
        if network
    ]
    return (*ours, *theirs)


def budget(
    carries: BytesPerSecond | None,
    *,
    percent: int | None = None,
    smb_factor: int | None = None,
    interfaces: Sequence[BytesPerSecond] = (),
    factor: Fraction = Fraction(1),
) -> Budget | None:
    """What the moves at one host may use of a network together, rounded to nearest and one MiB/s at least.

    carries: of the network there. percent: of that; None: all. smb_factor: of the sum of all `interfaces` of the host,
    as Hyper-V counts; the smaller of both. factor: what a guard leaves of it. None: nobody knows.
    """
    allowed: list[Fraction] = []
    if carries is not None:
        allowed.append(Fraction(carries * (100 if percent is None else percent), 100))
    if smb_factor is not None and interfaces:
        allowed.append(Fraction(sum(interfaces) * smb_factor, HUNDRED_PERCENT))
    if not allowed:
        return None
    granted = min(allowed) * factor
    return Budget(whole=max(1, _whole(granted / MIB)), part=carries is None or granted < carries)


def _whole(amount: Fraction | int) -> int:
    return int(amount + Fraction(1, 2))


def share(guest: GuestId, among: Sequence[Flow], budgets: Budgets, turn: int = 0) -> BytesPerSecond | None:
    """The cap of one of these moves: what it gets at its narrower end. None: neither end knows its budget.

    At each end the budget, less what QEMU sends beyond its limits where only these keep it, is dealt in whole MiB/s:
    two moves there differ by one at most. Never less than 1 MiB/s, since libvirt takes 0 for "without limit". turn: a
    number that grows with time; where one MiB/s is much, it goes to another move with each turn.
    """
    (mine,) = (one for one in among if one.guest == guest)
    dealt = (_dealt(mine, among, budgets, end, turn) for end in mine.ends)
    return min((BytesPerSecond(part * MIB) for part in dealt if part is not None), default=None)


def _at(end: HostName, network: str, among: Sequence[Flow]) -> list[Flow]:
    return [one for one in among if one.network == network and end in one.ends]


def _dealt(mine: Flow, among: Sequence[Flow], budgets: Budgets, end: HostName, turn: int) -> int | None:
    budget, there = budgets(mine.network, end), _at(end, mine.network, among)
    if budget is None:
        return None
    beyond = len(there) * _BEYOND if budget.part else 0
    each, left = divmod(max(1, _whole(budget.whole - beyond)), len(there))
    place = sorted(f.order for f in there).index(mine.order)
    if each < _FEW:
        place = (place + turn) % len(there)
    return max(1, each + (place < left))


def room(more: Flow, among: Sequence[Flow], budgets: Budgets, floor: Callable[[HostName], int]) -> HostName | None:
    """The first end of one more move at which it would press a move below the floor (bytes per second of each move
    there); None: there is room. One move is always admitted, whatever the floor."""
    for end in more.ends:
        budget, there = budgets(more.network, end), _at(end, more.network, among)
        if there and budget is not None and budget.whole < _whole(Fraction(floor(end) * (len(there) + 1), MIB)):
            return end
    return None
