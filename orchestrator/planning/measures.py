"""What is counted of hosts and guests: memory, virtual CPUs, huge pages; how much a guest takes and a host has left."""

from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.checks.case import LIVE
from orchestrator.checks.memory import required_bytes
from orchestrator.checks.quantity import mib
from orchestrator.model.facts import HostFacts, Unknown
from orchestrator.model.guest import Guest
from orchestrator.model.policy import Policy
from orchestrator.planning.appraisal import Promised

_UNBOUNDED = 2**62
_ORDINARY_KIB = 4
_MEMORY, _VCPUS, _OF_GUESTS = "memory", "virtual CPUs", "memory of guests by memory_ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """pages: sizes of huge pages in KiB that guests lie in; None: the default size of their host."""

    pages: tuple[int | None, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of each resource, in the order of all numbers here."""
        sizes = (f"huge pages of {'the default size' if size is None else f'{size} KiB'}" for size in self.pages)
        return (_MEMORY, _VCPUS, _OF_GUESTS, *sizes)

    def said(self, resource: str, number: int) -> str:
        """An amount with its unit."""
        return f"{number} virtual CPUs" if resource == _VCPUS else mib(number)

    def needs(self, guest: Guest) -> tuple[int, ...]:
        """What a guest takes."""
        sizes = (guest.memory_bytes if _in_pages(guest) == (size,) else 0 for size in self.pages)
        return (required_bytes(guest), guest.vcpus, guest.memory_bytes, *sizes)

    def free(self, host: HostFacts, policy: Policy, promised: Promised) -> tuple[int, ...]:
        """What a host has left under that policy, less what is promised; negative where it is overfull."""
        live = [guest for guest in host.guests if guest.power in LIVE]
        memory = host.memory_spare_bytes - policy.memory_reserve - promised.memory_bytes
        vcpus = of_guests = _UNBOUNDED
        if policy.vcpu_ratio is not None:
            vcpus = int(policy.vcpu_ratio * host.cpus) - sum(g.vcpus for g in live) - promised.vcpus
        if policy.memory_ratio is not None:
            bound = int(policy.memory_ratio * host.memory_total_bytes)
            of_guests = bound - sum(g.memory_bytes for g in live) - promised.memory_bytes
        return (memory, vcpus, of_guests, *(_free_pages(host, size) for size in self.pages))


def measures(guests: Iterable[Guest]) -> Measures:
    """What must be counted for these guests."""
    sizes = {size for guest in guests for size in _in_pages(guest)}
    return Measures(pages=tuple(sorted(sizes, key=lambda size: size or 0)))


def _in_pages(guest: Guest) -> tuple[int | None, ...]:
    """The size of the huge pages that all of its memory lies in; of a mixture the check of the pair decides."""
    pages = guest.hardware.hugepages
    whole = len(pages) == 1 and not pages[0].nodes and pages[0].size_kib != _ORDINARY_KIB
    return (pages[0].size_kib,) if whole else ()


def _free_pages(host: HostFacts, size: int | None) -> int:
    if isinstance(host.numa, Unknown):
        return _UNBOUNDED  # the check says that it is not known
    return sum(
        pages.free * pages.size_kib * 1024
        for cell in host.numa
        for pages in cell.pages
        if pages.size_kib == size or (size is None and pages.size_kib > _ORDINARY_KIB)
    )
