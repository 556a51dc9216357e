"""The migration interface runs at a speed that memory can be moved with."""

from collections.abc import Iterator

from orchestrator.checks.case import AtHost
from orchestrator.checks.interfaces import own_way, place
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, warning
from orchestrator.model.cabling import Interface
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_LEAST_MBIT = 1000


def _examine(case: AtHost) -> Iterator[Found]:
    way = own_way(case)
    for one in way:
        # A bond whose ports are known is as fast as they are.
        if one.kind == "physical" or (one.kind == "bond" and not any(port.master == one.name for port in way)):
            yield from _judged(case, one)


def _judged(case: AtHost, one: Interface) -> Iterator[Found]:
    seen = []
    if one.speed_mbit is not None and one.speed_mbit < _LEAST_MBIT:
        seen.append(f"at {one.speed_mbit} Mbit/s")
    if one.duplex == "half":
        seen.append("in half duplex")
    if seen:
        yield warning(
            f"{place(case, one)}, runs {' and '.join(seen)}; ferry expects {_LEAST_MBIT} Mbit/s in full duplex",
            f"See the cable, the switch port and what both sides negotiated: {on(case.entry, 'ethtool', one.name)}",
        )


RULE = Rule(
    name="link-speed",
    title="The migration interface runs at full speed.",
    scope=Scope.HOST,
    severity=Severity.WARNING,
    needs=frozenset({Topic.INTERFACES}),
    examine=_examine,
    of_network=True,
)
