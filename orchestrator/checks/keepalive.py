"""The daemons notice a lost connection, but not too soon."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.daemon_files import qemu_conf
from orchestrator.checks.rule import Found, Rule, known, note, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_SHORT = 10  # seconds; a busy host is silent for as long now and then


def _examine(case: OnLink) -> Iterator[Found]:
    here, there = known(case.source.daemon), known(case.destination.daemon)
    settings = {
        case.source.name: (here.keepalive_interval, here.keepalive_count),
        case.destination.name: (there.keepalive_interval, there.keepalive_count),
    }
    off = [host for host, (interval, _) in settings.items() if interval <= 0]
    said = ", ".join(f"{interval} s x {count} on {host}" for host, (interval, count) in settings.items())
    if off:
        yield warning(
            f"The keepalive of migrations is off on {' and '.join(off)} ({said}): a connection that is lost is noticed "
            "by nobody, and the move hangs",
            qemu_conf(case.settings.hosts[off[0]], "keepalive"),
        )
    elif len(set(settings.values())) > 1 or min(interval * count for interval, count in settings.values()) < _SHORT:
        yield note(
            f"The keepalive of migrations differs between the hosts or gives up within {_SHORT} s: {said}",
            f"libvirt's own is 5 s x 5. {qemu_conf(case.destination_entry, 'keepalive')}",
        )


RULE = Rule(
    name="keepalive",
    title="The keepalive of migrations is on, and the same on both hosts.",
    scope=Scope.LINK,
    severity=Severity.NOTE,
    needs=frozenset({Topic.DAEMON}),
    examine=_examine,
)
