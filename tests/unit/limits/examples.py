"""Limits by example: what Hyper-V and vSphere document (or what ferry adds), as rows that need no code to be read.

A row says: under this policy, with these hosts, while these moves run, somebody asks for these moves, one command after
the other; this becomes of them; and when a move ends, these begin. `A>B` is a move from host A to host B, and `A>A` one
that stays at its host. The same rows are decided by the ledger alone (test_examples) and by whole simulated runs
(tests/scenarios/test_limit_examples), except where a row says why it cannot be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from orchestrator.limits.costs import Kind

Becomes = Literal["runs", "waits", "refused", "busy"]
LIVE, STORAGE, BOTH, OFFLINE = Kind.LIVE, Kind.STORAGE, Kind.LIVE_WITH_STORAGE, Kind.OFFLINE


@dataclass(frozen=True, slots=True)
class Asked:
    """One move. pools: where its disks lie, and where they go."""

    name: str
    way: str
    kind: Kind = LIVE
    priority: str = "medium"
    pools: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        return self.way.partition(">")[0]

    @property
    def destination(self) -> str:
        return self.way.partition(">")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One row. limits: what differs from the shipped policy; at_host: what a host settles by itself. gbit: what the
    migration network carries at a host, 10 where nothing else is said. becomes: of every move that was asked for.
    for_want_of: resources that a waiting move names. then: after this move has ended, these begin, in that order.
    ledger_only: why the row cannot be a simulated run."""

    id: str
    says: str
    policy: str
    limits: Mapping[str, Any] = field(default_factory=dict)
    at_host: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    gbit: Mapping[str, int] = field(default_factory=dict)
    running: tuple[Asked, ...] = ()
    asked: tuple[Asked, ...]
    becomes: Mapping[str, Becomes]
    for_want_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    then: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ledger_only: str = ""


def several(
    count: int, way: str, kind: Kind = LIVE, *, prefix: str = "vm", pools: tuple[str, ...] = ()
) -> tuple[Asked, ...]:
    """vm1, vm2, … all the same way."""
    return tuple(Asked(f"{prefix}{number}", way, kind, pools=pools) for number in range(1, count + 1))


def all_become(runs: str = "", waits: str = "", refused: str = "", busy: str = "") -> dict[str, Becomes]:
    """Names, separated by spaces, under what becomes of them."""
    said: tuple[tuple[Becomes, str], ...] = (("runs", runs), ("waits", waits), ("refused", refused), ("busy", busy))
    return {name: becomes for becomes, names in said for name in names.split()}


TWO_RUN = several(2, "A>B", prefix="old")
ONE_RUNS = several(1, "A>B", prefix="old")
NO_STORAGE_YET = "ferry moves disks alone from M7 on"

HYPERV = (
    Example(
        id="HV-1", says="a host with limit 2 takes part in one out and one in",
        policy="hyperv-standalone", running=(Asked("out", "A>B"),),
        asked=(Asked("in", "C>A"),), becomes=all_become(runs="in"),
    ),
    Example(
        id="HV-1, two out", says="or in two out, but not in three",
        policy="hyperv-standalone",
        asked=several(3, "A>B"), becomes=all_become(runs="vm1 vm2", waits="vm3"),
    ),
    Example(
        id="HV-1, two in", says="or in two in, but not in three",
        policy="hyperv-standalone", running=(Asked("old1", "B>A"), Asked("old2", "C>A")),
        asked=(Asked("vm1", "D>A"),), becomes=all_become(waits="vm1"), for_want_of={"vm1": ("host:A.live",)},
    ),
    Example(
        id="E1, host", says="HV-8: a host that is asked beyond its limit refuses",
        policy="hyperv-standalone", limits={"over": "refuse"}, running=TWO_RUN,
        asked=(Asked("vm3", "A>B"),), becomes=all_become(refused="vm3"),
    ),
    Example(
        id="E1, cluster", says="HV-9: a cluster that is asked beyond it queues, and goes on when a slot comes free",
        policy="hyperv-standalone", running=TWO_RUN,
        asked=(Asked("vm3", "A>B"),), becomes=all_become(waits="vm3"), then=(("old1", ("vm3",)),),
    ),
    Example(
        id="E2", says="HV-2: what comes in counts like what goes out",
        policy="hyperv-standalone", running=(Asked("out", "A>B"), Asked("in", "C>A")),
        asked=(Asked("vm1", "A>D"),), becomes=all_become(waits="vm1"), for_want_of={"vm1": ("host:A.live",)},
        then=(("in", ("vm1",)),),
    ),
    Example(
        id="E3", says="HV-5: a cluster's limit is that of each of its hosts, not of all together",
        policy="hyperv-cluster", running=(Asked("old", "A>B"),),
        asked=(Asked("vm1", "C>D"), Asked("vm2", "A>C")), becomes=all_become(runs="vm1", waits="vm2"),
        for_want_of={"vm2": ("host:A.live", "host:C.live")}, then=(("old", ()), ("vm1", ("vm2",))),
    ),
    Example(
        id="E4", says="HV-4: a cluster's limit goes before the ones of its hosts",
        policy="hyperv-cluster", at_host={"A": {"live": 10}, "B": {"live": 10}}, running=ONE_RUNS,
        asked=(Asked("vm1", "A>B"),), becomes=all_become(waits="vm1"),
    ),
    Example(
        id="HV-4, storage", says="but not before the limit of storage migrations",
        policy="hyperv-cluster",
        asked=several(3, "A>A", STORAGE), becomes=all_become(runs="vm1 vm2", waits="vm3"),
        ledger_only=NO_STORAGE_YET,
    ),
    Example(
        id="E5", says="HV-6: live and storage slots are independent",
        policy="hyperv-standalone", running=TWO_RUN,
        asked=several(3, "A>A", STORAGE), becomes=all_become(runs="vm1 vm2", waits="vm3"),
        for_want_of={"vm3": ("host:A.storage",)}, ledger_only=NO_STORAGE_YET,
    ),
    Example(
        id="E6", says="HV-7: a move with its disks takes one of each, and storage is the bottleneck",
        policy="hyperv-standalone", limits={"live": 10},
        asked=(*several(3, "A>B", BOTH), Asked("plain", "A>B")),
        becomes=all_become(runs="vm1 vm2 plain", waits="vm3"),
        for_want_of={"vm3": ("host:A.storage", "host:B.storage")},
    ),
    Example(
        id="HV-7", says="it takes one of each at its destination too",
        policy="hyperv-standalone", limits={"storage": 1}, running=(Asked("old", "A>B", BOTH),),
        asked=(Asked("vm1", "B>B", STORAGE),), becomes=all_become(waits="vm1"), ledger_only=NO_STORAGE_YET,
    ),
    Example(
        id="E7", says="the source is the bottleneck of an evacuation",
        policy="hyperv-standalone",
        asked=(*several(3, "A>B", prefix="b"), *several(3, "A>C", prefix="c")),
        becomes=all_become(runs="b1 b2", waits="b3 c1 c2 c3"),
        then=(("b1", ("b3",)), ("b2", ("c1",)), ("c1", ("c2",)), ("b3", ("c3",))),
    ),
    Example(
        id="E8", says="and where two hosts are emptied into one, the destination is",
        policy="hyperv-standalone", running=TWO_RUN,
        asked=(Asked("vm1", "D>B"),), becomes=all_become(waits="vm1"), for_want_of={"vm1": ("host:B.live",)},
    ),
    Example(
        id="E9", says="by priority, first come first served within one",
        policy="hyperv-cluster", running=ONE_RUNS,
        asked=(
            Asked("low", "A>B", priority="low"), Asked("high", "A>B", priority="high"),
            Asked("medium1", "A>B"), Asked("medium2", "A>B"),
        ),
        becomes=all_become(waits="low high medium1 medium2"),
        then=(("old1", ("high",)), ("high", ("medium1",)), ("medium1", ("medium2",)), ("medium2", ("low",))),
    ),
    Example(
        id="E10", says="HV-10: a guest that moves already is busy",
        policy="hyperv-standalone", running=(Asked("vm1", "A>B"),),
        asked=(Asked("vm1", "A>C"),), becomes=all_become(busy="vm1"),
        ledger_only="the second command finds the guest busy before it plans anything",
    ),
    Example(
        id="E12", says="a blocked move idles no other hosts, until it was passed over too often",
        policy="hyperv-cluster", limits={"patience": 2}, running=(Asked("old", "A>B"),),
        asked=(Asked("head", "A>C", priority="high"), *several(3, "C>D")),
        becomes=all_become(runs="vm1", waits="head vm2 vm3"),
        then=(("vm1", ("vm2",)), ("vm2", ()), ("old", ("head",)), ("head", ("vm3",))),
    ),
)  # fmt: skip

DS1, DS1_TO_DS2 = ("ds1",), ("ds1", "ds2")
EIGHT_OUT_OF_DS1 = tuple(
    Asked(f"old{number}", f"{host}>{host}", STORAGE, pools=DS1_TO_DS2) for number, host in enumerate("AABBCCDD", 1)
)

VSPHERE = (
    Example(
        id="V1", says="eight vMotions between two hosts with 10 Gbit/s",
        policy="vsphere",
        asked=several(9, "A>B", pools=DS1),
        becomes=all_become(runs="vm1 vm2 vm3 vm4 vm5 vm6 vm7 vm8", waits="vm9"), then=(("vm3", ("vm9",)),),
    ),
    Example(
        id="V2", says="four where one of them has 1 Gbit/s, although its host would take eight",
        policy="vsphere", gbit={"A": 1},
        asked=several(5, "A>B", pools=DS1), becomes=all_become(runs="vm1 vm2 vm3 vm4", waits="vm5"),
        for_want_of={"vm5": ("network:migration@A",)},
    ),
    Example(
        id="V3", says="four beside one Storage vMotion, which costs as much as four vMotions",
        policy="vsphere", running=(Asked("old", "A>A", STORAGE, pools=DS1_TO_DS2),),
        asked=several(5, "A>B", pools=DS1), becomes=all_become(runs="vm1 vm2 vm3 vm4", waits="vm5"),
        for_want_of={"vm5": ("host:A.units",)}, ledger_only=NO_STORAGE_YET,
    ),
    Example(
        id="V4", says="beside two of them not even a guest that is shut down",
        policy="vsphere", running=several(2, "A>A", STORAGE, prefix="old", pools=DS1_TO_DS2),
        asked=(Asked("cold", "A>B", OFFLINE, pools=DS1),), becomes=all_become(waits="cold"),
        for_want_of={"cold": ("host:A.units",)}, ledger_only=NO_STORAGE_YET,
    ),
    Example(
        id="V5", says="two moves without shared storage",
        policy="vsphere",
        asked=several(3, "A>B", BOTH, pools=DS1_TO_DS2), becomes=all_become(runs="vm1 vm2", waits="vm3"),
        for_want_of={"vm3": ("host:A.units", "host:B.units")}, then=(("vm2", ("vm3",)),),
    ),
    Example(
        id="V6", says="eight Storage vMotions fill a datastore, for whatever else lies in it",
        policy="vsphere", running=EIGHT_OUT_OF_DS1,
        asked=(Asked("ninth", "E>E", STORAGE, pools=DS1_TO_DS2), Asked("vm1", "E>F", pools=DS1), Asked("vm2", "E>F")),
        becomes=all_become(waits="ninth vm1", runs="vm2"),
        for_want_of={"ninth": ("pool:ds1", "pool:ds2"), "vm1": ("pool:ds1",)}, ledger_only=NO_STORAGE_YET,
    ),
)  # fmt: skip

FERRY = (
    Example(
        id="total", says="a limit of all hosts together",
        policy="default", limits={"total": 3},
        asked=(*several(2, "A>B"), Asked("cd", "C>D"), Asked("ef", "E>F")),
        becomes=all_become(runs="vm1 vm2 cd", waits="ef"), for_want_of={"ef": ("cluster.live",)},
        then=(("vm1", ("ef",)),),
    ),
    Example(
        id="incoming", says="less may come in than go out",
        policy="default", limits={"incoming": 1},
        asked=several(2, "A>B"), becomes=all_become(runs="vm1", waits="vm2"),
        for_want_of={"vm2": ("host:B.incoming",)},
    ),
    Example(
        id="outgoing", says="or less may go out than come in",
        policy="default", limits={"outgoing": 1},
        asked=(Asked("out1", "A>B"), Asked("out2", "A>C"), Asked("in", "C>A")),
        becomes=all_become(runs="out1 in", waits="out2"), for_want_of={"out2": ("host:A.outgoing",)},
    ),
    Example(
        id="a host's own", says="a host may allow less than the site",
        policy="default", at_host={"B": {"live": 1}},
        asked=(*several(2, "A>B"), Asked("ac", "A>C")), becomes=all_become(runs="vm1 ac", waits="vm2"),
        for_want_of={"vm2": ("host:B.live",)},
    ),
    Example(
        id="storage shared by all", says="plain moves draw on no storage slot",
        policy="default", limits={"storage": 1, "live": 3}, running=(Asked("old", "A>B", BOTH),),
        asked=(Asked("vm1", "A>B"), Asked("vm2", "A>B", BOTH)), becomes=all_become(runs="vm1", waits="vm2"),
    ),
)  # fmt: skip

EXAMPLES = (*HYPERV, *VSPHERE, *FERRY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """E11: what Hyper-V's factor makes of the interfaces of a host, in Gbit/s."""

    interfaces: tuple[int, ...]
    smb_factor: int
    smb: bool = True
    gbit: int | None


CAPS = (
    Cap(interfaces=(10, 10, 10, 10), smb_factor=2500, gbit=10),
    Cap(interfaces=(25, 25), smb_factor=5000, gbit=25),
    Cap(interfaces=(10, 10, 10, 10), smb_factor=2500, smb=False, gbit=None),
)
