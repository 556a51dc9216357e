"""Processors as libvirt offers them to guests, and its answer to whether one fits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuOffer:
    """What one emulator of a host offers for one architecture and acceleration (domain capabilities).

    host_model: the <cpu> document of mode host-model, expanded. usable: named models that can be had.
    features: every feature of host_model by name, expanded with libvirt's own CPU map; empty where it could not say.
    """

    arch: str
    virt_type: str
    emulator: str
    machine: str
    host_model: str | None
    vendor: str = ""
    passthrough: bool = False
    maximum: bool = False
    usable: frozenset[str] = frozenset()
    features: frozenset[str] = frozenset()
    physical_address_bits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampCounter:
    """The host's TSC as libvirt reports it."""

    frequency_hz: int
    scaling: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuAnswer:
    """What a host's libvirt answers when asked to run a guest's live CPU. missing: features it lacks, by name.

    compared: False where it says yes to everything, because the CPU's mode leaves nothing to compare.
    """

    offered: bool
    compared: bool = True
    detail: str = ""
    missing: tuple[str, ...] = ()
