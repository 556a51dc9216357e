"""Ask every host for the largest CPU that all of them offer, until they agree; then have each of them prove it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from orchestrator.errors import OrchestratorError
from orchestrator.model.baseline import CommonCpu
from orchestrator.model.cpu import CpuAnswer
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.operations.doors import Doors
from orchestrator.planning.baseline import Offered, limited, refused
from orchestrator.planning.cpu_models import document, shared_part

T = TypeVar("T")
PATIENCE = 10.0
_DECLINED = "host.libvirt"
_ROUNDS = 4  # the second one normally finds them agreed


def able(doors: Doors, given: Offered) -> Mapping[HostName, frozenset[str]]:
    """What each host can offer to guests that are to be moved, by name. Raises host.unreachable and its like."""
    return {host: _names(doors, given, host, offer.host_model or "") for host, offer in given.offers.items()}


def largest(doors: Doors, given: Offered, able: Mapping[HostName, frozenset[str]]) -> CommonCpu:
    """The largest CPU of all. Raises host.no-common-cpu, host.unreachable.

    QEMU of each host takes away what it cannot do, so what one host answers is put to all of them again.
    """
    cpus = list(dict.fromkeys(offer.host_model or "" for offer in given.offers.values()))
    common = frozenset.intersection(*able.values())
    answers: dict[HostName, CommonCpu] = {}
    for _ in range(_ROUNDS):
        answers = _round(doors, given, cpus, common)
        first, *others = answers.values()
        if all(first.same_as(other) for other in others):
            break
        cpus = list(dict.fromkeys(cpu.document for cpu in answers.values()))
    refusals: dict[HostName, CpuAnswer] = {}
    for host in given.oldest_first:  # the names of an older map are known to the newer ones, never the reverse
        refusals = lacking(doors, given, answers[host].document)
        if not refusals:
            return limited(answers[host], given)
    raise refused("one CPU", refusals)


def named(doors: Doors, given: Offered, model: str) -> CommonCpu:
    """A model or level that an operator names, proven on every host. Raises host.no-common-cpu, host.unreachable."""
    text = document(model)
    refusals = lacking(doors, given, text)
    if refusals:
        raise refused(model, refusals)
    oldest = given.oldest_first[0]
    said = doors.inventory(oldest).common_cpu([text], given.arch, given.virt_type, within=PATIENCE)
    return replace(_known(oldest, said), document=text, model=model)


def lacking(doors: Doors, given: Offered, cpu: str) -> dict[HostName, CpuAnswer]:
    """The hosts that do not offer a CPU, with what each says."""
    found = {}
    for host in given.offers:
        said = doors.inventory(host).compare(cpu, given.arch, given.virt_type, within=PATIENCE)
        answer = _known(host, said)
        if not answer.offered:
            found[host] = answer
    return found


def seen_by(doors: Doors, given: Offered, cpu: CommonCpu) -> Mapping[HostName, frozenset[str]]:
    """The features of the CPU as each host names them: an older map has fewer names."""
    return {host: _names(doors, given, host, cpu.document) for host in given.offers}


def _names(doors: Doors, given: Offered, host: HostName, cpu: str) -> frozenset[str]:
    said = doors.inventory(host).common_cpu([cpu], given.arch, given.virt_type, within=PATIENCE)
    return frozenset(_known(host, said).features)


def _round(doors: Doors, given: Offered, cpus: Sequence[str], common: frozenset[str]) -> dict[HostName, CommonCpu]:
    """What every host makes of these documents.

    A libvirt refuses them all for one name that only newer ones know. Such a host is asked about what the others have
    answered, and if that has such a name as well, about the features that all hosts have: those it must know.
    """
    answers: dict[HostName, CommonCpu] = {}
    declined: dict[HostName, Unknown] = {}
    for host in given.offers:
        said = _ask(doors, given, host, cpus)
        if isinstance(said, CommonCpu):
            answers[host] = said
        else:
            declined[host] = said
    understood = list(dict.fromkeys(cpu.document for cpu in answers.values()))
    for host, why in declined.items():
        own = given.offers[host]
        tries = (understood, [shared_part(common, own.vendor)] if common else [])
        understands = (_beside(doors, given, host, texts) for texts in tries)
        answers[host] = _known(host, next((cpu for cpu in understands if cpu is not None), why))
    return answers


def _ask(doors: Doors, given: Offered, host: HostName, cpus: Sequence[str]) -> CommonCpu | Unknown:
    """The host's answer, or why it declines. Raises what hinders it from answering at all."""
    said = doors.inventory(host).common_cpu(cpus, given.arch, given.virt_type, within=PATIENCE)
    return said if isinstance(said, Unknown) and said.code == _DECLINED else _known(host, said)


def _beside(doors: Doors, given: Offered, host: HostName, texts: Sequence[str]) -> CommonCpu | None:
    if not texts:
        return None
    said = _ask(doors, given, host, [given.offers[host].host_model or "", *texts])
    return said if isinstance(said, CommonCpu) else None


def _known(host: HostName, said: T | Unknown) -> T:
    if isinstance(said, Unknown):
        raise OrchestratorError.of(said.code, f"{host} could not work out a common CPU: {said.why}")
    return said
