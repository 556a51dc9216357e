"""A fast migration interface spreads its work over several processors."""

from collections.abc import Iterator

from orchestrator.checks.case import AtHost
from orchestrator.checks.interfaces import own_way, place
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_FAST_MBIT = 10_000


def _examine(case: AtHost) -> Iterator[Found]:
    for one in own_way(case):
        if one.kind != "physical" or one.queues != 1 or (one.speed_mbit or 0) < _FAST_MBIT or case.host.cpus == 1:
            continue
        yield warning(
            f"{place(case, one)}, runs at {one.speed_mbit} Mbit/s with a single queue: "
            "one processor serves all of it and may not keep up",
            f"Turn on more queues, if the card has them: {on(case.entry, 'ethtool', '-l', one.name)}; "
            + on(case.entry, "ethtool", "-L", one.name, "combined", str(min(case.host.cpus, 4))),
        )


RULE = Rule(
    name="single-queue",
    title="A fast migration interface has more than one queue.",
    scope=Scope.HOST,
    severity=Severity.WARNING,
    needs=frozenset({Topic.INTERFACES}),
    examine=_examine,
    of_network=True,
)
