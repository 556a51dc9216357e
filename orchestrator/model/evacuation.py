"""Emptying hosts: what is asked for, what stays behind and why, and what is missing for the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName


@dataclass(frozen=True, slots=True, kw_only=True)
class EvacuationRequest:
    """Empty these hosts.

    only, exclude: guests, as NAME, glob, HOST/NAME, UUID, tag:TAG or LABEL=VALUE; `only` empty: all of them. to: the
    only hosts that may receive, in the order of preference; empty: any. avoid: guest, by UUID → hosts where it goes
    only if no other one takes it: it has failed to get there. offline: whether the definitions of guests that are shut
    off move too, or stay. swaps: guests elsewhere may move aside. despite_hold: hosts that are on hold may receive.
    """

    hosts: tuple[HostName, ...]
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    to: tuple[HostName, ...] = ()
    avoid: Mapping[GuestId, frozenset[HostName]] = field(default_factory=dict)
    offline: Literal["stay", "move"] = "stay"
    swaps: bool = True
    despite_hold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Staying:
    """A guest that the plan leaves on its host. live: whether it runs or is paused there, so that the host is not
    empty. asked: the operator asked for it to stay."""

    guest: GuestId
    name: str
    host: HostName
    why: str
    fix: str
    live: bool = True
    asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """What all places together lack for what is left. resource: memory, or another counted one. unit: of short_by,
    needed and free: bytes, vCPUs."""

    resource: str
    short_by: int
    needed: int
    free: int
    unit: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Why not every guest finds a place. left: the smallest set that has to stay, if `proven`; otherwise the smallest
    that was found before the search ended. changes: what would have to change instead, each by itself or together."""

    left: tuple[str, ...]
    proven: bool
    shortages: tuple[Shortage, ...] = ()
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spare:
    """Whether one more host may fail after the plan: yes, or which one not, and by how much it is short."""

    holds: bool
    host: HostName | None = None
    short_by_bytes: int = 0
    sentence: str = ""
