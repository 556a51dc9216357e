"""What a rule is: a pure function over what it looks at, and what must be known of it before anything is asked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from orchestrator.checks.case import Looking
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Remedy, Scope, Severity
from orchestrator.model.topic import Topic

Looks_contra = TypeVar("Looks_contra", bound=Looking, contravariant=True)
T = TypeVar("T")


class UndecidedError(Exception):
    """A fact that the rule cannot do without is Unknown. The runner says so; no rule catches it."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.why)
        self.unknown = unknown


def known(fact: T | Unknown) -> T:
    """The fact itself; where it could not be read, the rule ends here undecided, which is a finding."""
    if isinstance(fact, Unknown):
        raise UndecidedError(fact)
    return fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a rule found. severity None: the rule's own."""

    saw: str
    fix: str
    severity: Severity | None = None
    exit_code: int = 4
    detail: tuple[str, ...] = ()
    remedy: Remedy | None = None


def blocker(
    saw: str, fix: str, *, exit_code: int = 4, detail: tuple[str, ...] = (), remedy: Remedy | None = None
) -> Found:
    """Say what refuses the move."""
    return Found(saw=saw, fix=fix, severity=Severity.BLOCKER, exit_code=exit_code, detail=detail, remedy=remedy)


def warning(saw: str, fix: str, *, detail: tuple[str, ...] = (), remedy: Remedy | None = None) -> Found:
    """Say what goes on, but should be known first."""
    return Found(saw=saw, fix=fix, severity=Severity.WARNING, detail=detail, remedy=remedy)


def note(saw: str, fix: str) -> Found:
    """Say what is worth knowing."""
    return Found(saw=saw, fix=fix, severity=Severity.NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[Looks_contra]):
    """One check. `examine` yields what it found, nothing when all is well.

    severity: how bad it usually is. needs: topics it reads beyond what every host and guest says of itself.
    undecided: how bad it is when it cannot be decided; None: as the policy says. waivable: False where letting it
    pass could cost a guest its data. of_network: it judges one network, and what it refuses is that network alone.
    """

    name: str
    title: str
    scope: Scope
    severity: Severity
    examine: Callable[[Looks_contra], Iterable[Found]]
    needs: frozenset[Topic] = field(default_factory=frozenset)
    undecided: Severity | None = None
    waivable: bool = True
    of_network: bool = False
