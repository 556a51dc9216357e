"""A CPU that a set of hosts can all offer, and what it was worked out from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.model.host import HostName


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonCpu:
    """A CPU as a host's libvirt describes it.

    document: the <cpu> element. model, vendor and listed (feature → policy): what it says. features: all of them by
    name, also those that the model stands for, in order.
    """

    document: str
    model: str
    vendor: str = ""
    listed: Mapping[str, str] = field(default_factory=dict)
    features: tuple[str, ...] = ()

    def same_as(self, other: "CommonCpu") -> bool:
        """Whether both mean one CPU, however the documents are written."""
        return (self.model, self.vendor, dict(self.listed)) == (other.model, other.vendor, dict(other.listed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What decides which CPU a host offers; "" where it could not be read. host_model: a digest of the document."""

    libvirt_version: int
    qemu_version: int
    kernel: str = ""
    microcode: str = ""
    host_model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One host of a baseline: the features it offers, and those of them that the baseline does without."""

    host: HostName
    fingerprint: Fingerprint
    features: tuple[str, ...]
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The CPU that all members offer, for one architecture and acceleration.

    group: the members' common one, "" where there is none. named: an operator chose the model, nobody computed it.
    physical_address_bits: the smallest of the members', where each says it.
    """

    arch: str
    virt_type: str
    group: str
    cpu: CommonCpu
    members: tuple[Member, ...]
    made_at: datetime
    named: bool = False
    physical_address_bits: int | None = None

    @property
    def hosts(self) -> tuple[HostName, ...]:
        """The members by name."""
        return tuple(member.host for member in self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuChange:
    """The <cpu> of a guest's persistent definition as it is and as it would be, one element a line; "" for none."""

    before: str
    after: str
