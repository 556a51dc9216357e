"""libvirt's hook scripts are the same on both hosts."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_DIRECTORY = "/etc/libvirt/hooks"


def _examine(case: OnLink) -> Iterator[Found]:
    here, there = known(case.source.daemon).hooks, known(case.destination.daemon).hooks
    if here == there:
        return
    source, destination = case.source.name, case.to
    seen = [f"{name} only on {source}" for name in sorted(here.keys() - there.keys())]
    seen += [f"{name} only on {destination}" for name in sorted(there.keys() - here.keys())]
    seen += [
        f"{name} with different contents" for name in sorted(here.keys() & there.keys()) if here[name] != there[name]
    ]
    rewriting = any(name.split("/")[0] in ("qemu", "qemu.d") and here.get(name) != there[name] for name in there)
    yield warning(
        f"libvirt's hook scripts differ: {', '.join(seen)}"
        + (
            f". The one on {destination} is run before a guest arrives and may change its definition"
            if rewriting
            else ""
        ),
        f"Compare: {on(case.source_entry, 'ls', '-lR', _DIRECTORY)}; "
        f"{on(case.destination_entry, 'ls', '-lR', _DIRECTORY)}",
    )


RULE = Rule(
    name="hooks",
    title="libvirt's hook scripts are the same on both hosts.",
    scope=Scope.LINK,
    severity=Severity.WARNING,
    needs=frozenset({Topic.DAEMON}),
    examine=_examine,
)
