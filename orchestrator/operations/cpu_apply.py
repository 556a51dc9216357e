"""Give a guest's persistent definition another CPU; the guest itself runs on with the one it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff

from orchestrator.checks.case import LIVE
from orchestrator.errors import OrchestratorError
from orchestrator.model.baseline import Baseline, CpuChange
from orchestrator.model.command import SetCpu
from orchestrator.model.cpu import CpuAnswer
from orchestrator.model.effect import Effect
from orchestrator.model.facts import Ask, Unknown
from orchestrator.model.finding import Finding, Remedy, Scope, Severity
from orchestrator.model.guest import Guest, Power
from orchestrator.model.host import HostName
from orchestrator.model.run import Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.repair import repair
from orchestrator.planning.baseline import refused
from orchestrator.planning.cpu_models import document
from orchestrator.planning.resolve import resolve

PATIENCE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuProposal:
    """What would be changed, and why this CPU. refusing: hosts of the same group that do not offer it."""

    guest: Guest
    host: HostName
    cpu: str
    because: str
    change: CpuChange
    refusing: Mapping[HostName, CpuAnswer]

    @property
    def changes(self) -> bool:
        """Whether the definition would differ at all."""
        return self.change.before != self.change.after

    @property
    def takes_effect(self) -> str:
        """When the guest gets the new CPU, in words."""
        if self.guest.power in LIVE:
            return f"{self.guest.name} runs on with the CPU it has; the new one comes with its next cold start."
        return f"{self.guest.name} is not running; it has the new CPU when it is started."

    def diff(self) -> tuple[str, ...]:
        """Lines of a unified diff of the <cpu>."""
        texts = (self.change.before.splitlines(), self.change.after.splitlines())
        return tuple(unified_diff(*texts, "now", "then", lineterm="", n=99))


def propose(doors: Doors, name: str, *, model: str | None, baseline: str | None) -> CpuProposal:
    """Work out the change. Changes nothing.

    Raises usage.*, guest.*, host.no-common-cpu where the guest's own host does not offer the CPU, host.unreachable.
    """
    facts = doors.survey().facts(Ask(hosts=tuple(doors.settings.hosts), shell=False), within=PATIENCE)
    guest, host = resolve(name, facts, doors.settings.hosts)
    _changeable(guest, host)
    cpu, text, because = _wanted(doors, guest, host, model, baseline)
    said = doors.inventory(host).compare(text, guest.arch, guest.virt_type, within=PATIENCE)
    if isinstance(said, Unknown):
        raise OrchestratorError.of(said.code, f"{host} could not compare the CPU: {said.why}")
    if not said.offered:
        raise refused(cpu, {host: said})
    earlier = [one.cpu.document for one in doors.store().baselines().values()]
    change = doors.inventory(host).cpu_change(guest.uuid, text, within=PATIENCE, earlier=earlier)
    if isinstance(change, Unknown):
        raise OrchestratorError.of(change.code, f"{host} does not show the definition of {guest.name}: {change.why}")
    others = [h for h in facts.answering() if h != host and _group(doors, h) == _group(doors, host)]
    return CpuProposal(
        guest=guest,
        host=host,
        cpu=cpu,
        because=because,
        change=change,
        refusing={h: answer for h in others if (answer := _refusal(doors, h, guest, text)) is not None},
    )


def carry_out(doors: Doors, proposal: CpuProposal, who: Who) -> Effect:
    """Do it, journaled. Raises store.unavailable before anything was done."""
    change = proposal.change
    order = SetCpu(guest=proposal.guest.uuid, cpu=change.after, replaces=change.before)
    finding = Finding(
        check="cpu",
        severity=Severity.NOTE,
        guest=proposal.guest.name,
        source=proposal.host,
        destination=None,
        saw=f"the definition is to have the CPU {proposal.cpu}",
        fix="",
        scope=Scope.GUEST,
        remedy=Remedy(host=proposal.host, repair=order),
    )
    (done,) = repair(doors, (finding,), who)
    return done.effect


def _changeable(guest: Guest, host: HostName) -> None:
    if not guest.persistent:
        saw = f"{guest.name} on {host} is transient: it has no persistent definition"
    elif guest.active_job is not None or guest.power is Power.INCOMING:
        saw = f"{guest.name} on {host} is busy: {guest.active_job or 'it is being received'}"
    else:
        return
    raise OrchestratorError.of("guest.fixed-definition", saw, now=f"{guest.name} is {guest.power} on {host}.")


def _wanted(
    doors: Doors, guest: Guest, host: HostName, model: str | None, baseline: str | None
) -> tuple[str, str, str]:
    """Name and document of the CPU, and why it is this one."""
    if model is not None:
        return model, document(model), "named on the command line"
    kept = doors.store().baselines()
    if baseline is None:
        kind = (guest.arch, guest.virt_type)
        name = next((n for n, b in kept.items() if host in b.hosts and (b.arch, b.virt_type) == kind), None)
        if name is None:
            saw = f"no stored baseline is about {host} and guests for {guest.arch} under {guest.virt_type}"
            raise OrchestratorError.of("usage.unknown-baseline", saw)
        return _described(name, kept[name], "the newest one that is about its host")
    if baseline not in kept:
        saw = f"nothing is stored as {baseline}; there is {', '.join(kept) or 'nothing'}"
        raise OrchestratorError.of("usage.unknown-baseline", saw)
    return _described(baseline, kept[baseline], "named on the command line")


def _described(name: str, baseline: Baseline, because: str) -> tuple[str, str, str]:
    return baseline.cpu.model, baseline.cpu.document, f"baseline {name}, {because}"


def _group(doors: Doors, host: HostName) -> str:
    return doors.settings.hosts[host].group


def _refusal(doors: Doors, host: HostName, guest: Guest, cpu: str) -> CpuAnswer | None:
    said = doors.inventory(host).compare(cpu, guest.arch, guest.virt_type, within=PATIENCE)
    return said if isinstance(said, CpuAnswer) and not said.offered else None
