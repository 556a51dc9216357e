"""How fast guests travel when many do: the rate of one move, how many go at once, and how long one of them lasts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

from orchestrator.limits.costs import Kind, bill, capacities
from orchestrator.limits.resources import host_of
from orchestrator.migration.predict import forecast
from orchestrator.migration.select import asked_for
from orchestrator.migration.terms import terms
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.offer import Crossing
from orchestrator.model.policy import Limits
from orchestrator.model.settings import Settings
from orchestrator.planning.appraisal import Outlook
from orchestrator.planning.network_score import rate, share
from orchestrator.planning.timetable import Slots

# An assumption: what a move takes beside its copy, for the checks before it, the hand-over and the proof after it.
BESIDE_SECONDS = 2.0
_MANY = 2**16


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """slots: moves at once. rates: source and destination → bytes per second of one move beside the others, where a
    network leads from one to the other. budgets:
    host → bytes per second that moves may use there together."""

    slots: Slots
    rates: Mapping[tuple[HostName, HostName], float]
    budgets: Mapping[HostName, float]

    def seconds(self, memory_bytes: int, source: HostName, destination: HostName) -> float:
        """How long the move of a guest with so much memory lasts."""
        return memory_bytes / self.rates[source, destination] + BESIDE_SECONDS

    def forecast(self, move: Move, settings: Settings) -> Move:
        """The same move with what it is expected to take, beside the others."""
        policy = settings.policy_for(guest=move.name, host=move.destination, network=move.transport.network)
        given = terms(policy, (), move.guest)
        within = replace(given, bandwidth_bytes_per_second=int(self.rates[move.source, move.destination]))
        asked = asked_for(move, within, None, Crossing(), {})
        return replace(move, forecast=forecast(move.transport, asked.load, asked.road))


def pace(outlook: Outlook, sources: Mapping[HostName, int], destinations: Sequence[HostName]) -> Pace:
    """Work it out. sources: hosts with the number of guests that leave them; all hosts answered."""
    settings = outlook.settings
    slots: dict[str, int] = {
        host: _slots(settings, host, leaves=host in sources) for host in dict.fromkeys((*sources, *destinations))
    }
    total = settings.policy.limits.total
    leaving = {host: max(1, min(slots[host], number, total or number)) for host, number in sources.items()}
    arriving = ceil(min(sum(leaving.values()), total or _MANY) / max(len(destinations), 1))
    rates: dict[tuple[HostName, HostName], float] = {}
    budgets: dict[HostName, float] = {}
    for source in sources:
        for to in destinations:
            whole = None if source == to else _budget(outlook, source, to)
            if whole is None:
                continue
            cap = settings.policy_for(host=to).bandwidth
            beside = max(leaving[source], min(slots[to], arriving))
            rates[source, to] = min(whole / beside, float(cap) if cap is not None else whole)
            budgets[to] = max(budgets.get(to, 0.0), whole)
    return Pace(slots=Slots(of=slots, total=total), rates=rates, budgets=budgets)


def _budget(outlook: Outlook, source: HostName, to: HostName) -> float | None:
    """What moves may use of the way between two hosts; None: no network leads there."""
    policy, answering = outlook.settings.policy_for(host=to), outlook.facts.answering()
    network = outlook.settings.networks.get(outlook.selection(source, to, policy).network)
    if network is None:
        return None
    whole = rate(network, answering[source], answering[to], outlook.settings, outlook.known).bytes_per_second
    return whole * share(network, policy) / 100


def _slots(settings: Settings, host: HostName, *, leaves: bool) -> int:
    """How many ordinary moves a host takes part in at once; one at least, which is always admitted."""

    def limits_of(name: HostName) -> Limits:
        return settings.policy_for(host=name).limits

    limits, network = settings.policy.limits, settings.usual_network
    carries = settings.networks[network].capacity if network else None
    capacity = capacities(limits, limits_of, lambda *_: None if carries is None else int(carries) * 8)
    source, destination = (host, None) if leaves else (None, host)
    costs = bill(Kind.LIVE, limits, source=source, destination=destination, network=network)
    own = [(capacity(what), cost) for what, cost in costs.items() if host_of(what) == host]
    return max(1, min((room // cost for room, cost in own if room is not None), default=_MANY))
