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
