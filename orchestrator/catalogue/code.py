"""One line of the catalogue."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One line of the catalogue: what it means, usual causes, what to do, and the exit code it asks for."""

    symptom: str
    causes: str
    fix: str
    exit_code: int
