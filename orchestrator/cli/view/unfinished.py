"""Evacuations and rolls that are not over, and evacuations that nobody goes on with any more."""

from collections.abc import Sequence

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import count, day
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.runs import show_status
from orchestrator.evacuation.errands import Errands, sentence
from orchestrator.model.host import HostName
from orchestrator.model.report import RunReport
from orchestrator.model.unfinished import OpenEvacuation, OpenRoll


def show_going(
    screen: Screen,
    reports: Sequence[RunReport],
    evacuations: Sequence[OpenEvacuation],
    rolls: Sequence[OpenRoll],
) -> None:
    """What is not over: runs, and what is to come to several of them."""
    if reports or not (evacuations or rolls):
        show_status(screen, reports)
    else:
        screen.write("No run is open.\n")
    show_unfinished(screen, evacuations, rolls)


def show_unfinished(screen: Screen, evacuations: Sequence[OpenEvacuation], rolls: Sequence[OpenRoll]) -> None:
    """A paragraph for each, below something else; nothing where there is none."""
    if evacuations or rolls:
        screen.write("\n")
    for evacuation in evacuations:
        screen.show(*labelled(screen, "Emptying  ", _evacuation(evacuation)))
    for roll in rolls:
        screen.show(*labelled(screen, "Rolling   ", _roll(roll)))


def _evacuation(one: OpenEvacuation) -> str:
    because = f": {one.because}" if one.because else ""
    until = f", until {one.deadline:%Y-%m-%d %H:%M} UTC" if one.deadline is not None else ""
    drives = "nobody drives it: ferry resume" if one.driver is None else f"{one.driver} drives it"
    return f"{', '.join(one.hosts)} since {day(one.since)} by {one.by}{until}{because}; {drives}"


def _roll(one: OpenRoll) -> str:
    where = f"at {one.at}, {one.step}" if one.at is not None and one.step is not None else "between two hosts"
    done = f"{one.done} of {count(len(one.hosts), 'host')} done"
    head = f"{one.name} since {day(one.since)} by {one.by}, {where}, {done}"
    if one.driver is not None:
        return f"{head}; {one.driver} drives it"
    return f"{head}; it rests: ferry resume {one.name}" if one.rests else f"{head}; nobody drives it: ferry resume"


def show_replaced(screen: Screen, errands: Errands) -> None:
    """What was left unfinished, and is part of what begins now."""
    for one in errands:
        screen.show(*labelled(screen, "", f"This takes the place of {sentence(one)}, which was left unfinished."))


def show_given_up(screen: Screen, errands: Errands, hosts: Sequence[HostName]) -> None:
    """That nobody goes on emptying these hosts."""
    for one in errands:
        mine = ", ".join(host for host in one.request.hosts if host in hosts)
        screen.show(*labelled(screen, "", f"Nobody goes on emptying {mine}: that ends {sentence(one)}."))
