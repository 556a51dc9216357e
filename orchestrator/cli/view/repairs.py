"""What a repair would do, and what became of it."""

from collections.abc import Sequence

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import inert
from orchestrator.cli.view.tables import Cell, draw, marked
from orchestrator.cli.view.tone import Tone
from orchestrator.model.command import (
    EjectMedium,
    MakeDirectory,
    RemoveToken,
    Repair,
    SetAside,
    SetCpu,
    StartNetwork,
    StartPool,
)
from orchestrator.model.effect import Done, Effect, Refused
from orchestrator.model.finding import Finding
from orchestrator.model.repaired import Repaired


def show_wanted(screen: Screen, findings: Sequence[Finding]) -> None:
    """The repairs, before anybody is asked."""
    screen.write("\n")
    rows = dict.fromkeys((f.remedy.host, in_words(f.remedy.repair)) for f in findings if f.remedy is not None)
    draw(screen, ("on", "repair"), list(rows))
    screen.write("\n")


def show_repaired(screen: Screen, repaired: Sequence[Repaired]) -> None:
    """One row a repair."""
    rows: list[list[Cell]] = [
        [one.remedy.host, one.check, marked(screen, *_outcome(one.effect)), in_words(one.remedy.repair), _why(one)]
        for one in repaired
    ]
    draw(screen, ("on", "check", "outcome", "repair", ""), rows)


def in_words(repair: Repair) -> str:
    """One repair as a sentence without its end."""
    match repair:
        case EjectMedium():
            return inert(f"eject {repair.medium} from drive {repair.drive}")
        case StartPool():
            return inert(f"start the storage pool {repair.pool}")
        case StartNetwork():
            return inert(f"start the network {repair.network}")
        case MakeDirectory():
            return inert(f"create the directory {repair.path}")
        case SetAside():
            return inert(f"rename {repair.path} to {repair.to.rpartition('/')[2]}")
        case RemoveToken():
            return inert(f"remove {repair.path}")
        case SetCpu():
            return "give the definition another CPU, from the next cold start on"


def _outcome(effect: Effect) -> tuple[Tone, str]:
    if isinstance(effect, Done):
        return Tone.GOOD, "done"
    return (Tone.BAD, "refused") if isinstance(effect, Refused) else (Tone.ATTENTION, "unclear")


def _why(one: Repaired) -> str:
    return "" if isinstance(one.effect, Done) else one.effect.why
