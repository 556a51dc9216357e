"""Which of the hosts that pass a guest goes to, and why not to the others."""

from collections.abc import Sequence

from orchestrator.checks.quantity import mib
from orchestrator.model.finding import Severity
from orchestrator.model.plan import Rejected
from orchestrator.planning.appraisal import Appraisal


def best(appraisals: Sequence[Appraisal]) -> Appraisal | None:
    """The passing host with most free memory after what is already promised; of equals the first by name."""
    passing = [a for a in appraisals if a.passes]
    return min(passing, key=lambda a: (-a.free_bytes, a.host), default=None)


def because(chosen: Appraisal, appraisals: Sequence[Appraisal]) -> str:
    """Say why it is this one, with the numbers that decided."""
    others = sorted((a for a in appraisals if a.passes and a is not chosen), key=lambda a: (-a.free_bytes, a.host))
    free = f"{mib(chosen.free_bytes)} free after what is already planned"
    if not others:
        looked = f"of {len(appraisals)}" if len(appraisals) > 1 else "there is"
        return f"{chosen.host} is the only host {looked} that passes the checks: {free}"
    rest = ", ".join(f"{a.host} {mib(a.free_bytes)}" for a in others)
    most = "as much memory as any, and the first name" if others[0].free_bytes == chosen.free_bytes else "most memory"
    return f"{chosen.host} has {most} of {len(others) + 1} hosts that pass: {free}; {rest}"


def rejected(guest: str, chosen: Appraisal | None, appraisals: Sequence[Appraisal]) -> tuple[Rejected, ...]:
    """The destinations that were not taken, each with its reason."""
    return tuple(
        Rejected(guest=guest, destination=a.host, why=_why_not(a, chosen)) for a in appraisals if a is not chosen
    )


def _why_not(one: Appraisal, chosen: Appraisal | None) -> str:
    for finding in one.findings:
        if finding.severity is Severity.BLOCKER:
            return f"{finding.check}: {finding.saw}"
    if chosen is None:
        return "the guest itself cannot move"
    than = "as much" if one.free_bytes == chosen.free_bytes else "less"
    return f"passes too, with {than} free memory: {mib(one.free_bytes)}, {chosen.host} {mib(chosen.free_bytes)}"
