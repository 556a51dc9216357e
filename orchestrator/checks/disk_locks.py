"""Both hosts guard disks with the same lock manager."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.daemon_files import qemu_conf
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: OnLink) -> Iterator[Found]:
    here, there = _named(known(case.source.daemon).lock_manager), _named(known(case.destination.daemon).lock_manager)
    if here != there:
        yield blocker(
            f"{case.source.name} has the lock manager {here}, {case.to} has {there}; libvirt refuses to migrate "
            "between them",
            f"{qemu_conf(case.destination_entry, 'lock_manager')}; guests that run there keep the old one until they "
            "start again",
        )


def _named(manager: str) -> str:
    # libvirt's own word for no lock manager at all.
    return "none" if manager in ("", "nop") else manager


RULE = Rule(
    name="lock-manager",
    title="Both hosts use the same lock manager.",
    scope=Scope.LINK,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.DAEMON}),
    examine=_examine,
)
