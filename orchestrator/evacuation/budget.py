"""What failures an evacuation bears, and which of them are worth another attempt."""

from collections.abc import Collection

from orchestrator.model.move import Outcome, State
from orchestrator.model.policy import OnFailure

# The copy broke off, or something has come up before it began, and the guest runs on at its source: another destination
# may do. What will not converge will not do so elsewhere, and what is not known for sure is not begun again.
WORTH_TRYING = frozenset(
    {
        "migration.failed",
        "migration.stalled",
        "migration.destination-silent",
        "migration.refused",
        "migration.drifted",
        "limits.reached",
        "host.cordoned",
    }
)
# Nobody has tried: these count against no budget.
NOT_TRIED = frozenset(
    {
        "migration.cancelled",
        "migration.interrupted",
        "migration.drifted",
        "limits.reached",
        "host.cordoned",
        "evacuation.deadline",
        "evacuation.hook",
    }
)


def failed(outcome: Outcome) -> bool:
    """Whether a move was tried and the guest is not where it was to go."""
    return outcome.state is not State.MIGRATED and outcome.state is not State.ENDED and outcome.code not in NOT_TRIED


def exhausted(outcomes: Collection[Outcome], bears: OnFailure) -> str:
    """Why nothing more may begin; "" as long as it may."""
    failures = sum(map(failed, outcomes))
    if bears.then == "continue" or failures < bears.after:
        return ""
    return f"on_failure ({failures} of {bears.after} failures: {bears.then})"


def worth_trying(outcome: Outcome) -> bool:
    """Whether another attempt may succeed, and harms nobody."""
    return outcome.state is State.KEPT and outcome.code in WORTH_TRYING
