"""The state of an emulated TPM lies apart on both hosts, or libvirt on both knows how to share it."""

from collections.abc import Iterator

from orchestrator.checks.asked_path import answer
from orchestrator.checks.case import Case
from orchestrator.checks.quantity import version
from orchestrator.checks.remedy import on, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known, note, warning
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

# libvirt 8.10: before it, the source removes the state of a guest that has left, also where the destination uses it.
_SHARES = 8_010_000


def _examine(case: Case) -> Iterator[Found]:
    path = case.guest.tpm_state
    if path is None:
        return
    old = [host for host in (case.source, case.destination) if host.libvirt_version < _SHARES]
    shared, hosts = _shared(case, path), f"{case.source.name} and {case.to}"
    if isinstance(shared, Unknown) and not old:
        yield note(
            f"Whether the state of the TPM of {case.guest.name}, {path}, is the same directory on {hosts} could not be "
            f"decided: {shared.why}. libvirt on both hosts knows how to share it",
            "; ".join(on(entry, "findmnt", "-T", path) for entry in (case.source_entry, case.destination_entry)),
        )
        return
    if not known(shared):
        return
    where = f"The state of the TPM of {case.guest.name}, {path}, is the same directory on {hosts}"
    if old:
        versions = " and ".join(f"{host.name} has {version(host.libvirt_version)}" for host in old)
        yield blocker(
            f"{where}. libvirt before 8.10 does not know that and removes it behind the guest: {versions}",
            f"Upgrade libvirt there, or keep that directory on a local file system of each host: "
            f"{on(case.source_entry, 'findmnt', '-T', path)}",
        )
    else:
        yield warning(
            f"{where}. That works only if the guest was started by libvirt 8.10 or newer, with an swtpm that can hand "
            "shared state over; libvirt refuses otherwise",
            virsh(case.source_entry, "dominfo", case.guest.uuid),
        )


def _shared(case: Case, path: str) -> bool | Unknown:
    said = answer(case, path)
    if isinstance(said, Unknown):
        return said
    if said.shared is None:
        return Unknown(why=f"no file could be written beside {path} to test it", code="host.shell")
    return said.shared


RULE = Rule(
    name="tpm-state",
    title="The state of the guest's TPM is safe to move, shared or not.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.PATHS}),
    waivable=False,
    examine=_examine,
    undecided=Severity.BLOCKER,  # that a libvirt is old has been seen by then: the TPM could lose its keys
)
