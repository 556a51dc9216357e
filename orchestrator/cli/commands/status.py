"""ferry status: the runs that are open, and who drives them."""

import click

from orchestrator import documents
from orchestrator.cli import exit_codes, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.runs import show_status
from orchestrator.operations import history


@click.command("status")
@pass_options
def command(options: Options) -> int:
    """Show the runs that go on or were interrupted, from the store; no host is asked."""
    _, doors = opening.doors(options)
    reports = history.status(doors)
    answer(options, lambda: documents.status_document(reports), lambda out: show_status(out, reports))
    return exit_codes.DONE
