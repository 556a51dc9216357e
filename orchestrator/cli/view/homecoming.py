"""Bringing guests home: who is away, how they would come, and who is not home at last."""

from collections.abc import Sequence

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.emptying import show_course, show_staying
from orchestrator.cli.view.format import count, inert
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.plans import show_plan
from orchestrator.model.restored import Restored, WayHome
from orchestrator.model.settings import Settings


def show_way(screen: Screen, way: WayHome, settings: Settings) -> None:
    """The plan, who finds no room yet, and which hosts take guests again for it."""
    show_plan(screen, way.plan, settings)
    show_staying(screen, way.plan.staying)
    lost = [one.name for one in way.guests if one.now is None and not one.gone]
    if lost:
        screen.show(*labelled(screen, "Not found  ", ", ".join(lost)))
    _show_gone(screen, [one.name for one in way.guests if one.gone])
    if way.uncordoned:
        screen.show(*labelled(screen, "Uncordoned first  ", ", ".join(way.uncordoned)))


def _show_gone(screen: Screen, names: Sequence[str]) -> None:
    """Guests that cannot come home, and that nobody need look for."""
    if names:
        said = f"{', '.join(names)} (every host answers, and none has it or a definition of it)"
        screen.show(*labelled(screen, "Gone  ", said))


def show_not_gone(screen: Screen, way: WayHome, settings: Settings, code: int) -> None:
    """A way home that is not taken."""
    show_way(screen, way, settings)
    if not way.guests:
        screen.write("No guest is away.\n")
    else:
        away = sum(not one.gone for one in way.guests)
        told = f"{count(away, 'guest')} away from {', '.join(way.homes)}"
        screen.write(f"\n{told}, {count(len(way.plan.moves), 'move')} planned.\n")
    screen.write(f"Nothing was changed.{f'   exit code {code}' if code else ''}\n")


def show_restored(screen: Screen, told: Restored) -> None:
    """Every run, who is not home and why, then how many are."""
    show_course(screen, told.runs, told.staying, told.stopped)
    _show_gone(screen, told.gone)
    if told.uncordoned:
        screen.show(*labelled(screen, "", f"Takes guests again: {', '.join(told.uncordoned)}."))
    for roll in told.rolls:
        screen.show(*labelled(screen, "", f"Roll {roll} stops where it is. To go on: ferry resume {roll}."))
    summary = inert(told.summary)
    screen.write(f"{summary[:1].upper() if not told.guests else summary[:1]}{summary[1:]}.")
    screen.write(f"   exit code {told.exit_code}\n" if told.exit_code else "\n")
