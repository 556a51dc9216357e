"""The migration interface runs at a speed that memory can be moved with."""

from collections.abc import Iterator

from orchestrator.checks.case import AtHost
from orchestrator.checks.interfaces import own_interface
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_CABLED = frozenset({"physical", "bond"})
_LEAST_MBIT = 1000


def _examine(case: AtHost) -> Iterator[Found]:
    one = own_interface(case)
    if one is None or one.kind not in _CABLED:
        return
    seen = []
    if one.speed_mbit is not None and one.speed_mbit < _LEAST_MBIT:
        seen.append(f"at {one.speed_mbit} Mbit/s")
    if one.duplex == "half":
        seen.append("in half duplex")
    if seen:
        yield warning(
            f"{one.name} of {case.host.name}, its interface on the migration network "
            f"{case.settings.migration_network}, runs {' and '.join(seen)}; ferry expects "
            f"{_LEAST_MBIT} Mbit/s in full duplex",
            f"See the cable, the switch port and what both sides negotiated: {on(case.entry, 'ethtool', one.name)}",
        )


RULE = Rule(
    name="link-speed",
    title="The migration interface runs at full speed.",
    scope=Scope.HOST,
    severity=Severity.WARNING,
    needs=frozenset({Topic.INTERFACES}),
    examine=_examine,
)
