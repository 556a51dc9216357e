"""What held copies back: for whoever asks about a run, and as advice below a result where it is worth it."""

from collections.abc import Sequence

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.transports import show_each
from orchestrator.model.bottleneck import Bottleneck, Limiting
from orchestrator.model.report import MoveReport

_SAID = {
    Limiting.LINK: "held back by the link",
    Limiting.STREAM_CPU: "held back by the CPUs of its streams",
    Limiting.CAP: "held back by its cap",
    Limiting.DIRTY_RATE: "held back by what the guest changed",
    Limiting.DISK: "held back by its disks",
    Limiting.DESTINATION: "held back by the destination",
    Limiting.UNKNOWN: "what held it back is not known",
}


def show_verdicts(screen: Screen, moves: Sequence[MoveReport]) -> None:
    """Of every copy that took a while, also where nothing shows."""
    _show(screen, moves, [(m, b) for m in moves if (b := _of(m)) is not None and b.lasted])


def show_advice(screen: Screen, moves: Sequence[MoveReport]) -> None:
    """Once for each thing that would have helped, with the evidence of the copy that took longest."""
    worth = [(m, b) for m in moves if (b := _of(m)) is not None and b.worth_saying]
    longest: dict[tuple[Limiting, str], Bottleneck] = {}
    for _, said in sorted(worth, key=lambda pair: -pair[1].copied_ms):
        longest.setdefault((said.limiting, said.advice), said)
    _show(screen, moves, [(move, longest[said.limiting, said.advice]) for move, said in worth])


def _show(screen: Screen, moves: Sequence[MoveReport], told: Sequence[tuple[MoveReport, Bottleneck]]) -> None:
    said: dict[str, list[str]] = {}
    for move, one in told:
        said.setdefault(_sentence(one), []).append(move.move.name)
    show_each(screen, said, of=len(moves))


def _sentence(said: Bottleneck) -> str:
    helps = f". Helps: {said.advice}" if said.advice else ""
    return f"{_SAID[said.limiting]}: {said.evidence}{helps}"


def _of(report: MoveReport) -> Bottleneck | None:
    return report.outcome.bottleneck if report.outcome is not None else None
