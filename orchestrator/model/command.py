"""What may be done to a host: a closed union. The intent in the journal is one of these values.

There is no command that stops, destroys or starts a guest: rule 0 holds because it cannot be said.
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
    """Cancel the outgoing pre-copy; the guest goes on at the source."""

    guest: GuestId
    kind: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend:
    """Pause one copy of a guest that runs twice, to stop the damage."""

    guest: GuestId
    kind: Literal["suspend"] = "suspend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Let a guest go on that a broken migration left paused at its source."""

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


Command = BeginMove | Cancel | Suspend | Resume | Undefine | SetAutostart


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
