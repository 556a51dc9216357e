"""`ferry resume` without a run: everything that nobody drives any more, in one go, and what came of it."""

from orchestrator import documents
from orchestrator.cli import exit_codes, running, signals
from orchestrator.cli.options import Options, Output
from orchestrator.cli.rolling import shown_roll
from orchestrator.cli.view import diagnostics
from orchestrator.cli.view.answer import write_document
from orchestrator.cli.view.console import Screen, Screens, screens
from orchestrator.cli.view.emptying import show_emptied
from orchestrator.cli.view.rolls import entry_line, show_rolled
from orchestrator.cli.view.runs import show_result
from orchestrator.engine.stop import Stop
from orchestrator.model.report import RunReport
from orchestrator.model.roll import Roll, RollEntry
from orchestrator.model.run import Who
from orchestrator.operations import taking_up
from orchestrator.operations.doors import Doors
from orchestrator.operations.taking_up import TakenUp

_ALONE = (exit_codes.USAGE, exit_codes.CONFIGURATION)


def take_up(options: Options, doors: Doors, who: Who) -> int:
    """Adopt runs, go on with evacuations and rolls; the code is the first in precedence of all of them.

    Raises what hindered all of it, as operations.taking_up.take_up.
    """
    shown, stop = screens(options), Stop()
    entries: list[str] = []

    def tell(_roll: Roll, entry: RollEntry) -> None:
        entries.append(entry_line(entry))
        if options.output is Output.TEXT and options.verbosity >= 0 and not options.unattended:
            shown.err.write(entries.pop())

    with signals.obeyed(stop) as caught, running.views(options, shown) as (sinks, ends):
        done = taking_up.take_up(doors, who, sinks, stop, tell, unattended=options.unattended)
        code = caught.exit_code(_code(done))
        ends(code)
    silent = options.unattended and code in running.SILENT
    if options.output is not Output.TEXT:
        document = documents.resumed_document(_reports(done), done.emptied, [one.roll for one in done.rolled])
        write_document(shown.out, document, indent=2 if options.output is Output.JSON else None)
    elif not silent:
        for line in entries:
            shown.err.write(line)
        _show(shown.out, done)
    if not silent:
        _complain(shown, done)
    return code


def _code(done: TakenUp) -> int:
    """What an evacuation has gone on with counts as that says in the end. What a person has to mend is not hidden by
    what only waits."""
    runs = [(running.of_run(report), covered) for report, covered in done.runs]
    codes = [code for code, covered in runs if not (covered and code == exit_codes.INCOMPLETE)]
    codes += [one.exit_code for one in done.emptied]
    codes += [one.exit_code for one in done.rolled]
    codes += [error.exit_code for error in done.failures]
    if done.left:
        codes.append(exit_codes.INTERRUPTED)
    code = exit_codes.worst(codes)
    waits = code in (exit_codes.LATER, exit_codes.DONE)
    return next((one for one in codes if waits and one in _ALONE), code)


def _reports(done: TakenUp) -> list[RunReport]:
    return [report for report, _ in done.runs]


def _show(screen: Screen, done: TakenUp) -> None:
    if not (done.runs or done.emptied or done.rolled):
        screen.write("Nothing to resume: no run is open.\n")
    shown = 0
    for report in _reports(done):
        screen.write("\n" if shown else "")
        show_result(screen, report)
        shown += 1
    for emptied in done.emptied:
        screen.write("\n" if shown else "")
        show_emptied(screen, emptied)
        shown += 1
    for rolled in done.rolled:
        screen.write("\n" if shown else "")
        show_rolled(screen, shown_roll(rolled))
        shown += 1


def _complain(shown: Screens, done: TakenUp) -> None:
    problems = [problem for error in done.failures for problem in error.problems]
    diagnostics.draw(shown.err, [diagnostics.of_problem(problem) for problem in problems])
