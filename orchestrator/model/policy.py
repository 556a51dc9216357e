"""What the operator allows: limits, budgets, reserves. One policy document is one Policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Literal

from orchestrator.model.finding import Severity
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
class Waiver:
    """Lets one check pass as a note, for guests and hosts whose names match, with a reason, through the day `until`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    check: str
    reason: str
    until: date
    guest: str = "*"
    host: str = "*"

    def covers(self, check: str, guest: str, hosts: tuple[str, ...], today: date) -> bool:
        """Whether it holds for this finding today. host matches if any of the hosts concerned does."""
        return (
            check == self.check
            and today <= self.until
            and fnmatchcase(guest, self.guest)
            and (self.host == "*" or any(fnmatchcase(host, self.host) for host in hosts))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """How findings count. unknown: what a check is that could not be decided. severity: check → another severity."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    unknown: Severity = Severity.WARNING
    severity: Mapping[str, Severity] = field(default_factory=dict)
    waive: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """What a policy settles, and what groups, hosts and guests may settle differently.

    downtime_limit: the pause given to QEMU. max_duration: a pre-copy that takes longer is cancelled, the guest stays.
    memory_reserve: what a destination keeps free beyond the guests moved there. bandwidth: cap of each move.
    memory_ratio: most memory of running guests for each byte of a host; None: no bound beside what is free.
    clock_skew: clocks may differ by this much. postcopy: whether a move may switch to post-copy.
    other_managers: what it is that another manager owns the guest or the host. cross_vendor: whether a guest may go
    to a processor of another vendor (with a vendor-neutral model). ask_qemu: whether QEMU itself may be asked for
    what blocks a migration, which marks the guest as tainted. networks: bridge or network → its name at other hosts.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    limits: Limits = field(default_factory=Limits)
    downtime_limit: Milliseconds = Milliseconds(300)
    max_duration: Milliseconds = Milliseconds(7_200_000)
    memory_reserve: Bytes = Bytes(2**30)
    bandwidth: BytesPerSecond | None = None
    memory_ratio: float | None = None
    clock_skew: Milliseconds = Milliseconds(500)
    postcopy: bool = False
    postcopy_without_recovery: Literal["refuse", "accept"] = "refuse"
    other_managers: Literal["warn", "refuse"] = "warn"
    cross_vendor: bool = False
    ask_qemu: bool = False
    networks: Mapping[str, str] = field(default_factory=dict)
    checks: Checks = field(default_factory=Checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Allowances):
    """One document, with its name and a sentence for those who choose."""

    name: str
    description: str = ""
