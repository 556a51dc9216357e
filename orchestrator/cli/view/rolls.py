"""Rolls: what each host came to, what stays cordoned, and how it goes on."""

from collections.abc import Collection, Sequence

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.diagnostics import draw as draw_problems
from orchestrator.cli.view.diagnostics import of_problem
from orchestrator.cli.view.format import clock, day, inert
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import Cell, draw, marked
from orchestrator.cli.view.tone import Tone
from orchestrator.documents.rolls import Rolled
from orchestrator.evacuation import rolling
from orchestrator.model.host import HostName
from orchestrator.model.roll import Roll, RollEntry
from orchestrator.operations.rolling import Preview, StopGiven

HOSTS = ("host", "state", "because")


def entry_line(entry: RollEntry) -> str:
    """04:12:31  kvm02  emptied."""
    said = "; ".join(filter(None, (entry.because, entry.harm)))
    because = f": {inert(said)}" if said else ""
    return f"{clock(entry.at)}  {inert(entry.host or 'roll')}  {entry.step.value}{because}\n"


def show_ways(screen: Screen, roll: Roll, seen: Preview) -> None:
    """What would be done, and what speaks against it."""
    where = "on this machine, for" if roll.local else "on"
    screen.show(*labelled(screen, "Command   ", f"{roll.command}  ({where} each host, once it is empty)"))
    for number, way in enumerate(seen.ways, start=1):
        screen.show(*labelled(screen, f"{number:>2}. ", way))
    room = [reason for reason in seen.against if reason not in {one.saw for one in seen.silent}]
    for reason in room:
        screen.show(*labelled(screen, "Against   ", reason))
    if room:
        screen.write("Not every host can be emptied in this order.\n")
    if seen.silent:
        screen.write("\n")
        draw_problems(screen, map(of_problem, seen.silent))
        screen.write("\n")


def show_nothing_done(screen: Screen, roll: Roll, seen: Preview, code: int) -> None:
    """The whole sequence, which is not begun."""
    show_ways(screen, roll, seen)
    screen.write(f"Nothing was changed.{f'   exit code {code}' if code else ''}\n")


def show_rolled(screen: Screen, told: Rolled) -> None:
    """A line for each host; then loudly what failed, what stays cordoned, and the next command."""
    roll = told.roll
    draw(screen, HOSTS, [_row(screen, told, host) for host in roll.hosts])
    missing = len(roll.hosts) - len(told.done)
    whole = [entry for entry in roll.entries if entry.host is None]
    verdict = f"Roll {roll.id}: {len(told.done)} of {len(roll.hosts)} hosts done"
    why = f". {whole[-1].because}" if whole and missing and whole[-1].because else ""
    screen.write("\n")
    screen.show(*labelled(screen, "", f"{verdict}{why}.{f'   exit code {told.exit_code}' if told.exit_code else ''}"))
    for harm in rolling.harmed(roll):
        screen.show(*labelled(screen, "Guests    ", harm))
    _show_next(screen, told, missing)


def _show_next(screen: Screen, told: Rolled, missing: int) -> None:
    for cordon in told.cordoned:
        screen.show(
            *labelled(screen, "Cordoned  ", f"{cordon.host} takes no guests until: ferry uncordon {cordon.host}")
        )
    if missing and not told.roll.over:
        screen.show(*labelled(screen, "Next      ", f"ferry resume {told.roll.id}"))


def _row(screen: Screen, told: Rolled, host: HostName) -> list[Cell]:
    mine = [entry for entry in told.roll.entries if entry.host == host]
    if host in told.done:
        away = rolling.not_home(told.roll).get(host, "")
        said = marked(screen, Tone.BAD, "guests away") if away else marked(screen, Tone.GOOD, "done")
        return [host, said, away]
    if host in told.failed:
        return [host, marked(screen, Tone.BAD, "failed"), mine[-1].because]
    waits = rolling.in_hand(told.roll) != host
    state = "waiting" if waits else mine[-1].step.value
    return [host, marked(screen, Tone.STOPPED, state), mine[-1].because if mine and not waits else ""]


def show_rolls(screen: Screen, rolls: Sequence[Roll], worked_on: Collection[str]) -> None:
    """Those that are not over, each with where it stands."""
    if not rolls:
        screen.write("No roll is open.\n")
    for position, roll in enumerate(rolls):
        screen.write("\n" if position else "")
        now = "goes on" if roll.id in worked_on else "rests" if rolling.resting(roll) else "was left"
        text = f"Roll {roll.id} since {day(roll.started_at)} by {roll.by}, {now}: {roll.command}"
        screen.show(*labelled(screen, "", text))
        done = tuple(host for host in roll.hosts if rolling.done(roll, host))
        shown = Rolled(roll=roll, done=done, failed=tuple(rolling.failures(roll)))
        draw(screen, HOSTS, [_row(screen, shown, host) for host in roll.hosts])
        if roll.id not in worked_on:
            screen.show(*labelled(screen, "Next      ", f"ferry resume {roll.id}"))


def show_stop(screen: Screen, given: StopGiven) -> None:
    """Who obeys the order."""
    name = inert(given.roll.id)
    if given.roll.over:
        text = f"Roll {name} is over: there is nothing to stop."
    elif given.rests:
        text = f"Roll {name} rests already: ferry resume {name}"
    elif given.driver is None:
        text = f"Nobody works on roll {name}: what it holds would be let go."
    else:
        begins = "would begin" if given.dry_run else "begins"
        text = f"Roll {name} {begins} nothing more; {inert(given.driver)} brings to its end what was begun."
    screen.show(*labelled(screen, "", text))
