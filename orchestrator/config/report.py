"""Everything found wrong so far, to be told at once and in the order of the files."""

from orchestrator.config.source import without_password
from orchestrator.errors import OrchestratorError, Place, Problem

_LONGEST = 300  # characters of a sentence that quotes the file


class Report:
    """Collects problems until the end of the reading."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def add(self, saw: str, fix: str, place: Place, *, cause: str = "") -> None:
        """Keep one problem."""
        saw = without_password(saw)
        saw = saw if len(saw) <= _LONGEST else f"{saw[: _LONGEST - 1]}…"
        self._problems.append(Problem(code="config.invalid", saw=saw, cause=cause, fix=fix, place=place))

    @property
    def count(self) -> int:
        """How many problems there are so far."""
        return len(self._problems)

    def take(self, error: OrchestratorError) -> None:
        """Keep what another reading has found."""
        self._problems.extend(error.problems)

    def conclude(self) -> None:
        """Raise config.invalid if anything was found."""
        if self._problems:
            raise OrchestratorError(tuple(sorted(self._problems, key=_where)))


def _where(problem: Problem) -> tuple[str, int, int]:
    assert problem.place is not None
    return problem.place.file, problem.place.line, problem.place.column
