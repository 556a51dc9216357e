"""What has become of guests on their way that a person is to be told of, and not only where they are at last."""

from orchestrator.catalogue import CATALOGUE
from orchestrator.model.entry import Ended, Recorded
from orchestrator.model.event import Event, Opened
from orchestrator.model.guest import GuestId
from orchestrator.model.move import Outcome, State
from orchestrator.model.report import RunReport
from orchestrator.model.run import RunId

HELD = 7


def harm(outcome: Outcome | None) -> int:
    """The exit code of what has become of a guest, 0: nothing. One that is where it was has come to no harm: it is
    tried again, or the hosts say at last that it is missing."""
    if outcome is None or outcome.code is None:
        return 0
    code = CATALOGUE[outcome.code].exit_code
    return code if outcome.state is not State.KEPT or code == HELD else 0


def harmed(report: RunReport) -> bool:
    """Whether any guest of the run has come to harm: whoever goes on with what the run left undone never tells that."""
    return any(harm(move.outcome) for move in report.moves)


class Harmed:
    """A sink that hears of every verdict: what it has heard stays until somebody has written it down."""

    def __init__(self) -> None:
        self._names: dict[GuestId, str] = {}
        self._known: dict[tuple[RunId, GuestId], tuple[str, int]] = {}

    def emit(self, event: Event) -> None:
        """Keep a verdict that a person is to know, in place of an earlier one of the same move."""
        match event:
            case Opened(run=run):
                self._names |= {move.guest: move.name for move in run.moves}
            case Recorded(run=run_id, entry=Ended(guest=guest, outcome=outcome)):
                self._known.pop((run_id, guest), None)
                if code := harm(outcome):
                    self._known[run_id, guest] = (f"{self._names.get(guest, guest)}: {outcome.because}", code)

    @property
    def told(self) -> tuple[str, int]:
        """All of it in one sentence, and its exit code: 7 where a guest is held, otherwise 1; ("", 0): nothing."""
        known = tuple(self._known.values())
        code = 0 if not known else HELD if any(one == HELD for _, one in known) else 1
        return "; ".join(dict.fromkeys(said for said, _ in known)), code

    def forget(self) -> None:
        """It is written down."""
        self._known.clear()
