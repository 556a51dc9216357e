"""A network that hosts share."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from orchestrator.model.units import BytesPerSecond


class Role(StrEnum):
    """What a network is there for."""

    MIGRATION = "migration"
    STORAGE = "storage"
    MANAGEMENT = "management"
    GUEST = "guest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A named network with its address range in CIDR notation.

    routed: further ranges that are reached through a router and belong to it. roles: what it may be used for; only one
    of role migration carries moves unasked. priority: of two that are as good the higher one is taken. capacity: what
    it carries; None: as the interfaces say, or as was measured. share: percent of that which moves may use together;
    None: as the policy says, or all of it. encryption: moves over it must be encrypted. rdma: it may be used for RDMA.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    name: str
    cidr: str
    routed: tuple[str, ...] = ()
    roles: frozenset[Role] = field(default_factory=frozenset)
    priority: int = 0
    capacity: BytesPerSecond | None = None
    share: int | None = None
    encryption: bool = False
    rdma: bool = True
