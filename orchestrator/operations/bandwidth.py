"""What the shares of a policy come to: percent of a network as a rate, and how many moves that is enough for."""

from collections.abc import Iterator

from orchestrator.limits.shares import MIB, Budget, Flow, budget, room
from orchestrator.model.bandwidth import Portion
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.network import Network, Role
from orchestrator.model.policy import Limits
from orchestrator.model.settings import Settings
from orchestrator.model.units import BytesPerSecond

_MANY = 1000  # moves at once, beyond which nobody counts
_HERE = HostName("here")


def portions(settings: Settings, host: HostName | None = None) -> tuple[Portion, ...]:
    """One for each network that moves may take. host: whose policy counts; None: that of the site."""
    limits = settings.policy_for(host=host).limits
    return tuple(_portion(network, limits) for network in _migration_networks(settings))


def _migration_networks(settings: Settings) -> Iterator[Network]:
    for _, network in sorted(settings.networks.items()):
        if Role.MIGRATION in network.roles:
            yield network


def _portion(network: Network, limits: Limits) -> Portion:
    own, carries = network.share, network.capacity
    percent = own if own is not None else limits.share
    whole = budget(
        carries,
        percent=percent,
        smb_factor=limits.smb_factor,
        interfaces=() if carries is None else (carries,),
    )
    return Portion(
        network=network.name,
        carries=carries,
        percent=100 if percent is None else percent,
        settled_by="network" if own is not None else "default" if percent is None else "policy",
        smb_factor=limits.smb_factor,
        together=None if whole is None else BytesPerSecond(whole.whole * MIB),
        floor=limits.floor,
        at_once=None if whole is None else _at_once(network.name, whole, limits.floor),
    )


def _at_once(network: str, whole: Budget, floor: BytesPerSecond) -> int:
    """By the rule that admits moves, so that both always say the same."""
    there: list[Flow] = []
    while len(there) < _MANY:
        more = Flow(guest=GuestId(str(len(there))), network=network, ends=(_HERE,), order=(f"{len(there):04}",))
        if room(more, there, lambda _network, _host: whole, lambda _host: int(floor)) is not None:
            break
        there.append(more)
    return len(there)
