"""What each move of a run may use of its network now, as the ledger divides it among all that move there."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from orchestrator.engine.rules import Rules
from orchestrator.limits.foreign import Foreign
from orchestrator.limits.shares import Budget, Flow, flows, share
from orchestrator.migration.terms import Terms, sharing
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Standing, Ticket
from orchestrator.model.run import RunId

TURN = 3  # seconds


class Shares:
    """One thread divides, others read: what was dealt is replaced as a whole, never changed.

    factor: what a guard leaves of the network at a host.
    """

    def __init__(self, run: RunId, rules: Rules, factor: Callable[[HostName], Fraction]) -> None:
        self._run = run
        self._rules = rules
        self._factor = factor
        self._dealt: Mapping[GuestId, tuple[int, str]] = {}
        self.joined: frozenset[GuestId] = frozenset()

    def divide(
        self, tickets: Iterable[Ticket], foreign: Iterable[Foreign], at: datetime, still: Collection[GuestId] = ()
    ) -> Collection[GuestId]:
        """Deal anew; answers the guests whose share is another one now.

        at: now, by which all ferries agree on whose turn it is to have what does not divide evenly. still: guests of
        this run of which nothing travels at the moment: the others have all of the network. Each of them is dealt what
        it would get beside the others. `joined` are its other guests that hold their resources.
        """
        held = {t.guest: t for t in sorted(tickets, key=self._mine) if t.standing is Standing.HOLDING}
        mine = [t for t in held.values() if self._mine(t)]
        resting = {t.guest for t in mine if t.guest in still}
        strange = tuple(f for f in foreign if f.guest not in held)
        dealt: dict[GuestId, tuple[int, str]] = {}
        for ticket in (t for t in mine if t.network):
            moving = (t for t in held.values() if t is ticket or t.guest not in resting)
            among = flows(moving, strange, self._rules.network)
            part = share(ticket.guest, among, self.budget, int(at.timestamp()) // TURN)
            if part is not None:
                dealt[ticket.guest] = (int(part), self._said(ticket, among))
        before, self._dealt = self._dealt, dealt
        self.joined = frozenset(t.guest for t in mine) - resting
        return [g for g in before.keys() | dealt.keys() if before.get(g, (None,))[0] != dealt.get(g, (None,))[0]]

    def budget(self, network: str, host: HostName) -> Budget | None:
        """What all moves at a host may use of a network together now; None: nobody knows."""
        return self._rules.budget(network, host, self._factor(host))

    def hold(self, now: Terms, guest: GuestId) -> Terms:
        """The terms of a move with its share, which binds both of its halves."""
        part, because = self._dealt.get(guest, (None, ""))
        return sharing(now, part, because)

    def _mine(self, ticket: Ticket) -> bool:
        return ticket.run == self._run

    def _said(self, ticket: Ticket, among: Sequence[Flow]) -> str:
        ends = {ticket.source, ticket.destination}
        moves = sum(flow.network == ticket.network and bool(ends.intersection(flow.ends)) for flow in among)
        whose = f"its part of the network {ticket.network}"
        whose = f"{whose}, beside {moves - 1} more" if moves > 1 else whose
        left = min(self._factor(end) for end in ends)
        return whose if left == 1 else f"{whose}, of which a guard leaves {float(left):.0%}"
