"""The clocks of both hosts agree."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.machine import Clock
from orchestrator.model.topic import Topic


def _examine(case: OnLink) -> Iterator[Found]:
    here, there = known(case.source.clock), known(case.destination.clock)
    apart = abs(here.ahead_seconds - there.ahead_seconds)
    doubt = here.uncertainty_seconds + there.uncertainty_seconds
    allowed = case.policy.clock_skew / 1000
    if apart > allowed + doubt:
        yield warning(
            f"The clocks of {case.source.name} ({_offset(here)}) and {case.to} ({_offset(there)}) are "
            f"{apart:.3f} s apart, measured to {doubt:.3f} s; the policy allows {allowed:.3f} s",
            "See which one is wrong, and let both follow the same time servers: "
            + "; ".join(on(entry, "timedatectl") for entry in (case.source_entry, case.destination_entry)),
        )


def _offset(clock: Clock) -> str:
    return f"{clock.ahead_seconds:+.3f} s against the controller"


RULE = Rule(
    name="clock-skew",
    title="The clocks of both hosts agree.",
    scope=Scope.LINK,
    severity=Severity.WARNING,
    needs=frozenset({Topic.CLOCK}),
    examine=_examine,
)
