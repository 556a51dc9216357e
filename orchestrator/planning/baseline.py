"""Which hosts a baseline is for, what each of them offers, and what it gives up by it."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.errors import OrchestratorError
from orchestrator.model.baseline import Baseline, CommonCpu, Fingerprint, Member
from orchestrator.model.cpu import CpuAnswer, CpuOffer
from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.host import HostName
from orchestrator.model.settings import Settings
from orchestrator.planning.cpu_models import of_no_maker
from orchestrator.planning.resolve import unknown_host

Features = Mapping[HostName, frozenset[str]]
_ADDRESSES = re.compile(r"\s*<maxphysaddr\b[^>]*/>")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRequest:
    """The CPU wanted. hosts: () for all of the group; group: None for the only one there is.

    model: this one instead of the largest. cross_vendor: the operator insists on hosts of different makers.
    arch, virt_type: "" for what the hosts have in common.
    """

    hosts: tuple[HostName, ...] = ()
    group: str | None = None
    model: str | None = None
    cross_vendor: bool = False
    arch: str = ""
    virt_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What the chosen hosts offer for one architecture and acceleration, each with its own facts."""

    arch: str
    virt_type: str
    group: str
    offers: Mapping[HostName, CpuOffer]
    facts: Mapping[HostName, HostFacts]

    @property
    def oldest_first(self) -> tuple[HostName, ...]:
        """The hosts by the age of the names they know: what an older libvirt names, newer ones know too."""
        return tuple(sorted(self.offers, key=lambda host: (self.facts[host].libvirt_version, host)))


def chosen(request: BaselineRequest, settings: Settings) -> tuple[HostName, ...]:
    """The hosts asked for. Raises usage.unknown-host, usage.mixed-groups."""
    for host in request.hosts:
        if host not in settings.hosts:
            raise unknown_host(host, settings.hosts)
    named = request.hosts or tuple(settings.hosts)
    if request.group is not None:
        named = tuple(host for host in named if settings.hosts[host].group == request.group)
        if not named:
            raise OrchestratorError.of("usage.unknown-host", f"No host that was chosen is in group {request.group}")
    groups = sorted({settings.hosts[host].group for host in named})
    if len(groups) > 1 and not request.hosts:
        said = ", ".join(group or "(no group)" for group in groups)
        raise OrchestratorError.of("usage.mixed-groups", f"{settings.file} has hosts of {len(groups)} groups: {said}")
    return named


def offered(request: BaselineRequest, hosts: Iterable[HostName], settings: Settings, facts: Facts) -> Offered:
    """What every chosen host offers. Raises host.unreachable and its like, host.no-common-cpu."""
    known = {host: _answer(host, facts.hosts[host]) for host in hosts}
    arch = request.arch or _one("architecture", {host: said.arch for host, said in known.items()})
    offers = {host: _offers(said, arch) for host, said in known.items()}
    virt_type = request.virt_type or _virt_type(offers, arch)
    lacking = [host for host, by_type in offers.items() if virt_type not in by_type]
    if lacking:
        raise _nothing(f"{', '.join(lacking)} offers no CPU model for {arch} under {virt_type}")
    found = {host: by_type[virt_type] for host, by_type in offers.items()}
    _same_maker(request, found)
    groups = {settings.hosts[host].group for host in known}
    group = groups.pop() if len(groups) == 1 else ""
    return Offered(arch=arch, virt_type=virt_type, group=group, offers=found, facts=known)


def built(
    request: BaselineRequest,
    given: Offered,
    cpu: CommonCpu,
    able: Features,
    seen: Features,
    now: datetime,
) -> Baseline:
    """The baseline. able: the features that each host offers; seen: those of the CPU as each host names them."""
    bits = [offer.physical_address_bits for offer in given.offers.values()]
    return Baseline(
        arch=given.arch,
        virt_type=given.virt_type,
        group=given.group,
        cpu=cpu,
        members=tuple(
            Member(
                host=host,
                fingerprint=fingerprint(given.facts[host], offer),
                features=tuple(sorted(able[host])),
                lost=tuple(sorted(able[host] - seen[host])),
            )
            for host, offer in given.offers.items()
        ),
        made_at=now,
        named=request.model is not None,
        physical_address_bits=min((b for b in bits if b is not None), default=None) if None not in bits else None,
    )


def fingerprint(host: HostFacts, offer: CpuOffer) -> Fingerprint:
    """What decided the host's offer."""
    return Fingerprint(
        libvirt_version=host.libvirt_version,
        qemu_version=host.qemu_version,
        kernel="" if isinstance(host.kernel, Unknown) else host.kernel.release,
        microcode="" if isinstance(host.processor, Unknown) else host.processor.microcode,
        host_model=hashlib.sha256((offer.host_model or "").encode()).hexdigest()[:16],
    )


def limited(cpu: CommonCpu, given: Offered) -> CommonCpu:
    """The CPU with the smallest physical address space of the hosts, where each says its own.

    Not under emulation, where QEMU has one size for all.
    """
    bits = [offer.physical_address_bits for offer in given.offers.values()]
    sizes = [b for b in bits if b is not None]
    if given.virt_type != "kvm" or not sizes or len(sizes) < len(bits):
        return cpu
    limit = f"  <maxphysaddr mode='emulate' bits='{min(sizes)}'/>\n</cpu>"
    return replace(cpu, document=_ADDRESSES.sub("", cpu.document).replace("</cpu>", limit))


def refused(model: str, answers: Mapping[HostName, CpuAnswer]) -> OrchestratorError:
    """Say which hosts do not offer a CPU, and what they lack."""
    said = "; ".join(f"{host} lacks {', '.join(a.missing) or a.detail or 'it'}" for host, a in answers.items())
    return _nothing(f"Not every chosen host offers {model}: {said}")


def _nothing(saw: str, fix: str = "") -> OrchestratorError:
    return OrchestratorError.of("host.no-common-cpu", saw, fix=fix)


def _answer(host: HostName, said: HostFacts | Unknown) -> HostFacts:
    if isinstance(said, Unknown):
        saw = f"{host} does not answer, and a baseline must hold on every host of it: {said.why}"
        raise OrchestratorError.of(said.code, saw, fix="Bring it back, or name the others: ferry cpu baseline --hosts")
    if isinstance(said.cpu_offers, Unknown):
        raise OrchestratorError.of(said.cpu_offers.code, f"{host} does not say what it offers: {said.cpu_offers.why}")
    return said


def _offers(host: HostFacts, arch: str) -> dict[str, CpuOffer]:
    assert not isinstance(host.cpu_offers, Unknown)
    return {offer.virt_type: offer for offer in host.cpu_offers if offer.arch == arch and offer.host_model}


def _one(what: str, values: Mapping[HostName, str]) -> str:
    if len(set(values.values())) > 1:
        raise _nothing(f"The hosts differ in {what}: " + ", ".join(f"{h} {v}" for h, v in values.items()))
    return next(iter(values.values()))


def _virt_type(offers: Mapping[HostName, Mapping[str, CpuOffer]], arch: str) -> str:
    for virt_type in ("kvm", "qemu"):
        if all(virt_type in by_type for by_type in offers.values()):
            return virt_type
    said = ", ".join(f"{host} {' and '.join(sorted(by_type)) or 'nothing'}" for host, by_type in offers.items())
    raise _nothing(f"The hosts offer no CPU model for {arch} under one acceleration: {said}")


def _same_maker(request: BaselineRequest, offers: Mapping[HostName, CpuOffer]) -> None:
    makers = {host: offer.vendor for host, offer in offers.items() if offer.vendor}
    if len(set(makers.values())) < 2:
        return
    neutral = request.model is not None and of_no_maker(request.model)
    if neutral and request.cross_vendor:
        return
    said = ", ".join(f"{host} {maker}" for host, maker in makers.items())
    raise _nothing(
        f"The hosts have processors of different makers: {said}",
        "Choose hosts of one maker with --hosts, or insist: --model x86-64-v2 --cross-vendor",
    )
