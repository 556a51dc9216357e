"""ferry history: what was done, by whom, and how it ended."""

import click

from orchestrator import documents
from orchestrator.cli import exit_codes, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.runs import show_history, show_run
from orchestrator.errors import OrchestratorError
from orchestrator.model.report import RunReport
from orchestrator.model.run import RunId
from orchestrator.operations import history
from orchestrator.operations.doors import Doors


@click.command("history")
@click.argument("run", required=False)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="So many runs, newest first.")
@click.option("--last", is_flag=True, help="The newest run in full.")
@pass_options
def command(options: Options, run: str | None, limit: int, last: bool) -> int:
    """List the latest runs, or show RUN in full: who asked, with which command, and what became of every guest."""
    if run is not None and last:
        raise click.UsageError("RUN and --last exclude each other")
    _, doors = opening.doors(options)
    if run is not None or last:
        report = history.one(doors, RunId(run)) if run is not None else _newest(doors)
        answer(options, lambda: documents.run_document(report), lambda out: show_run(out, report))
    else:
        reports = history.history(doors, limit)
        answer(options, lambda: documents.history_document(reports), lambda out: show_history(out, reports))
    return exit_codes.DONE


def _newest(doors: Doors) -> RunReport:
    reports = history.history(doors, 1)
    if not reports:
        raise OrchestratorError.of(
            "usage.unknown-run",
            "no run has been recorded yet",
            cause="Nothing has run yet with this store: no guest was moved and nothing repaired.",
            fix="Begin with: ferry migrate GUEST --to HOST --dry-run",
        )
    return reports[0]
