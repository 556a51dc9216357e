"""The host is not short of memory now."""

from collections.abc import Iterator

from orchestrator.checks.case import AtHost
from orchestrator.checks.quantity import mib
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

# A healthy host has next to none. At a tenth of the time it swaps or reclaims without end, guests feel it, and pages
# that arrive or leave must wait for that too.
_PRESSURE_PERCENT = 10.0


def _examine(case: AtHost) -> Iterator[Found]:
    pressure = known(case.host.load).memory_pressure
    if pressure is not None and pressure > _PRESSURE_PERCENT:
        yield warning(
            f"On {case.host.name} something waits for memory {pressure:.0f} % of the time (above "
            f"{_PRESSURE_PERCENT:.0f} %); libvirt calls {mib(case.host.memory_free_bytes)} free",
            f"Find what swaps or fills it before a move: {on(case.entry, 'cat', '/proc/pressure/memory')}; "
            f"{on(case.entry, 'free', '-m')}",
        )


RULE = Rule(
    name="memory-pressure",
    title="The host is not short of memory.",
    scope=Scope.HOST,
    severity=Severity.WARNING,
    needs=frozenset({Topic.LOAD}),
    examine=_examine,
)
