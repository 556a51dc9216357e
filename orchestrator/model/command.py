"""What may be done to a host: a closed union, and the intent in the journal is one of its values.

Rule 0: two commands end a copy of a guest. ShutDown is only ever ordered by a person, with `--mode cold`; Discard by a
person, with `ferry resolve`, or for a copy of this run's own making that has never run. No other one ends anything.
"""

from dataclasses import dataclass
from typing import Literal

from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginMove:
    """Start the copy on the source. Answers at once; how it ends is seen by observing."""

    guest: GuestId
    destination: HostName
    peer_uri: str
    transport: Transport
    kind: Literal["begin-move"] = "begin-move"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Cancel the outgoing pre-copy; the guest goes on at the source. again: the copy is begun anew in this way.
    code: with what the move ends, where it is not."""

    guest: GuestId
    again: Transport | None = None
    code: str = "migration.cancelled"
    kind: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBandwidth:
    """Cap a running copy; None: no cap. postcopy: its second half only."""

    guest: GuestId
    bytes_per_second: int | None
    postcopy: bool = False
    kind: Literal["set-bandwidth"] = "set-bandwidth"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDowntimeLimit:
    """Let QEMU hand the guest over as soon as the rest can be sent in this time. brake: it is not to hand it over now,
    and the limit before comes back later."""

    guest: GuestId
    limit_ms: int
    brake: bool = False
    kind: Literal["set-downtime-limit"] = "set-downtime-limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPostCopy:
    """Let the guest run at the destination now and fetch what is missing. From here on both hosts are needed."""

    guest: GuestId
    kind: Literal["start-postcopy"] = "start-postcopy"


@dataclass(frozen=True, slots=True, kw_only=True)
class PausePostCopy:
    """Have the source let go of a broken path, so that the post-copy can be recovered. The guest stays where it is."""

    guest: GuestId
    kind: Literal["pause-postcopy"] = "pause-postcopy"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverPostCopy:
    """Connect both halves of a broken post-copy again, over the transport's address. Answers at once, as BeginMove."""

    guest: GuestId
    destination: HostName
    peer_uri: str
    transport: Transport
    kind: Literal["recover-postcopy"] = "recover-postcopy"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartHeld:
    """Let a copy run that arrived paused because ferry wanted to see the source without it first."""

    guest: GuestId
    kind: Literal["start-held"] = "start-held"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncTime:
    """Have the guest agent set the guest's clock from its host."""

    guest: GuestId
    kind: Literal["sync-time"] = "sync-time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Tell the network where the guest is now. by: QEMU itself, which marks the guest as tainted, or its host, which
    sends gratuitous ARP; the latter is no hypervisor's to do, but the announcer's."""

    guest: GuestId
    by: Literal["qemu", "host"] = "qemu"
    kind: Literal["announce"] = "announce"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutDown:
    """Ask the guest to shut itself down, by its agent or else by ACPI; it may refuse. Only for `--mode cold`."""

    guest: GuestId
    kind: Literal["shut-down"] = "shut-down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Start a guest that `--mode cold` has shut down. Refused where it is active."""

    guest: GuestId
    kind: Literal["start"] = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard:
    """End a copy that stands paused: one that a person gave up with `ferry resolve`, or one that this run had held at
    the destination and that never ran, while the guest runs at its source. Refused unless it stands paused."""

    guest: GuestId
    kind: Literal["discard"] = "discard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend:
    """Pause a copy of a guest that runs twice, to stop the damage; or, meanwhile, one that is being moved and would
    never arrive otherwise: ferry lets it go on afterwards, wherever it then is."""

    guest: GuestId
    meanwhile: bool = False
    kind: Literal["suspend"] = "suspend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Let a guest go on that a broken migration, or ferry, left paused: at its source, or where it is to be kept."""

    guest: GuestId
    kind: Literal["resume"] = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undefine:
    """Remove the definition that a finished move left at the source. Refused while the guest is active there."""

    guest: GuestId
    kind: Literal["undefine"] = "undefine"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAutostart:
    """Carry the autostart mark, which libvirt leaves behind."""

    guest: GuestId
    on: bool
    kind: Literal["set-autostart"] = "set-autostart"


# Calls that last as long as a migration; every other command is done or refused when it is answered.
Lasting = BeginMove | RecoverPostCopy
Short = (
    Cancel
    | SetBandwidth
    | SetDowntimeLimit
    | StartPostCopy
    | PausePostCopy
    | StartHeld
    | Suspend
    | Resume
    | Undefine
    | SetAutostart
    | SyncTime
    | Announce
    | ShutDown
    | Start
    | Discard
)
Command = Lasting | Short


@dataclass(frozen=True, slots=True, kw_only=True)
class EjectMedium:
    """Take the medium out of a drive of a guest, as long as it still is this one; the drive stays."""

    guest: GuestId
    drive: str
    medium: str
    kind: Literal["eject-medium"] = "eject-medium"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPool:
    """Start a storage pool that is defined on the host."""

    pool: str
    kind: Literal["start-pool"] = "start-pool"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartNetwork:
    """Start a libvirt network that is defined on the host."""

    network: str
    kind: Literal["start-network"] = "start-network"


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeDirectory:
    """Create one directory below an existing one, empty, for root alone."""

    path: str
    kind: Literal["make-directory"] = "make-directory"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCpu:
    """Give the persistent definition another <cpu>, as long as it has the one that was shown ("": none). The guest
    runs on with the CPU it has until its next cold start."""

    guest: GuestId
    cpu: str
    replaces: str
    kind: Literal["set-cpu"] = "set-cpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Give a directory another name beside itself; it can be given its own name back."""

    path: str
    to: str
    kind: Literal["set-aside"] = "set-aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveToken:
    """Remove a token file that ferry itself wrote and forgot."""

    path: str
    kind: Literal["remove-token"] = "remove-token"


def whole(path: str) -> bool:
    """Whether the path means what it says: it begins at the root and takes no way back."""
    return path.startswith("/") and not {"", ".", ".."} & {*path.split("/")[1:]}


# What removes a finding when an operator says so; none of it touches a guest's memory, disks or life.
LibvirtRepair = EjectMedium | StartPool | StartNetwork | SetCpu
ShellRepair = MakeDirectory | SetAside | RemoveToken
Repair = LibvirtRepair | ShellRepair
