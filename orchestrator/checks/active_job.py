"""Nobody else is working on the guest."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    if case.guest.active_job:
        yield blocker(
            f"{case.source.name} is busy with a job of {case.guest.name}: {case.guest.active_job}", _way_out(case)
        )


def _way_out(case: AtSource) -> str:
    word = called(case.guest)
    on_record = () if isinstance(case.open_moves, Unknown) else case.open_moves
    if any(move.source == case.source.name and not move.held for move in on_record):
        # Ferry's own move: to end that behind its back would look like a failure.
        return f"Wait until it ends: ferry status   or end it: ferry abort {word}"
    look, end = (virsh(case.source_entry, verb, word) for verb in ("domjobinfo", "domjobabort"))
    return f"Wait until it ends: {look}  or end it: {end}"


RULE = Rule(
    name="active-job",
    title="No other job works on the guest.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
