"""Emptying hosts: who is to leave, who stays and why, and what came of it."""

from collections.abc import Sequence

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import count, inert
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.plans import show_plan
from orchestrator.cli.view.prospects import show_prospects
from orchestrator.cli.view.runs import show_result
from orchestrator.cli.view.tables import Cell, draw, marked
from orchestrator.cli.view.tone import Tone
from orchestrator.engine.stop import SHUTDOWN
from orchestrator.model.emptied import Emptied
from orchestrator.model.evacuation import Staying
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.report import RunReport
from orchestrator.model.settings import Settings

STAYING = ("guest", "stays on", "because")


def show_emptying(screen: Screen, plan: Plan, settings: Settings) -> None:
    """The plan before anything is done."""
    show_plan(screen, plan, settings)
    show_prospects(screen, plan)
    show_staying(screen, plan.staying)
    if plan.unmatched:
        said = f"{', '.join(plan.unmatched)}: no guest there has that name, UUID, tag or label"
        screen.write("\n")
        screen.show(*labelled(screen, "Means nobody  ", said))


def show_staying(screen: Screen, staying: Sequence[Staying]) -> None:
    """Who stays, those that keep a host from being empty first; then what would help."""
    if not staying:
        return
    screen.write("\n")
    ordered = sorted(staying, key=lambda one: (one.asked or not one.live, one.name))
    draw(screen, STAYING, [[_name(screen, one), one.host, one.why] for one in ordered])
    helps = {one.fix: one.name for one in ordered if one.fix and one.live}
    if helps:
        screen.write("\n")
    for fix, name in helps.items():
        screen.show(*labelled(screen, f"  {inert(name)}  ", fix))


def _name(screen: Screen, one: Staying) -> Cell:
    return marked(screen, Tone.BAD if one.live and not one.asked else Tone.STOPPED, one.name)


def show_nothing_done(screen: Screen, plan: Plan, settings: Settings, hosts: Sequence[HostName], code: int) -> None:
    """A plan that is not carried out."""
    show_emptying(screen, plan, settings)
    live = [one for one in plan.staying if one.live and not one.asked]
    named = ", ".join(hosts)
    if plan.moves or live:
        verdict = f"{count(len(live), 'guest')} would be left" if live else "no guest would be left"
        screen.write(f"\n{named}: {count(len(plan.moves), 'move')} planned, {verdict}.\n")
    else:
        screen.write(f"{named}: no guest to move.\n")
    screen.write(f"Nothing was changed.{f'   exit code {code}' if code else ''}\n")


def show_emptied(screen: Screen, told: Emptied) -> None:
    """Every run, then loudly who is left, then whether the hosts are empty."""
    show_course(screen, told.runs, told.staying, told.stopped)
    screen.write(f"{inert(told.summary)}.{f'   exit code {told.exit_code}' if told.exit_code else ''}\n")
    show_cordoned(screen, told.cordoned)
    if told.stopped == SHUTDOWN:
        screen.show(*labelled(screen, "Next      ", "ferry resume"))


def show_course(screen: Screen, runs: Sequence[RunReport], staying: Sequence[Staying], stopped: str) -> None:
    """What was done one run after the other, who is not where they were to be, and who ended it early ("": nobody)."""
    for position, report in enumerate(runs):
        screen.write("\n" if position else "")
        show_result(screen, report)
    show_staying(screen, staying)
    if staying or runs:
        screen.write("\n")
    if stopped:
        screen.show(*labelled(screen, "", f"Stopped by {stopped}."))


def show_cordoned(screen: Screen, hosts: Sequence[HostName]) -> None:
    """That these hosts stay cordoned, and how that is lifted."""
    if hosts:
        takes = "takes" if len(hosts) == 1 else "take"
        text = f"{', '.join(hosts)} {takes} no guests until: ferry uncordon {' '.join(hosts)}"
        screen.show(*labelled(screen, "", text))
