"""What cannot go together in one migration: one table, and what of a policy it leaves unfulfilled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.migration.features import Versions
from orchestrator.model.transport import Method, Mode, Transport


class Trait(StrEnum):
    """What a transport can have that another thing may not go together with, in the words of a sentence."""

    SINGLE = "a single stream"
    PARALLEL = "parallel streams"
    COMPRESSION = "compressed streams"
    XBZRLE = "XBZRLE"
    RDMA = "RDMA"
    PIN_ALL = "pinning all memory"
    TUNNELLED = "a tunnelled copy"
    TLS = "encryption by QEMU"
    ZEROCOPY = "zero-copy"
    POSTCOPY = "post-copy"
    THROTTLE = "auto-converge"
    DIRECT = "control: direct"
    HELD = "start_at_destination: verified"
    STILL = "a guest that stands still"
    OFFLINE = "moving only the definition"
    DISK_COPY = "copying disks"


_SEEN: Mapping[Trait, Callable[[Transport], bool]] = {
    Trait.SINGLE: lambda way: way.method in (Method.TCP, Method.XBZRLE) and way.mode in (Mode.LIVE, Mode.PAUSE),
    Trait.PARALLEL: lambda way: way.method in (Method.PARALLEL, Method.COMPRESSED) or way.channels is not None,
    Trait.COMPRESSION: lambda way: way.method is Method.COMPRESSED or way.compression is not None,
    Trait.XBZRLE: lambda way: way.method is Method.XBZRLE or way.xbzrle_cache_bytes is not None,
    Trait.RDMA: lambda way: way.method is Method.RDMA,
    Trait.PIN_ALL: lambda way: way.pin_all,
    Trait.TUNNELLED: lambda way: way.method is Method.TUNNELLED,
    Trait.TLS: lambda way: way.encrypted,
    Trait.ZEROCOPY: lambda way: way.zerocopy,
    Trait.POSTCOPY: lambda way: way.postcopy,
    Trait.THROTTLE: lambda way: way.throttle is not None,
    Trait.DIRECT: lambda way: way.control == "direct",
    Trait.HELD: lambda way: way.held,
    Trait.STILL: lambda way: way.mode is Mode.PAUSE,
    Trait.OFFLINE: lambda way: way.mode in (Mode.OFFLINE, Mode.COLD),
    Trait.DISK_COPY: lambda way: bool(way.disks),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two traits that ferry never combines. Where the policy only prefers `other`, it gives way, which is said.

    says: what libvirt or QEMU answers. libvirt, qemu: the first version known to refuse it, 0: every one; None: none
    does. Where no version does, or an older one does not, the pair is accepted and wrong: why says what is wrong.
    """

    one: Trait
    other: Trait
    why: str
    says: str = ""
    libvirt: int | None = None
    qemu: int | None = None
    evidence: str = ""

    def enforced(self, versions: Versions) -> bool:
        """Whether these hosts refuse it themselves."""
        newest = max(versions.source_libvirt, versions.destination_libvirt)
        newest_qemu = max(versions.source_qemu, versions.destination_qemu)
        return (self.libvirt is not None and newest >= self.libvirt) or (
            self.qemu is not None and newest_qemu >= self.qemu
        )


CONFLICTS: tuple[Conflict, ...] = (
    # Parallel streams, and what is one stream by nature.
    Conflict(
        one=Trait.PARALLEL,
        other=Trait.POSTCOPY,
        why="QEMU fetches no pages over parallel streams",
        says="Postcopy is not yet compatible with multifd",
        qemu=10_000_000,
        evidence="tried on QEMU 10.0; 7.2 takes both",
    ),
    Conflict(
        one=Trait.PARALLEL,
        other=Trait.XBZRLE,
        why="XBZRLE is the encoding of a single stream, and parallel streams do not use it",
        says="Compression method 'xbzrle' isn't supported with parallel migration",
        libvirt=9_004_000,
        evidence="tried on 11.3; 9.0 takes both, and parallel streams compress nothing by it",
    ),
    Conflict(
        one=Trait.PARALLEL,
        other=Trait.TUNNELLED,
        why="libvirt's tunnel is one stream",
        says="Flags 'VIR_MIGRATE_TUNNELLED' and 'VIR_MIGRATE_PARALLEL' are mutually exclusive",
        libvirt=0,
        evidence="tried on 9.0 and 11.3",
    ),
    Conflict(
        one=Trait.PARALLEL,
        other=Trait.RDMA,
        why="RDMA has a connection of its own",
        says="RDMA and multifd can't be used together",
        qemu=0,
        evidence="read in QEMU 10.0; 7.2 has: multifd is not supported by current protocol; not tried",
    ),
    # Compression.
    Conflict(
        one=Trait.SINGLE,
        other=Trait.COMPRESSION,
        why="QEMU compresses parallel streams only",
        says="Compression method 'zstd' is only supported with parallel migration",
        libvirt=0,
        evidence="tried on 11.3; 9.0 knows no zstd at all",
    ),
    Conflict(
        one=Trait.COMPRESSION,
        other=Trait.XBZRLE,
        why="one copy has one encoding",
        says="Compression method 'xbzrle' isn't supported with parallel migration",
        libvirt=0,
        evidence="tried on 11.3; 9.0 knows no zstd at all",
    ),
    # Zero-copy sends pages from where they lie: as they are, and by parallel streams.
    Conflict(
        one=Trait.TLS,
        other=Trait.ZEROCOPY,
        why="a page that is encrypted is a copy",
        says="Zero copy only available for non-compressed non-TLS multifd migration",
        qemu=0,
        evidence="tried on QEMU 7.2 (where libvirt has both) and 10.0",
    ),
    Conflict(
        one=Trait.COMPRESSION,
        other=Trait.ZEROCOPY,
        why="a page that is compressed is a copy",
        says="Zero copy only available for non-compressed non-TLS multifd migration",
        qemu=0,
        evidence="tried on QEMU 7.2 (where libvirt has both) and 10.0",
    ),
    *(
        Conflict(
            one=single,
            other=Trait.ZEROCOPY,
            why="only parallel streams send pages from where they lie",
            says="zero-copy is only available for parallel migration",
            libvirt=0,
            evidence="qemuMigrationParamsFromFlags",
        )
        for single in (Trait.SINGLE, Trait.XBZRLE, Trait.RDMA, Trait.TUNNELLED)
    ),
    # Post-copy goes on over the connection that was used before, and the guest must run at the destination.
    Conflict(
        one=Trait.TUNNELLED,
        other=Trait.POSTCOPY,
        why="libvirt's tunnel leads one way, and post-copy asks back for pages",
        says="post-copy is not supported with tunnelled migration",
        libvirt=0,
        evidence="tried on 9.0 and 11.3",
    ),
    Conflict(
        one=Trait.RDMA,
        other=Trait.POSTCOPY,
        why="libvirt has post-copy pages sent ahead over a second connection, which RDMA has not",
        says="Migration requires multi-channel URIs (e.g. tcp)",
        libvirt=10_000_000,
        evidence="read in the source of QEMU 10.0 (postcopy-preempt), which libvirt switches on since 10.0; not tried",
    ),
    Conflict(
        one=Trait.HELD,
        other=Trait.POSTCOPY,
        why="a guest that is to be held would run before ferry has seen the source without it",
        says="post-copy migration is not supported with non-live or paused migration",
        libvirt=0,
        evidence="tried on 9.0 and 11.3",
    ),
    Conflict(
        one=Trait.STILL,
        other=Trait.POSTCOPY,
        why="a guest that stands still changes nothing, and needs no second half",
        says="post-copy migration is not supported with non-live or paused migration",
        libvirt=0,
        evidence="tried on 9.0 and 11.3",
    ),
    Conflict(
        one=Trait.STILL,
        other=Trait.THROTTLE,
        why="a guest that stands still cannot be slowed",
        evidence="tried on 9.0 and 11.3: both are taken, and there is nothing to slow",
    ),
    # What never leaves libvirt's own connection cannot be sent elsewhere.
    Conflict(
        one=Trait.TUNNELLED,
        other=Trait.DIRECT,
        why="the tunnel is the connection from one daemon to the other, and control: direct has none",
        says="cannot perform tunnelled migration without using peer2peer flag",
        libvirt=0,
        evidence="tried on 9.0 and 11.3",
    ),
    Conflict(
        one=Trait.TUNNELLED,
        other=Trait.DISK_COPY,
        why="disks are not copied through the tunnel",
        says="migration of non-shared storage is not supported with tunnelled migration and this QEMU",
        libvirt=0,
        evidence="tried on 11.3; 9.0 says: argument key 'host' must not have null value; without named disks it moves "
        "the guest and copies none",
    ),
    Conflict(
        one=Trait.TUNNELLED,
        other=Trait.TLS,
        why="the source's daemon can die of it, and what is in the tunnel is encrypted by the daemons' connection",
        says="failed to convert virJSONValue to yajl data",
        libvirt=0,
        evidence="tried on 9.0, which says that, and on 11.3: the source's daemon died each time, and with "
        "tls.destination given the handshake failed",
    ),
    Conflict(
        one=Trait.RDMA,
        other=Trait.TLS,
        why="RDMA carries the memory past QEMU's encryption",
        evidence="migration/rdma.c of QEMU opens no encrypted channel; not tried",
    ),
    Conflict(
        one=Trait.RDMA,
        other=Trait.XBZRLE,
        why="RDMA writes whole pages into the destination's memory",
        says="RDMA and XBZRLE can't be used together",
        qemu=10_000_000,
        evidence="read in QEMU 10.0; not tried",
    ),
    *(
        Conflict(
            one=other,
            other=Trait.PIN_ALL,
            why="only RDMA pins memory",
            evidence="tried on 9.0 and 11.3: the flag is taken, and nothing done with it",
        )
        for other in (Trait.SINGLE, Trait.PARALLEL, Trait.TUNNELLED)
    ),
    # A definition has no memory.
    Conflict(
        one=Trait.OFFLINE,
        other=Trait.TUNNELLED,
        why="only the definition is moved, and no memory",
        says="tunnelled offline migration does not make sense",
        libvirt=0,
        evidence="tried on 9.0 and 11.3",
    ),
    Conflict(
        one=Trait.OFFLINE,
        other=Trait.DISK_COPY,
        why="only the definition is moved, and no disk",
        says="offline migration cannot handle non-shared storage",
        libvirt=0,
        evidence="tried on 9.0 and 11.3",
    ),
    Conflict(
        one=Trait.OFFLINE,
        other=Trait.POSTCOPY,
        why="only the definition is moved, and no memory",
        says="post-copy migration is not supported with non-live or paused migration",
        libvirt=0,
        evidence="tried on 9.0 and 11.3",
    ),
    *(
        Conflict(
            one=Trait.OFFLINE,
            other=other,
            why="only the definition is moved, and no memory",
            evidence="tried on 9.0 and 11.3: the flag is taken, and nothing done with it",
        )
        for other in (
            Trait.PARALLEL,
            Trait.COMPRESSION,
            Trait.XBZRLE,
            Trait.RDMA,
            Trait.TLS,
            Trait.ZEROCOPY,
            Trait.THROTTLE,
            Trait.HELD,
        )
    ),
)


def traits(transport: Transport) -> frozenset[Trait]:
    """Everything of it that the table knows."""
    return frozenset(trait for trait, seen in _SEEN.items() if seen(transport))


def conflicts(transport: Transport) -> tuple[Conflict, ...]:
    """Every row that this transport breaks: none, if ferry has built it. The same on every version: what an older
    libvirt takes without a word is as wrong there."""
    has = traits(transport)
    return tuple(row for row in CONFLICTS if row.one in has and row.other in has)
