"""What an operator asks for."""

from dataclasses import dataclass

from orchestrator.model.host import HostName


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRequest:
    """Move these guests (NAME, HOST/NAME or UUID), to one host or to wherever fits best.

    leaving: all live guests of that host, beside those named. only: checks that are asked again; None: all of them.
    thorough: look closely also at destinations that something speaks against already: all of it is said at once.
    """

    guests: tuple[str, ...]
    to: HostName | None = None
    leaving: HostName | None = None
    only: frozenset[str] | None = None
    thorough: bool = False
