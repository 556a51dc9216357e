"""Hosts side by side: in what they differ, and which of them is the odd one out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from orchestrator.checks.quantity import version
from orchestrator.model.cabling import Interface
from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.host import HostName
from orchestrator.model.settings import Settings

UNKNOWN = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """One thing that hosts should have in common. usual: what more than half of those that say it have; None: nothing.

    odd: the hosts that say something else.
    """

    name: str
    values: Mapping[HostName, str]
    usual: str | None
    odd: frozenset[HostName]


def traits(facts: Facts, settings: Settings) -> tuple[Trait, ...]:
    """Every trait of the hosts that answered, in the order in which an audit reads them."""
    hosts = [host for _, host in sorted(facts.answering().items())]
    return tuple(_trait(name, read, hosts, settings) for name, read in _TRAITS)


def _trait(name: str, read: "_Read", hosts: Sequence[HostFacts], settings: Settings) -> Trait:
    values = {host.name: read(host, settings) for host in hosts}
    said = Counter(value for value in values.values() if value != UNKNOWN)
    value, times = said.most_common(1)[0] if said else (None, 0)
    usual = value if times * 2 > said.total() else None
    odd = frozenset(host for host, value in values.items() if usual is not None and value not in (usual, UNKNOWN))
    return Trait(name=name, values=values, usual=usual, odd=odd)


_Read = Callable[[HostFacts, Settings], str]


def _kernel(host: HostFacts, _settings: Settings) -> str:
    return UNKNOWN if isinstance(host.kernel, Unknown) else host.kernel.release


def _processor(host: HostFacts, _settings: Settings) -> str:
    return UNKNOWN if isinstance(host.processor, Unknown) else host.processor.model_name


def _microcode(host: HostFacts, _settings: Settings) -> str:
    return UNKNOWN if isinstance(host.processor, Unknown) else host.processor.microcode or UNKNOWN


def _clock(host: HostFacts, settings: Settings) -> str:
    """In whole steps of what may differ: two hosts within it say the same."""
    if isinstance(host.clock, Unknown):
        return UNKNOWN
    allowed = int(settings.policy_for(host=host.name).clock_skew) / 1000 + host.clock.uncertainty_seconds
    off = abs(host.clock.ahead_seconds) > allowed
    return f"{host.clock.ahead_seconds:+.1f} s" if off else "right"


def _mtu(host: HostFacts, settings: Settings) -> str:
    if isinstance(host.interfaces, Unknown):
        return UNKNOWN
    addresses, interfaces = settings.hosts[host.name].addresses, host.interfaces
    found = [_carrying(interfaces, addresses.get(network)) for network in settings.migration_networks]
    return " ".join(str(one.mtu) for one in found if one is not None) or UNKNOWN


def _carrying(interfaces: Sequence[Interface], address: str | None) -> Interface | None:
    if address is None:
        return None
    wanted = ip_address(address)
    return next((i for i in interfaces if any(ip_address(a) == wanted for a in i.addresses)), None)


def _user(host: HostFacts, _settings: Settings) -> str:
    return UNKNOWN if isinstance(host.daemon, Unknown) else f"{host.daemon.qemu_uid}:{host.daemon.qemu_gid}"


def _ports(host: HostFacts, _settings: Settings) -> str:
    return UNKNOWN if isinstance(host.daemon, Unknown) else f"{host.daemon.port_min}-{host.daemon.port_max}"


def _locks(host: HostFacts, _settings: Settings) -> str:
    return UNKNOWN if isinstance(host.daemon, Unknown) else host.daemon.lock_manager or "none"


def _networks(host: HostFacts, _settings: Settings) -> str:
    networks = host.active_networks
    return UNKNOWN if isinstance(networks, Unknown) else " ".join(sorted(networks)) or "none"


def _bridges(host: HostFacts, _settings: Settings) -> str:
    return UNKNOWN if isinstance(host.bridges, Unknown) else " ".join(sorted(host.bridges)) or "none"


_TRAITS: tuple[tuple[str, _Read], ...] = (
    ("libvirt", lambda host, _: version(host.libvirt_version)),
    ("QEMU", lambda host, _: version(host.qemu_version)),
    ("kernel", _kernel),
    ("processor", _processor),
    ("microcode", _microcode),
    ("CPUs", lambda host, _: str(host.cpus)),
    ("clock", _clock),
    ("migration MTU", _mtu),
    ("bridges", _bridges),
    ("networks", _networks),
    ("QEMU's user", _user),
    ("migration ports", _ports),
    ("lock manager", _locks),
    ("group", lambda host, settings: settings.hosts[host.name].group or "none"),
    ("policy", lambda host, settings: settings.policy_for(host=host.name).name),
)
