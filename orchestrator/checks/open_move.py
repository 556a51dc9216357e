"""No other move of the guest is open or held: its copy may begin to run at any time."""

from collections.abc import Iterator

from orchestrator.catalogue import CATALOGUE
from orchestrator.checks.case import AtSource
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.open_move import OpenMove

_REFUSED = 4


def _examine(case: AtSource) -> Iterator[Found]:
    for move in known(case.open_moves):
        exit_code = CATALOGUE[move.code].exit_code if move.held and move.code is not None else _REFUSED
        yield blocker(
            f"{move.sentence}. A second copy beside it could run at the same time",
            _way_out(move),
            exit_code=exit_code,
        )


def _way_out(move: OpenMove) -> str:
    if move.held:
        keep = f"ferry resolve {move.run} {move.guest} --keep"
        return f"Choose which copy is kept: {keep} source   or: {keep} destination   (--dry-run shows the evidence)"
    if move.driven:
        return f"Wait until it is over: ferry status   If its process is dead: ferry resume {move.run}"
    return f"Bring it to its end: ferry resume {move.run}"


RULE = Rule(
    name="open-move",
    title="No other move of the guest is on record that is not over.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    waivable=False,
    examine=_examine,
)
