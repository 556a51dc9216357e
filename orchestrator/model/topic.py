"""What can be asked about the world: a rule names the topics it reads, and a survey asks for no other."""

from enum import StrEnum


class Topic(StrEnum):
    """The value is the name of the attribute that holds the answer: of HostFacts, LinkFacts or PairFacts."""

    # of a host, from its libvirt
    POOLS = "pools"
    SECRETS = "secrets"
    NWFILTERS = "nwfilters"
    NUMA = "numa"
    CPU_OFFERS = "cpu_offers"
    # of a host, from its shell
    KERNEL = "kernel"
    CLOCK = "clock"
    PROCESSOR = "processor"
    INTERFACES = "interfaces"
    DAEMON = "daemon"
    OWNERS = "owners"
    LOAD = "load"
    RDMA = "rdma"
    DEVICES = "devices"
    CERTIFICATES = "certificates"
    SHUTDOWN = "shutdown"
    LISTENING = "listening"
    LEFTOVERS = "leftovers"
    # of the way between two hosts
    PEER = "peer"
    PORTS = "ports"
    ROUTE = "route"
    PATH_MTU = "path_mtu"
    RESOLVES = "resolves"
    # of one guest and one destination
    CPU = "cpu"
    CPU_BACK = "cpu_back"
    PATHS = "paths"


OF_LIBVIRT = frozenset({Topic.POOLS, Topic.SECRETS, Topic.NWFILTERS, Topic.NUMA, Topic.CPU_OFFERS})
OF_SHELL = frozenset(
    {
        Topic.KERNEL,
        Topic.CLOCK,
        Topic.PROCESSOR,
        Topic.INTERFACES,
        Topic.DAEMON,
        Topic.OWNERS,
        Topic.LOAD,
        Topic.RDMA,
        Topic.DEVICES,
        Topic.CERTIFICATES,
        Topic.SHUTDOWN,
        Topic.LISTENING,
        Topic.LEFTOVERS,
    }
)
OF_LINK = frozenset({Topic.PEER, Topic.PORTS, Topic.ROUTE, Topic.PATH_MTU, Topic.RESOLVES})
OF_PAIR = frozenset({Topic.CPU, Topic.CPU_BACK, Topic.PATHS})
EVERYTHING = frozenset(Topic)
