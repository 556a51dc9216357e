"""What an operator asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.run import RunId
from orchestrator.model.transport import Mode

SHUTDOWN_TIMEOUT_MS = 120_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRequest:
    """Move these guests (NAME, HOST/NAME or UUID), to one host or to wherever fits best.

    leaving: all live guests of that host, beside those named. only: checks that are asked again; None: all of them.
    thorough: look closely also at destinations that something speaks against already: all of it is said at once.
    mode: how the guest gets there; any other than LIVE only where a person asked for it. shutdown_timeout_ms: for COLD.
    avoid: guest, by UUID → hosts where it shall not go, having failed to get there.
    of_run: the run that these moves are taken from; that it is not over speaks against none of them.
    raised: limits of the policy, by name, that are higher for these moves.
    uncordoned: hosts that will take guests again by the time this is carried out.
    """

    guests: tuple[str, ...]
    to: HostName | None = None
    leaving: HostName | None = None
    only: frozenset[str] | None = None
    thorough: bool = False
    mode: Mode = Mode.LIVE
    shutdown_timeout_ms: int = SHUTDOWN_TIMEOUT_MS
    avoid: Mapping[GuestId, frozenset[HostName]] = field(default_factory=dict)
    of_run: RunId | None = None
    raised: Mapping[str, int] = field(default_factory=dict)
    uncordoned: frozenset[HostName] = frozenset()
