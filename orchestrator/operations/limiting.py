"""What the limits are for one run, from the policy of every host, the networks, and what the hosts can carry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from orchestrator.engine.rules import Rules
from orchestrator.errors import OrchestratorError
from orchestrator.limits.admission import PRIORITIES
from orchestrator.limits.costs import capacities, costs
from orchestrator.limits.raising import obstacle, raised
from orchestrator.limits.shares import Budget, budget
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.network_test import NetworkTest
from orchestrator.model.policy import Limits, Policy
from orchestrator.model.run import Run
from orchestrator.model.settings import Settings
from orchestrator.model.transport import Mode
from orchestrator.model.units import BytesPerSecond

_Place = tuple[str, HostName]


def rules(settings: Settings, run: Run, tests: Iterable[NetworkTest]) -> Rules:
    """The rules as they were when the run began; the hosts' own limits are those of now."""
    site = _Site(settings=replace(settings, policy=run.policy), run=run, seen=_links(run.moves), tested=_tested(tests))
    limits = raised(run.policy.limits, run.raised)
    return Rules(
        limits=limits,
        costs=lambda move: costs(move, site.policy_of(move).limits),
        priority=lambda move: PRIORITIES[site.policy_of(move).priority],
        capacity=capacities(limits, site.limits_of, lambda network, host: _bits(site.carries(network, host))),
        budget=site.budget,
        floor=lambda host: int(site.limits_of(host).floor),
        network=settings.usual_network,
        unshared=site.unshared,
        guard=run.policy.guard,
        everywhere=tuple(settings.hosts) if limits.total is not None else (),
    )


@dataclass(frozen=True, kw_only=True)
class _Site:
    """What the networks carry at each host, and how much of that moves may use together.

    What a network carries is what ferry.yaml says, else what the interfaces say (`seen`). A test that found less than
    there is would be a cap of its own, so that it counts only where a share is asked for and nothing else is known.
    """

    settings: Settings
    run: Run
    seen: Mapping[_Place, BytesPerSecond]
    tested: Mapping[_Place, BytesPerSecond]
    _limits: dict[HostName, Limits] = field(default_factory=dict)

    def policy_of(self, move: Move) -> Policy:
        """What holds for a move."""
        return self.settings.policy_for(guest=move.name, host=move.destination)

    def limits_of(self, host: HostName) -> Limits:
        """The host's own limits, raised where the run raises them."""
        if host not in self._limits:
            self._limits[host] = raised(self.settings.policy_for(host=host).limits, self.run.raised)
        return self._limits[host]

    def carries(self, network: str, host: HostName) -> BytesPerSecond | None:
        """What it carries there; None: nobody knows."""
        entry = self.settings.networks.get(network)
        declared = entry.capacity if entry is not None else None
        found = declared or self.seen.get((network, host))
        return self.tested.get((network, host)) if found is None and self._shared(network, host) else found

    def budget(self, network: str, host: HostName, factor: Fraction) -> Budget | None:
        """What all moves there may use together; None: no share is known."""
        what = self.carries(network, host)
        return budget(
            what,
            percent=self._percent(network, host),
            smb_factor=self.limits_of(host).smb_factor,
            interfaces=() if what is None else (what,),
            factor=factor,
        )

    def unshared(self, move: Move) -> str:
        """Why a share that is asked for cannot be kept for this move; "": it can, or none is."""
        network = move.transport.network
        if move.transport.mode in (Mode.OFFLINE, Mode.COLD):
            return ""
        ends = (move.source, move.destination)
        asked = [host for host in ends if self._shared(network, host) and self.carries(network, host) is None]
        return f"the share of the network {network} is not kept at {' and '.join(asked)}: {_UNKNOWN}" if asked else ""

    def _percent(self, network: str, host: HostName) -> int | None:
        entry = self.settings.networks.get(network)
        own = entry.share if entry is not None else None
        return self.limits_of(host).share if own is None else own

    def _shared(self, network: str, host: HostName) -> bool:
        return (self._percent(network, host) or 100) < 100 or self.limits_of(host).smb_factor is not None


def demand_raise(policy: Policy, raised: Mapping[str, int]) -> None:
    """Let limits only ever be raised by that. Raises usage.override-limits."""
    against = obstacle(policy.limits, raised)
    if against is not None:
        raise OrchestratorError.of("usage.override-limits", against)


_UNKNOWN = "nobody knows what it carries (capacity of the network in ferry.yaml, or ferry network test)"


def _bits(bytes_per_second: BytesPerSecond | None) -> int | None:
    return None if bytes_per_second is None else int(bytes_per_second) * 8


def _links(moves: Iterable[Move]) -> Mapping[_Place, BytesPerSecond]:
    """What the interfaces were seen to carry. Of a move the slower end is on record: of several the best counts."""
    found: dict[_Place, BytesPerSecond] = {}
    for move in moves:
        link = move.offers.link_bytes_per_second
        for host in (move.source, move.destination) if link else ():
            place = move.transport.network, host
            found[place] = max(found.get(place, BytesPerSecond(0)), BytesPerSecond(link or 0))
    return found


def _tested(tests: Iterable[NetworkTest]) -> Mapping[_Place, BytesPerSecond]:
    """What the last tests that touched a host have carried at best."""
    found: dict[_Place, BytesPerSecond] = {}
    for test in tests:
        for host in (test.source, test.destination):
            best = max(test.bytes_per_second.values(), default=0)
            found[test.network, host] = BytesPerSecond(max(best, found.get((test.network, host), 0)))
    return {place: carried for place, carried in found.items() if carried}
