"""What a rule is: a name, one sentence, and a pure function over what it looks at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from orchestrator.checks.case import AtSource
from orchestrator.model.finding import Finding

Looks_contra = TypeVar("Looks_contra", bound=AtSource, contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[Looks_contra]):
    """One check. `examine` yields what it found, nothing when all is well."""

    name: str
    title: str
    examine: Callable[[Looks_contra], Iterable[Finding]]
