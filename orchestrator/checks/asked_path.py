"""What the destination answered when it was asked for one path of a guest."""

from orchestrator.checks.case import Case
from orchestrator.model.facts import PathAnswer, Unknown


def answer(case: Case, path: str) -> PathAnswer | Unknown:
    """The answer for that path, or why there is none."""
    if isinstance(case.pair.paths, Unknown):
        return case.pair.paths
    found = (one for one in case.pair.paths if one.path == path)
    return next(found, Unknown(why="it was not asked for this path", code="host.shell"))
