"""What ferry answers to the shell: one number for each situation, what to do about it, and which one wins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DONE, INCOMPLETE, USAGE, CONFIGURATION, BLOCKED, INFEASIBLE, UNREACHABLE, HELD = range(8)
BUG, LATER, INTERRUPTED, TERMINATED = 70, 75, 130, 143


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """name: one word. short: beside the number on a screen. means: in full. act: what a person does; cron: a job.

    docs/reference/exit-codes.md is made from these.
    """

    name: str
    short: str
    means: str
    act: str
    cron: str


SITUATIONS: Mapping[int, Situation] = {
    DONE: Situation(
        name="done",
        short="done, or nothing to do",
        means="Done, or nothing to do.",
        act="Nothing.",
        cron="be silent",
    ),
    INCOMPLETE: Situation(
        name="incomplete",
        short="not all of what was asked was done: a guest stays where it was, or brought a warning along",
        means="Not all of what was asked was done: a guest stays where it was and runs on there, or it arrived and "
        "something of it did not come along. Also: the answer could not be written, or consent was refused at the "
        "prompt.",
        act="See which guest and why (`ferry history --last`), mend that, and ask again for what is left.",
        cron="mail",
    ),
    USAGE: Situation(
        name="usage",
        short="the command line is wrong; nothing was contacted or changed",
        means="The command line is wrong: unknown option, host or run, a guest name that exists twice, source and "
        "destination the same, `--yes` missing where nobody can be asked. Nothing was changed.",
        act="Mend the command line; `ferry COMMAND --help` says what it takes.",
        cron="mend the crontab",
    ),
    CONFIGURATION: Situation(
        name="configuration",
        short="the configuration is refused; no host was contacted",
        means="The configuration is refused. No host was contacted, except where two entries turn out to be one "
        "machine.",
        act="Mend the line that is shown; `ferry policy check` tells whether all is right.",
        cron="mend the file",
    ),
    BLOCKED: Situation(
        name="blocked",
        short="blocked by pre-flight; nothing was changed",
        means="Pre-flight found a blocker, or no host has the guest. Nothing was changed, for any guest of the "
        "command.",
        act="Follow the fix of each blocker, then look again: `ferry check GUEST --to HOST`.",
        cron="mail the findings",
    ),
    INFEASIBLE: Situation(
        name="infeasible",
        short="infeasible, or the world has drifted from the plan",
        means="There is no destination, or a guest is no longer as it was when the move was planned.",
        act="See why no host was taken, or what a plan of now looks like: `ferry migrate GUEST --dry-run`.",
        cron="mail the reason",
    ),
    UNREACHABLE: Situation(
        name="unreachable",
        short="a host or the store cannot be reached; nothing was started, or how a move ended is not known yet",
        means="A host or the store does not answer and nothing was started; or a host fell silent during a move, and "
        "how the move ended is not known yet: `ferry resume` asks again.",
        act="Bring back what is silent. If `ferry status` shows an open run: `ferry resume`; otherwise ask again.",
        cron="try again later",
    ),
    HELD: Situation(
        name="held",
        short="a guest is held and a person is needed; never retried by itself",
        means="A guest is held and a person is needed. ferry never retries this by itself.",
        act="Look at the guest on both hosts before anything else. What was seen, and the way out: `ferry history "
        "--last`; end no copy by hand before you have read it.",
        cron="call somebody",
    ),
    BUG: Situation(
        name="bug",
        short="a bug in ferry",
        means="A bug in ferry. The traceback is in the file that is named; guests are where the hosts say they are.",
        act="Report it with that file. If `ferry status` shows an open run: `ferry resume`.",
        cron="report it",
    ),
    LATER: Situation(
        name="later",
        short="not now: somebody else is at work, it is on hold, or outside its window; try again later",
        means="Not now: another ferry is at work, a person holds it back, or it is outside its window.",
        act="See who it is (`ferry status`), and ask again later.",
        cron="be silent",
    ),
    INTERRUPTED: Situation(
        name="interrupted",
        short="stopped by Ctrl-C, ferry stop or ferry abort; what was left undone can be asked for again",
        means="Stopped before everything was done: by Ctrl-C, or by `ferry stop RUN` or `ferry abort RUN` from "
        "elsewhere. (A single guest that was aborted counts as incomplete, 1.)",
        act="See where each guest is (`ferry history --last`). If `ferry status` shows an open run: `ferry resume`; "
        "the rest can be asked for again.",
        cron="look",
    ),
    TERMINATED: Situation(
        name="terminated",
        short="stopped by SIGTERM; what was left undone can be asked for again",
        means="Stopped by SIGTERM before everything was done.",
        act="See where each guest is (`ferry history --last`). If `ferry status` shows an open run, an evacuation or a "
        "roll: `ferry resume` goes on with it; the rest can be asked for again.",
        cron="look",
    ),
}
MEANING: Mapping[int, str] = {code: situation.short for code, situation in SITUATIONS.items()}

PRECEDENCE = (HELD, BUG, INTERRUPTED, TERMINATED, INCOMPLETE, UNREACHABLE, INFEASIBLE, BLOCKED, LATER, DONE)


def worst(codes: Iterable[int]) -> int:
    """When several apply, the first in the order of precedence."""
    present = set(codes)
    return next((code for code in PRECEDENCE if code in present), DONE)
