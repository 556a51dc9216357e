"""One run seen from its command: views up, signals obeyed, the result shown."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum

from orchestrator.catalogue import CATALOGUE
from orchestrator.cli import exit_codes, signals
from orchestrator.cli.options import Options, Output
from orchestrator.cli.view import diagnostics
from orchestrator.cli.view.answer import Document, write_document
from orchestrator.cli.view.console import Screens, can_be_redrawn, screens
from orchestrator.cli.view.lines import Lines
from orchestrator.cli.view.runs import show_result
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.migration.terms import Level
from orchestrator.model.report import RunReport
from orchestrator.model.run import Run, Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.harm import harmed
from orchestrator.operations.resume import orphans, resume
from orchestrator.operations.unbegun import interrupted
from orchestrator.ports import EventSink

Work = Callable[[Sequence[EventSink], Stop], tuple[RunReport, ...]]
SILENT = (exit_codes.DONE, exit_codes.LATER)  # what cron need not be told


def drive(
    options: Options,
    work: Work,
    document: Callable[[tuple[RunReport, ...]], Document],
    failures: Sequence[OrchestratorError] = (),
    judge: Callable[[RunReport], int] | None = None,
) -> int:
    """Do the work under views and signals, show what came of it, answer the exit code.

    failures: filled by the work where something went wrong that did not end it. judge: the code of a run, by default
    its own.
    """
    shown, stop = screens(options), Stop()
    with signals.obeyed(stop) as caught:
        with views(options, shown) as (sinks, tell):
            reports = work(sinks, stop)
            codes = [*map(judge or of_run, reports), *(error.exit_code for error in failures)]
            code = caught.exit_code(exit_codes.worst(codes))
            tell(code)
        _conclude(options, shown, reports, code, document)
        if not (options.unattended and code in SILENT):
            diagnostics.draw(shown.err, [diagnostics.of_problem(p) for error in failures for p in error.problems])
    return code


class Adopted(Enum):
    """What came of looking for runs that dead processes left."""

    NONE = "there were none"
    SOME = "they have been brought to their end"
    STOPPED = "an operator stopped that"


def adopt_orphans(
    options: Options, doors: Doors, who: Who, *, continued: Callable[[Run], bool] = lambda _run: False
) -> Adopted:
    """Follow the copies that dead processes left to their end before anything new is begun; begin nothing of theirs.

    What their runs answer, and a signal that stopped this, is kept in options.adopted. continued: whether this command
    asks for all that a run was to do: then what that run has left undone is for the command's own answer to say.
    """
    left = orphans(doors)
    shown, stop = screens(options), Stop()
    for run in left:
        shown.err.write(f"Run {run.id} was left by a process that died: taking it over first.\n")
        with signals.obeyed(stop) as caught, views(options, shown) as (sinks, tell):
            reports = resume(doors, run.id, who, sinks, stop, unbegun=interrupted)
            codes = [*map(of_run, reports), *([exit_codes.INTERRUPTED] if stop.level > Level.GO else [])]
            tell(caught.exit_code(exit_codes.worst(codes)))
        for report in reports:
            show_result(shown.err, report)
        code = caught.exit_code(exit_codes.worst(codes))
        if code != exit_codes.INCOMPLETE or not continued(run) or any(map(harmed, reports)):
            options.adopted = exit_codes.worst([options.adopted, code])
        if stop.level > Level.GO:
            return Adopted.STOPPED
    return Adopted.SOME if left else Adopted.NONE


def of_run(report: RunReport) -> int:
    """The code of a run; one that stays open answers for what is known of its moves."""
    if report.exit_code is not None:
        return report.exit_code
    outcomes = [move.outcome for move in report.moves]
    return exit_codes.worst(CATALOGUE[o.code].exit_code for o in outcomes if o is not None and o.code is not None)


@contextmanager
def views(options: Options, shown: Screens) -> Iterator[tuple[list[EventSink], Callable[[int], None]]]:
    """Answer the sinks, and what to tell the exit code to: a view that holds back decides by it."""
    if options.output is Output.JSONL:
        from orchestrator.cli.view.jsonl import JsonLines  # noqa: PLC0415 - text needs no JSON

        with JsonLines(shown.out) as programs:
            yield [programs], _ignore
    elif options.verbosity < 0:
        yield [], _ignore
    elif options.unattended and options.verbosity == 0:
        with _held_back(shown) as pair:
            yield pair
    elif options.unattended or not can_be_redrawn(shown.err.stream):
        with Lines(shown.err, verbosity=options.verbosity) as lines:
            yield [lines], _ignore
    else:
        from orchestrator.cli.view.live import LiveView  # noqa: PLC0415 - only a terminal needs it

        with LiveView(shown.err) as live:
            yield [live], _ignore


@contextmanager
def _held_back(shown: Screens) -> Iterator[tuple[list[EventSink], Callable[[int], None]]]:
    lines, codes = Lines(shown.err, held_back=True), [exit_codes.BUG]
    try:
        with lines:
            yield [lines], codes.append
    except OrchestratorError as error:
        codes.append(error.exit_code)
        raise
    finally:
        if codes[-1] not in SILENT:
            lines.release()


def _ignore(_code: int) -> None:
    """A view that shows everything at once has nothing to decide at the end."""


def _conclude(
    options: Options,
    shown: Screens,
    reports: tuple[RunReport, ...],
    code: int,
    document: Callable[[tuple[RunReport, ...]], Document],
) -> None:
    if options.output is not Output.TEXT:
        write_document(shown.out, document(reports), indent=2 if options.output is Output.JSON else None)
        return
    if options.unattended and code in SILENT:
        return
    if not reports:
        shown.out.write("Nothing to resume: no run is open.\n")
    for position, report in enumerate(reports):
        shown.out.write("\n" if position else "")
        show_result(shown.out, report)
