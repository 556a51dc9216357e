"""Every two flags and parameters of a migration against real daemons: what ferry lets through is not refused for them,
and what it refuses although they take it stands in the table as accepted and wrong."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import libvirt
import pytest

from orchestrator.hypervisor.flags import MigrateCall, translate
from orchestrator.migration.conflicts import CONFLICTS, Conflict, Trait, traits
from orchestrator.migration.features import GATES, Versions
from orchestrator.model.command import BeginMove
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.offer import Feature
from orchestrator.model.transport import Compression, Method, Mode, Throttle, Transport
from tests.integration import flag_pairs
from tests.integration.moves import guest, started
from tests.lab import definition
from tests.lab.protocol import Lab
from tests.lab.topology import Workload

pytestmark = pytest.mark.lab

Hosts = tuple[str, str]
TRIXIE: Hosts = ("kvm01", "kvm02")
BOOKWORM: Hosts = ("kvm03", "kvm04")
VERSIONS: Mapping[Hosts, Versions] = {
    TRIXIE: Versions(11_003_000, 11_003_000, 10_000_000, 10_000_000),
    BOOKWORM: Versions(9_000_000, 9_000_000, 7_002_000, 7_002_000),
}
PLAIN = Transport(
    network="migration",
    address=flag_pairs.ANYWHERE,
    persistent=True,
    paused=False,
    downtime_limit_ms=300,
    bandwidth_bytes_per_second=None,
    sharing_proven=False,
)
_TINY: Mapping[str, Any] = {"memory_mib": 96, "workload": Workload(size=4, rate=0.2)}
_WIRE = ("migrate_uri", "listen_address", "disks_uri")


@dataclass(frozen=True)
class Piece:
    """One thing that a transport can have. needs: what both hosts must offer. flags: beyond what ferry would send."""

    changes: Mapping[str, Any]
    needs: tuple[Feature, ...] = ()
    flags: int = 0
    traits: frozenset[Trait] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "traits", traits(replace(PLAIN, **self.changes)))


ZSTD = Compression(algorithm="zstd", level=1)
PIECES: Mapping[str, Piece] = {
    "parallel": Piece({"method": Method.PARALLEL, "channels": 2}, (Feature.PARALLEL,)),
    "zstd": Piece({"method": Method.COMPRESSED, "channels": 2, "compression": ZSTD}, (Feature.ZSTD,)),
    "zlib": Piece(
        {"method": Method.COMPRESSED, "channels": 2, "compression": Compression(algorithm="zlib", level=1)},
        (Feature.ZLIB,),
    ),
    "xbzrle": Piece({"method": Method.XBZRLE, "xbzrle_cache_bytes": 2**26}, (Feature.XBZRLE,)),
    "rdma": Piece({"method": Method.RDMA, "memory_limit_bytes": 2**30}, (Feature.RDMA,)),
    "pin-all": Piece({"pin_all": True}),
    "tunnelled": Piece({"method": Method.TUNNELLED}, (Feature.TUNNELLED,)),
    "tls": Piece({"encrypted": True}, (Feature.TLS,)),
    "zerocopy": Piece({"method": Method.PARALLEL, "channels": 2, "zerocopy": True}, (Feature.ZEROCOPY,)),
    "postcopy": Piece({"postcopy": True}, (Feature.POSTCOPY,)),
    "throttle": Piece({"throttle": Throttle(initial=20, increment=10)}, (Feature.THROTTLE,)),
    "direct": Piece({"control": "direct"}),
    "held": Piece({"held": True}),
    "still": Piece({"mode": Mode.PAUSE}),
    "offline": Piece({"mode": Mode.OFFLINE}),
    "bandwidth": Piece({"bandwidth_bytes_per_second": 2**30}),
    "shared": Piece({"sharing_proven": True}),
    "disks": Piece({"disks": ("vda",)}, (Feature.DISK_COPY,)),
    "top layers": Piece({"disks": ("vda",), "top_layers_only": True}, (Feature.DISK_COPY,)),
}
# What is no pair of two pieces, because each of them alone is wrong already.
ALONE: Mapping[str, Piece] = {
    "zstd, one stream": Piece({"compression": ZSTD}, (Feature.ZSTD,), libvirt.VIR_MIGRATE_COMPRESSED),
    "zerocopy, one stream": Piece({"zerocopy": True}, (Feature.ZEROCOPY,)),
}
ALL = {**PIECES, **ALONE}
# The source's daemon of libvirt 11.3 dies of it, each time; that of 9.0 refuses.
DEADLY = {TRIXIE: {"tunnelled + tls"}, BOOKWORM: set[str]()}
# Two values of one thing are no pair.
SAME = {"zstd + zlib", "disks + top layers"}
# What ferry often sends together.
USUAL = (
    ("parallel", "tls"),
    ("zstd", "tls"),
    ("xbzrle", "postcopy"),
    ("throttle", "direct"),
    ("tls", "disks"),
    ("held", "bandwidth"),
)
# What a lab without RDMA devices, and without the right to lock memory, refuses on its own.
UNTRIED = ("rdma", "zerocopy")
NAMED = " + ".join


def _call(transport: Transport) -> MigrateCall:
    return translate(
        BeginMove(
            guest=GuestId("any"), destination=HostName("any"), peer_uri="qemu+tls://any/system", transport=transport
        )
    )


def order(names: Sequence[str], lab: Lab, hosts: Sequence[str]) -> dict[str, Any]:
    """What libvirt is asked: everything that either of them brings along, however little sense it makes."""
    pieces = [ALL[name] for name in names]
    changes: dict[str, Any] = {}
    for piece in pieces:
        changes |= piece.changes
    calls = [_call(replace(PLAIN, **piece.changes)) for piece in pieces]
    together = _call(replace(PLAIN, **changes))
    flags, params = together.flags, dict(together.params)
    for piece, call in zip(pieces, calls, strict=True):
        flags |= call.flags | piece.flags
        params = call.params | params
    methods = list(dict.fromkeys(str(call.params["compression"]) for call in calls if "compression" in call.params))
    if len(methods) > 1:
        params["compression"] = methods
    # Some flags are what is left out.
    flags &= ~(libvirt.VIR_MIGRATE_PEER2PEER if "direct" in names else 0)
    flags &= ~(libvirt.VIR_MIGRATE_LIVE if "still" in names or "offline" in names else 0)
    if "tunnelled" in names:
        params = {key: value for key, value in params.items() if key not in _WIRE}
    return {
        "name": NAMED(names),
        "guest": "pair-off" if "offline" in names else "pair-disk" if _copies_disks(pieces) else "pair-none",
        "direct": "direct" in names,
        "active": "offline" not in names,
        "flags": flags,
        "params": params,
        "addresses": {host: lab.topology.address(host, "migration") for host in hosts},
    }


def _copies_disks(pieces: Iterable[Piece]) -> bool:
    return any("disks" in piece.changes for piece in pieces)


def asked(lab: Lab, hosts: Sequence[str], tried: Iterable[Sequence[str]]) -> Mapping[str, Mapping[str, Any]]:
    """Have all of them tried: name → what libvirt made of it."""
    started(lab, "pair-none", hosts[0], **_TINY)
    made = started(lab, "pair-disk", hosts[0], disk="local", **_TINY)
    lab.start_guest(guest("pair-off", hosts[0], disk="local", **_TINY))
    lab.run(hosts[0], ["virsh", "destroy", "pair-off"]).checked()
    # What is copied is copied into an image that is there.
    path = str(definition.disk_path(made))
    lab.run(hosts[1], ["qemu-img", "create", "-q", "-f", "qcow2", path, "64M"]).checked()
    said = subprocess.run(
        lab.controller_argv([sys.executable, str(Path(flag_pairs.__file__)), *hosts]),
        input="\n".join(json.dumps(order(names, lab, hosts)) for names in tried),
        env={**os.environ, "FERRY_CONFIG": str(lab.ferry_config), "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    for host in hosts:
        lab.run(host, ["rm", "-f", path])
    assert said.returncode == 0, said.stdout[-500:] + said.stderr
    return {answer["name"]: answer for answer in map(json.loads, said.stdout.splitlines())}


def had(name: str, hosts: Hosts) -> bool:
    """Whether the versions of these hosts have what the piece needs."""
    versions = VERSIONS[hosts]
    gates = [gate for gate in GATES if gate.feature in ALL[name].needs]
    return all(
        min(versions.source_libvirt, versions.destination_libvirt) >= gate.libvirt
        and min(versions.source_qemu, versions.destination_qemu) >= gate.qemu
        for gate in gates
    )


def rows(names: Sequence[str]) -> tuple[Conflict, ...]:
    """Of the table, what forbids them together."""
    pieces = [ALL[name] for name in names]
    has = frozenset[Trait]().union(*(piece.traits for piece in pieces))
    if any(Trait.SINGLE not in piece.traits for piece in pieces):
        has -= {Trait.SINGLE}
    return tuple(row for row in CONFLICTS if row.one in has and row.other in has)


def judged(names: Sequence[str], answers: Mapping[str, Mapping[str, Any]], hosts: Hosts) -> str | None:
    """What the table says wrongly of them, if anything."""
    answer, forbidden = answers[NAMED(names)], rows(names)
    if not all(had(name, hosts) for name in names):
        return f"{answer['name']}: taken, although the gates are shut" if answer["accepted"] else None
    alone = {_plain(answers[name]["text"]) for name in names if name in answers} - {""}
    if len(names) > 1 and _plain(answer["text"]) in alone:
        return None  # refused for one of them alone, so that nothing is said of the pair
    enforced = any(row.enforced(VERSIONS[hosts]) for row in forbidden)
    if not forbidden and not answer["accepted"]:
        return f"{answer['name']}: ferry lets it through, and libvirt says: {answer['text']}"
    if forbidden and answer["accepted"] is enforced:
        said = answer["text"] or "takes it"
        return f"{answer['name']}: refused by these versions according to the table: {enforced}; libvirt: {said}"
    return None


def _plain(text: str) -> str:
    """Without numbers of processes."""
    return re.sub(r"[0-9]+", "", text)


def one(name: str) -> tuple[str, ...]:
    """A piece by itself."""
    return (name,)


def lacking(hosts: Hosts) -> list[tuple[str, ...]]:
    """What the gates say that these versions have not got."""
    return [(name,) for name in ALL if not had(name, hosts)]


def pairs(hosts: Hosts) -> list[tuple[str, ...]]:
    """Every two pieces that both versions have."""
    every = combinations([name for name in PIECES if had(name, hosts)], 2)
    return [pair for pair in every if NAMED(pair) not in SAME | DEADLY[hosts]]


def selected(hosts: Hosts) -> list[tuple[str, ...]]:
    """A pair for each row, and what ferry often sends."""
    firsts: dict[Conflict, tuple[str, ...]] = {}
    for pair in pairs(hosts):
        for row in rows(pair):
            firsts.setdefault(row, pair)
    usual = [pair for pair in USUAL if all(had(name, hosts) for name in pair)]
    return list(dict.fromkeys([*firsts.values(), *usual]))


def wrongs(lab: Lab, hosts: Hosts, tried: list[tuple[str, ...]]) -> list[str]:
    """What the table says wrongly of these."""
    answers = asked(lab, hosts, list(dict.fromkeys(tried)))
    said = (judged(names, answers, hosts) for names in tried if names[0] not in UNTRIED or len(names) > 1)
    return [wrong for wrong in said if wrong is not None]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("hosts", [TRIXIE, BOOKWORM], ids="-".join)
def test_the_table_is_true_of_a_selection(lab: Lab, hosts: Hosts) -> None:
    assert wrongs(lab, hosts, [*map(one, (*UNTRIED, *ALONE)), *lacking(hosts), *selected(hosts)]) == []


@pytest.mark.benchmark
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("hosts", [TRIXIE, BOOKWORM], ids="-".join)
def test_the_table_is_true_of_every_pair(lab: Lab, hosts: Hosts) -> None:
    assert wrongs(lab, hosts, [*map(one, ALL), *pairs(hosts)]) == []
