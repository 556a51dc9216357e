"""An order that has not shown what it should is given again, after pauses that grow."""

from dataclasses import replace

from orchestrator.migration.decision import Decision, Do, Given, Wait, Watch

TRIES = 6  # orders of one kind before a person is needed; with the pauses between them they span 12.5 s
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_LOOK = 0.2  # seconds between two looks meanwhile: what was ordered may show late, and needs no repetition then
REPEATED = ("suspend", "resume", "discard", "start", "start-held", "undefine")


def spaced(decision: Decision, watch: Watch, at: float) -> tuple[Decision, Watch]:
    """The decision, or a wait where the same order was given to the same host a moment ago.

    A daemon that refuses because of a lock or is silent for a moment would else use up all tries within it.
    """
    if not isinstance(decision, Do) or decision.command.kind not in REPEATED:
        return decision, watch
    key = decision.side, decision.command.kind
    before = watch.given.get(key, Given(times=0, at=at))
    if before.times and at - before.at < _pause(before.times):
        return Wait(seconds=_LOOK), watch
    return decision, replace(watch, given={**watch.given, key: Given(times=before.times + 1, at=at)})


def _pause(times: int) -> float:
    """Seconds from the order of this number to the next one."""
    return min(_FIRST_PAUSE * 2.0 ** (times - 1), _LONGEST_PAUSE)
