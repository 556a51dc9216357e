"""What the operator allows: limits, budgets, reserves. One policy document is one Policy."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from orchestrator.model.units import Bytes, BytesPerSecond, Milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """live: moves that one host may take part in at the same time, incoming and outgoing counted together."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    live: int = 2

    def __post_init__(self) -> None:
        if self.live < 1:
            raise ValueError("live must be at least 1: a limit of 0 would wait for ever")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Settings of a run.

    downtime_limit: the pause given to QEMU. max_duration: a pre-copy that takes longer is cancelled, the guest stays.
    memory_reserve: what a destination keeps free beyond the guests moved there. bandwidth: cap of each move.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    name: str
    description: str = ""
    limits: Limits = field(default_factory=Limits)
    downtime_limit: Milliseconds = Milliseconds(300)
    max_duration: Milliseconds = Milliseconds(7_200_000)
    memory_reserve: Bytes = Bytes(2**30)
    bandwidth: BytesPerSecond | None = None
