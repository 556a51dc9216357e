"""What an operator asks for."""

from dataclasses import dataclass

from orchestrator.model.host import HostName


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRequest:
    """Move these guests (NAME, HOST/NAME or UUID), to one host or to wherever fits best."""

    guests: tuple[str, ...]
    to: HostName | None = None
