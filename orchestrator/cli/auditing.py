"""What `ferry doctor` does beyond looking: clean what is left over, and send a canary round."""

from orchestrator import documents, wiring
from orchestrator.cli import consent, exit_codes, running, signals
from orchestrator.cli.options import Options, Output
from orchestrator.cli.running import Adopted
from orchestrator.cli.view import diagnostics
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.canary import show_tour, show_way
from orchestrator.cli.view.console import screens
from orchestrator.cli.view.format import count
from orchestrator.cli.view.leftovers import show_cleaned, show_left, show_leftovers
from orchestrator.cli.view.repairs import show_wanted
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.migration.terms import Level
from orchestrator.model.canary import Tour
from orchestrator.model.effect import Done
from orchestrator.model.host import HostName
from orchestrator.operations import canary as tours
from orchestrator.operations import leftovers
from orchestrator.operations.doors import Doors
from orchestrator.planning.verdict import code_of


def look(options: Options, doors: Doors, hosts: tuple[HostName, ...]) -> int:
    """Show what is left over, and change nothing."""
    found = leftovers.find(doors, hosts)
    code = code_of(found)
    answer(options, lambda: documents.leftovers_document(found, ()), lambda out: show_leftovers(out, found, code))
    return code


def clean(options: Options, doors: Doors, hosts: tuple[HostName, ...], *, yes: bool) -> int:
    """Clean what is proven dead, after consent."""
    found = leftovers.find(doors, hosts)
    dead = [finding for finding in found if finding.remedy is not None]
    err = screens(options).err
    if options.output is Output.TEXT and options.verbosity >= 0:
        show_left(err, found)
        if dead:
            show_wanted(err, dead)
    if dead and not yes and not consent.ask(f"Clean {count(len(dead), 'leftover')} now?", err):
        err.write("Nothing was changed.\n")
        return exit_codes.INCOMPLETE
    cleaned = leftovers.clean(doors, dead, wiring.who(doors.settings, options.argv, None)) if dead else ()
    failed = any(not isinstance(one.effect, Done) for one in cleaned)
    code = exit_codes.worst([code_of(found), exit_codes.INCOMPLETE if failed else exit_codes.DONE])
    answer(options, lambda: documents.leftovers_document(found, cleaned), lambda out: show_cleaned(out, cleaned, code))
    return code


def show_canary(options: Options, doors: Doors, guest: str, hosts: tuple[HostName, ...]) -> int:
    """Show the way that the guest would be sent, and change nothing."""
    bird = tours.prepare(doors, guest, hosts)
    show_way(screens(options).err, bird)
    screens(options).err.write("Nothing was changed.\n")
    return exit_codes.DONE


def canary(options: Options, doors: Doors, guest: str, hosts: tuple[HostName, ...], *, yes: bool) -> int:
    """Send the guest round, after consent; what dead processes left is brought to its end first."""
    who = wiring.who(doors.settings, options.argv, None)
    if running.adopt_orphans(options, doors, who) is Adopted.STOPPED:
        return options.adopted
    bird = tours.prepare(doors, guest, hosts)
    shown, stop = screens(options), Stop()
    if not yes or (options.output is Output.TEXT and options.verbosity >= 0):
        show_way(shown.err, bird)
    if not yes and not consent.ask(f"Move {bird.name} now?", shown.err):
        shown.err.write("Nothing was changed.\n")
        return exit_codes.INCOMPLETE
    failures: list[OrchestratorError] = []
    with signals.obeyed(stop) as caught:
        with running.views(options, shown) as (sinks, _tell):
            tour = tours.travel(doors, bird, who, sinks, stop, failures.append)
        code = caught.exit_code(_of_tour(tour, failures, stop))
        answer(options, lambda: documents.canary_document(tour), lambda out: show_tour(out, tour, code))
        diagnostics.draw(shown.err, [diagnostics.of_problem(p) for error in failures for p in error.problems])
    return code


def _of_tour(tour: Tour, failures: list[OrchestratorError], stop: Stop) -> int:
    codes = [*(leg.exit_code for leg in tour.legs), *(error.exit_code for error in failures)]
    if stop.level > Level.GO and tour.stopped:
        codes.append(exit_codes.INTERRUPTED)
    return exit_codes.worst([*codes, exit_codes.INCOMPLETE if tour.stopped else exit_codes.DONE])
