"""The names of what is counted, and how they are said."""

from orchestrator.model.host import HostName

TOTAL = "cluster.live"

_HOST, _NETWORK, _POOL = "host:", "network:", "pool:"
_OF_A_HOST = {
    "live": "live slots",
    "storage": "storage slots",
    "incoming": "incoming slots",
    "outgoing": "outgoing slots",
    "units": "units",
}


def of_host(host: HostName, counter: str) -> str:
    """One counter of a host: live, storage, incoming, outgoing or units."""
    return f"{_HOST}{host}.{counter}"


def of_network(network: str, host: HostName) -> str:
    """A migration network at one of its hosts."""
    return f"{_NETWORK}{network}@{host}"


def of_pool(pool: str) -> str:
    """A storage pool. Pools of one name count as one, at whatever host: what is shared is never counted twice."""
    return f"{_POOL}{pool}"


def host_of(resource: str) -> HostName | None:
    """The host that can say whether the resource is still used; None: it belongs to no single host."""
    if resource.startswith(_HOST):
        return HostName(resource.removeprefix(_HOST).rpartition(".")[0])
    if resource.startswith(_NETWORK):
        return HostName(resource.rpartition("@")[2])
    return None


def counter_of(resource: str) -> str:
    """Which limit of a policy counts it. Raises KeyError for a resource that no limit knows."""
    if resource == TOTAL:
        return "total"
    if resource.startswith(_POOL):
        return "pool"
    if resource.startswith(_NETWORK) and "@" in resource:
        return "network"
    counter = resource.rpartition(".")[2]
    if resource.startswith(_HOST) and counter in _OF_A_HOST:
        return counter
    raise KeyError(resource)


def network_of(resource: str) -> str:
    """The network's name, of a resource of of_network."""
    return resource.removeprefix(_NETWORK).rpartition("@")[0]


def said(resource: str, used: int, capacity: int) -> str:
    """How much of it is taken, as a person says it: `kvm02 has 2 of 2 live slots`."""
    amount = f"{used} of {capacity}"
    match counter_of(resource):
        case "total":
            return f"all hosts together have {amount} moves"
        case "pool":
            return f"pool {resource.removeprefix(_POOL)} has {amount} units"
        case "network":
            return f"network {network_of(resource)} at {host_of(resource)} has {amount} moves"
        case counter:
            return f"{host_of(resource)} has {amount} {_OF_A_HOST[counter]}"
