"""What keeps a move from beginning although no limit does: too little network, a guard, a host that was not seen."""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.engine.guarding import Guards
from orchestrator.engine.lookout import Seen
from orchestrator.engine.rules import Rules
from orchestrator.engine.shares import Shares
from orchestrator.limits.foreign import Foreign
from orchestrator.limits.resources import TOTAL
from orchestrator.limits.shares import flow, flows, room
from orchestrator.migration.figures import cap
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Standing, Ticket
from orchestrator.model.run import RunId
from orchestrator.model.waits import Cause, Waits


class Hindrance:
    """Asked by admission for every ticket that would fit. asked: hosts that have to be looked at before one begins."""

    def __init__(self, run: RunId, rules: Rules, *, guards: Guards, shares: Shares) -> None:
        self._run = run
        self._rules = rules
        self._seen = Seen()
        self._guards = guards
        self._shares = shares
        self._foreign: Sequence[Foreign] = ()
        self.asked: frozenset[HostName] = frozenset()

    def begin(self, seen: Seen, foreign: Sequence[Foreign]) -> None:
        """A new decision is made, beside the migrations that this view of the hosts shows."""
        self._seen = seen
        self._foreign = foreign
        self.asked = frozenset()

    def __call__(self, ticket: Ticket, holding: Sequence[Ticket]) -> Waits | None:
        """Why the ticket may not begin beside these, or None. Only the floor binds the tickets of other runs as well:
        what they have seen and what guards them is for their own process to say."""
        pressed = self._pressed(ticket, holding)
        if pressed is not None or ticket.run != self._run:
            return pressed
        ends = (ticket.source, ticket.destination)
        everywhere = self._rules.everywhere if TOTAL in ticket.costs else ()
        closed = self._guards.against(ends)
        if closed:
            return Waits(cause=Cause.GUARD, detail=closed)
        unseen = [host for host in dict.fromkeys((*ends, *everywhere)) if host not in self._seen.known]
        if unseen:
            self.asked |= {*ends}
            have = "has" if len(unseen) == 1 else "have"
            return Waits(cause=Cause.SILENT, detail=f"{_few(unseen)} {have} yet to say what moves there")
        return None

    def _pressed(self, ticket: Ticket, holding: Sequence[Ticket]) -> Waits | None:
        if not ticket.network:
            return None
        among = flows([replace(t, standing=Standing.HOLDING) for t in holding], self._foreign, self._rules.network)
        end = room(flow(ticket), among, self._shares.budget, self._rules.floor)
        if end is None:
            return None
        least = cap(self._rules.floor(end))
        detail = f"at {end} each move would be left with less than {least} of the network {ticket.network}"
        return Waits(cause=Cause.FLOOR, detail=detail)


def _few(hosts: Sequence[HostName]) -> str:
    named, more = hosts[:2], len(hosts) - 2
    return f"{', '.join(named)} and {more} more" if more > 0 else " and ".join(named)
