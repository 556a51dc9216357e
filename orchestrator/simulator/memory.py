"""A guest's memory: what is in it, how fast the guest changes it, and what a method puts on the wire of it."""

from dataclasses import dataclass
from math import exp

from orchestrator.model.transport import Method

PAGE = 4096
EMPTY = 9 / PAGE  # an empty page is sent as a header and one byte (qemu/qemu:migration/ram.c, save_zero_page)
FULL = (PAGE + 8) / PAGE  # any other page of a single stream has a header of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes. used: what is not empty. working_set: what the guest rewrites, at write_rate bytes a second.

    scattered: it writes anywhere in the working set; else one page after the other, round and round. effort: share of
    its CPU time that the writing takes; what is beyond that it can lose without writing less. Of the pages it
    rewrites, zero: the share that is empty afterwards; compressed: what is left of the others after compression;
    delta: what XBZRLE has to send of one that it has sent before (1: nothing is saved).
    """

    size: int
    used: int
    working_set: int = 0
    write_rate: float = 0.0
    scattered: bool = False
    effort: float = 1.0
    zero: float = 0.0
    compressed: float = 1.0
    delta: float = 1.0

    def writes(self, throttle: int) -> float:
        """Bytes a second, when so many percent of its CPU time are taken away."""
        return self.write_rate * min(1.0, (1.0 - throttle / 100) / self.effort)

    def dirtied(self, written: float) -> float:
        """Bytes of different pages, after so many bytes were written."""
        if not self.scattered or not self.working_set:
            return min(written, float(self.working_set))
        return self.working_set * (1.0 - exp(-written / self.working_set))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """One round: shares of its pages that are empty, sent in full, and sent as a difference; wire: bytes sent for each
    byte of memory. overflow: of the pages in full, those that a difference would not have shortened."""

    zero: float
    full: float
    wire: float
    delta: float = 0.0
    overflow: float = 0.0
    missed: float = 0.0


def blend(left: Mixture, left_bytes: float, new: Mixture, new_bytes: float) -> Mixture:
    """What is left of one round together with what comes anew, as if it were well mixed."""
    share = left_bytes / (left_bytes + new_bytes)

    def mean(one: float, other: float) -> float:
        return share * one + (1.0 - share) * other

    return Mixture(
        zero=mean(left.zero, new.zero),
        full=mean(left.full, new.full),
        wire=mean(left.wire, new.wire),
        delta=mean(left.delta, new.delta),
        overflow=mean(left.overflow, new.overflow),
        missed=mean(left.missed, new.missed),
    )


def first_pass(memory: Memory, method: Method) -> Mixture:
    """All of the memory, whatever it holds. XBZRLE has nothing to compare with yet."""
    full = memory.used / memory.size
    return _mixed(1.0 - full, full, memory, method)


def later_round(memory: Memory, method: Method, *, cached: float) -> Mixture:
    """What the guest has rewritten. cached: share of it that XBZRLE has sent before and still keeps."""
    full = 1.0 - memory.zero
    if method is not Method.XBZRLE:
        return _mixed(memory.zero, full, memory, method)
    if memory.delta >= 1.0:
        mixed = _mixed(memory.zero, full, memory, method)
        return Mixture(zero=mixed.zero, full=full, wire=mixed.wire, overflow=full * cached, missed=full * (1 - cached))
    missed, hit = full * (1.0 - cached), full * cached
    wire = memory.zero * EMPTY + missed * FULL + hit * (memory.delta + EMPTY)
    return Mixture(zero=memory.zero, full=missed, wire=wire, delta=hit, missed=missed)


def faulted(memory: Memory) -> Mixture:
    """After the switch to post-copy every page travels as it is (XBZRLE is off then)."""
    return _mixed(memory.zero, 1.0 - memory.zero, memory, Method.TCP)


def _mixed(zero: float, full: float, memory: Memory, method: Method) -> Mixture:
    each = memory.compressed if method is Method.COMPRESSED else FULL
    return Mixture(zero=zero, full=full, wire=zero * EMPTY + full * each)
