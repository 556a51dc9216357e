"""The six things a line can mean, each with a symbol, its ASCII stand-in and a colour."""

from dataclasses import dataclass
from enum import Enum

from orchestrator.catalogue import CATALOGUE
from orchestrator.model.finding import Severity
from orchestrator.model.move import Outcome, State


class Tone(Enum):
    """symbol, ASCII symbol, colour. A word always stands beside them: nothing is said by colour alone."""

    GOOD = ("✔", "ok", "green")
    MOVING = ("▶", ">", "cyan")
    WAITING = ("·", ".", "dim")
    ATTENTION = ("▲", "!", "yellow")
    STOPPED = ("◇", "-", "blue")
    BAD = ("✘", "x", "red")

    @property
    def color(self) -> str:
        """One of the sixteen ANSI colours, as rich names it."""
        return self.value[2]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters beyond ASCII that the screens use, or what stands for them."""

    fancy: bool = True

    @classmethod
    def for_encoding(cls, encoding: str | None) -> "Glyphs":
        """Fancy ones only where the stream can write every one of them."""
        try:
            "✔▶·▲◇✘→█─│╵…".encode(encoding or "ascii")
        except (UnicodeEncodeError, LookupError):
            return cls(fancy=False)
        return cls()

    def symbol(self, tone: Tone) -> str:
        """The symbol of a tone."""
        return tone.value[0] if self.fancy else tone.value[1]

    @property
    def arrow(self) -> str:
        """From here to there."""
        return "→" if self.fancy else "->"

    @property
    def rule(self) -> str:
        """The edge of a diagnostic."""
        return "│" if self.fancy else "|"

    @property
    def corner(self) -> str:
        """The lower end of that edge."""
        return "╵" if self.fancy else "'"

    @property
    def ellipsis(self) -> str:
        """More follows, or goes before; one column wide."""
        return "…" if self.fancy else "~"

    def bar(self, fraction: float, width: int) -> str:
        """A progress bar: decoration beside the numbers."""
        full = int(width * min(max(fraction, 0.0), 1.0))
        done, open_ = ("█", "─") if self.fancy else ("#", ".")
        return done * full + open_ * (width - full)


SEVERITY = {Severity.BLOCKER: Tone.BAD, Severity.WARNING: Tone.ATTENTION, Severity.NOTE: Tone.WAITING}

_STATE = {
    State.PLANNED: Tone.WAITING,
    State.WAITING: Tone.WAITING,
    State.MIGRATED: Tone.GOOD,
    State.KEPT: Tone.BAD,
    State.ENDED: Tone.ATTENTION,
    State.UNCLEAR: Tone.ATTENTION,
    State.POSTCOPY_PAUSED: Tone.ATTENTION,
}


def of_state(state: State) -> Tone:
    """The tone of a move that is under way."""
    return _STATE.get(state, Tone.MOVING)


def of_outcome(outcome: Outcome) -> Tone:
    """The tone of an end: a guest kept on an operator's order is no failure, a lost one is."""
    if outcome.state is State.KEPT and outcome.code == "migration.cancelled":
        return Tone.STOPPED
    if outcome.state is State.MIGRATED:
        return Tone.ATTENTION if outcome.code else Tone.GOOD
    if outcome.state is State.ENDED:
        return Tone.BAD if outcome.code and CATALOGUE[outcome.code].exit_code else Tone.STOPPED
    return of_state(outcome.state)
