"""A move of a guest that is not over: another one must not begin beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.move import State
from orchestrator.model.run import RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMove:
    """What the store has on record of it. because: its last state in words. code: of its verdict, if it has one.

    driven: a process drives its run, or did so until it died. held: a person is to choose a copy, and no
    `ferry resume` asks again.
    """

    run: RunId
    guest: GuestId
    name: str
    source: HostName
    destination: HostName
    state: State
    because: str
    code: str | None = None
    driven: bool = False
    held: bool = False

    @property
    def sentence(self) -> str:
        """Where it stands, in one sentence without an end."""
        way = f"run {self.run} moves {self.name} from {self.source} to {self.destination}"
        why = f" ({self.because})" if self.because else ""
        return f"{way}, and that is not over: {self.state}{why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A guest that is on its way to a host, which may not show it yet. memory_bytes: None where nobody knows.

    filled_bytes: what of its memory has arrived: that is not free there any more.
    """

    guest: GuestId
    destination: HostName
    memory_bytes: int | None = None
    filled_bytes: int = 0


OpenMoves = Mapping[GuestId, tuple[OpenMove, ...]]
