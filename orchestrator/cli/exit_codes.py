"""What ferry answers to the shell: one number for each situation, and which one wins."""

from collections.abc import Iterable, Mapping

DONE, INCOMPLETE, USAGE, CONFIGURATION, BLOCKED, INFEASIBLE, UNREACHABLE, HELD = range(8)
BUG, LATER, INTERRUPTED, TERMINATED = 70, 75, 130, 143

MEANING: Mapping[int, str] = {
    DONE: "done, or nothing to do",
    INCOMPLETE: "not all of what was asked was done: a guest stays where it was, or brought a warning along",
    USAGE: "the command line is wrong; nothing was contacted or changed",
    CONFIGURATION: "the configuration is refused; no host was contacted",
    BLOCKED: "blocked by pre-flight; nothing was changed",
    INFEASIBLE: "infeasible, or the world has drifted from the plan",
    UNREACHABLE: "a host or the store cannot be reached; nothing was started, or how a move ended is not known yet",
    HELD: "a guest is held and a person is needed; never retried by itself",
    BUG: "a bug in ferry",
    LATER: "not now: somebody else is at work; try again later",
    INTERRUPTED: "stopped by Ctrl-C, ferry stop or ferry abort; what was left undone can be asked for again",
    TERMINATED: "stopped by SIGTERM; what was left undone can be asked for again",
}

PRECEDENCE = (HELD, BUG, INTERRUPTED, TERMINATED, INCOMPLETE, UNREACHABLE, INFEASIBLE, BLOCKED, LATER, DONE)


def worst(codes: Iterable[int]) -> int:
    """When several apply, the first in the order of precedence."""
    present = set(codes)
    return next((code for code in PRECEDENCE if code in present), DONE)
