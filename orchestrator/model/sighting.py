"""What one host says of one guest at one moment."""

from dataclasses import dataclass
from typing import Literal

from orchestrator.model.effect import Effect
from orchestrator.model.guest import Power
from orchestrator.model.sample import JobResult, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOurs:
    """This process has issued no migration call for the guest (also: another process did, before a crash)."""

    kind: Literal["not-ours"] = "not-ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """The migration call of this process has not returned."""

    kind: Literal["in-flight"] = "in-flight"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The migration call of this process has returned after took_ms; the effect is a hint, the hosts are the truth."""

    effect: Effect
    took_ms: int | None = None
    kind: Literal["returned"] = "returned"


Call = NotOurs | InFlight | Returned


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """power and reason as libvirt reports them; job only for a migration leaving this host.

    moving: this host is the source of a running migration of the guest, whoever began it.
    """

    power: Power
    reason: str = ""
    persistent: bool = False
    autostart: bool = False
    vcpu_time_ns: int | None = None
    moving: bool = False
    job: Sample | None = None
    last_job: JobResult | None = None
    call: Call = NotOurs()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSeen:
    """The guest's QEMU as the host's kernel knows it: what can be told while libvirt is silent.

    vcpu_seconds: CPU time of its virtual CPUs' threads; it grows only while the guest runs. None of it says for sure
    that a guest stands still: an idle one hardly needs the CPU.
    """

    pid: int
    vcpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NoProcess:
    """The host has no QEMU of that guest."""

    kind: Literal["no-process"] = "no-process"
