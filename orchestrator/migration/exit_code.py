"""What a run answers to its caller, from how its moves ended."""

from collections.abc import Sequence

from orchestrator.catalogue import CATALOGUE
from orchestrator.migration.terms import Level
from orchestrator.model.move import Outcome

PRECEDENCE = (7, 70, 130, 1, 6, 5, 4, 75, 0)  # when several apply, the first of these


def exit_code(outcomes: Sequence[Outcome], level: Level) -> int:
    """Fold the outcomes. A run that an operator stopped before everything was done answers 130."""
    codes = {CATALOGUE[o.code].exit_code if o.code else 0 for o in outcomes}
    if level > Level.GO and any(o.code == "migration.cancelled" for o in outcomes):
        codes.add(130)
    return next(code for code in PRECEDENCE if code in codes or code == 0)
