"""What is done by itself and what is held back, in lines that can stand alone in a mail."""

from collections.abc import Sequence

from orchestrator.cli.exit_codes import DONE, LATER, MEANING, UNREACHABLE
from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import day, inert
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.evacuation.due import EVERYTHING, sentence
from orchestrator.model.hold import Hold
from orchestrator.model.tick import Coming, Tick, Told

_AGAIN = " It is begun again while it is due, and told once that ends otherwise."


def show_holds(screen: Screen, holds: Sequence[Hold]) -> None:
    """Each hold in a sentence, with the way to lift it."""
    for one in holds:
        screen.show(*labelled(screen, "On hold  ", f"{sentence(one)}. Lift it: ferry release {one.name}"))


def show_hold(screen: Screen, hold: Hold, *, lifted: bool, done: bool) -> None:
    """One hold that was put or lifted, or would be."""
    what = "everything" if hold.name == EVERYTHING else hold.name
    if lifted:
        label = "Lifted  " if done else "Would lift  "
        screen.show(*labelled(screen, label, sentence(hold)))
        return
    label = "On hold  " if done else "Would hold  "
    until = "until it is lifted" if hold.until is None else f"until {day(hold.until)}"
    screen.show(*labelled(screen, label, f"{what}, {until}: {hold.because}. Lift it: ferry release {hold.name}"))


def is_in_vain_again(one: Told) -> bool:
    """Whether an entry has found silence for the same time as before: nothing that is to be told again."""
    return one.again and one.exit_code == UNREACHABLE


def is_news(one: Told) -> bool:
    """Whether somebody is to hear of it: of what went wrong once, and of what goes well after that."""
    return one.again if one.exit_code == DONE else one.exit_code != LATER and not is_in_vain_again(one)


def show_tick(screen: Screen, tick: Tick, *, all_of_them: bool, done: bool) -> None:
    """A line for each entry that a person must look at, or for each. done: it was begun."""
    if tick.busy:
        screen.write(f"ferry cron: {inert(tick.busy)}\n")
    elif all_of_them and not tick.told:
        screen.write("ferry cron: nothing is due\n")
    for one in tick.told:
        if all_of_them or is_news(one):
            screen.write(f"ferry cron: {_line(one, done=done)}\n")
    for other in tick.coming:
        screen.write(f"ferry cron: {_coming_line(other)}\n")


def _coming_line(one: Coming) -> str:
    when = "never comes" if one.at is None else f"is due from {day(one.at)} on"
    return inert(f"{_what(one)}: {when}{f', but {one.held}' if one.held else ''}")


def _what(one: Told | Coming) -> str:
    return f"{one.name} ({' '.join([one.do, *one.hosts])})"


def _line(one: Told, *, done: bool) -> str:
    what = _what(one)
    if not one.began:
        return inert(f"{what}: not begun, {one.why}")
    if not done:
        return inert(f"{what}: is due")
    if one.exit_code == DONE:
        return inert(f"{what}: done{', now that all have answered' if one.again else ''}")
    then = _AGAIN if one.exit_code == UNREACHABLE else ""
    see = "" if one.run is None else f" See: ferry history {one.run}"
    return inert(f"{what}: exit code {one.exit_code}, {MEANING[one.exit_code]}.{then}{see}")
