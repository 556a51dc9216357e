"""One exception type for every error of the catalogue."""

from dataclasses import dataclass, field

from orchestrator.catalogue import CATALOGUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A position in a file the operator wrote, with the lines around it."""

    file: str
    line: int
    column: int
    excerpt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong. saw: the observation; now: where the guest is; fix: replaces the catalogue's fix."""

    code: str
    saw: str
    now: str = ""
    cause: str = ""
    fix: str = ""
    place: Place | None = None


@dataclass
class OrchestratorError(Exception):
    """What crosses a room's border when something is wrong: one or more problems from the catalogue."""

    problems: tuple[Problem, ...] = field(default_factory=tuple)

    @classmethod
    def of(cls, code: str, saw: str, *, now: str = "", cause: str = "", fix: str = "") -> "OrchestratorError":
        """Build the usual error with one problem."""
        return cls((Problem(code=code, saw=saw, now=now, cause=cause, fix=fix),))

    @property
    def exit_code(self) -> int:
        """The exit code the first problem asks for."""
        return CATALOGUE[self.problems[0].code].exit_code

    def __str__(self) -> str:
        return "; ".join(f"{p.code}: {p.saw}" for p in self.problems)
