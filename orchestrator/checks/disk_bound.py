"""The host is not waiting for its disks."""

from collections.abc import Iterator

from orchestrator.checks.case import AtHost
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

# Some waiting is what disks are for. From here on a guest that arrives waits with all the others, and its first
# seconds, when nothing is cached, are its worst.
_PRESSURE_PERCENT = 40.0
_WAITING = 0.5  # where the kernel counts no pressure: half of the processors' time


def _examine(case: AtHost) -> Iterator[Found]:
    load = known(case.host.load)
    pressed = load.io_pressure is not None and load.io_pressure > _PRESSURE_PERCENT
    if not pressed and load.iowait <= _WAITING:
        return
    seen = f"something waits for disks {load.io_pressure:.0f} % of the time" if pressed else ""
    waiting = f"processors wait for disks {load.iowait:.0%} of the time" if load.iowait > _WAITING else ""
    yield warning(
        f"On {case.host.name} {' and '.join(filter(None, (seen, waiting)))} (bounds: {_PRESSURE_PERCENT:.0f} % and "
        f"{_WAITING:.0%}); guests there are slow already",
        f"Find what writes or reads so much: {on(case.entry, 'cat', '/proc/pressure/io')}; "
        f"{on(case.entry, 'iostat', '-x', '1', '3')}",
    )


RULE = Rule(
    name="disk-bound",
    title="The host is not waiting for its disks.",
    scope=Scope.HOST,
    severity=Severity.WARNING,
    needs=frozenset({Topic.LOAD}),
    examine=_examine,
)
