"""A configured host: how ferry and its peers reach it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NewType

HostName = NewType("HostName", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEntry:
    """One host of the configuration.

    uri: libvirt as ferry reaches it. peer_uri: libvirt as other hosts' daemons reach it (peer-to-peer).
    ssh: destination for commands (`user@host`, or a Host of the OpenSSH configuration).
    addresses: this host's address on each network. group: hosts of different groups are never mixed unasked.
    incoming, outgoing: whether guests may be moved here, and away from here.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    name: HostName
    uri: str
    peer_uri: str
    ssh: str
    addresses: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    incoming: bool = True
    outgoing: bool = True
