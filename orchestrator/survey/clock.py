"""A host's clock against the controller's: the script tells the time when it begins and when it ends."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.model.facts import Unknown
from orchestrator.model.machine import Clock

SCRIPT = 'echo "clock $(date +%s.%N)"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The controller's time before it sent the script and after it had the answer."""

    before: float
    after: float


def parse(lines: Sequence[str], heard: Heard) -> Clock | Unknown:
    """How far the host is ahead: its first word came after `before`, its last one before `after`.

    What the script itself took is no part of the uncertainty.
    """
    try:
        first, last = (float(line) for line in (lines[0], lines[-1]))
    except (LookupError, ValueError):
        return Unknown(why="the host did not tell the time", code="host.shell")
    most, least = first - heard.before, last - heard.after
    # A clock that jumps in between makes the bounds cross.
    return Clock(ahead_seconds=(most + least) / 2, uncertainty_seconds=abs(most - least) / 2)
