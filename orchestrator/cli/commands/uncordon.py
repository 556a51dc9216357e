"""ferry uncordon: a host takes guests again."""

import click

from orchestrator import documents
from orchestrator.cli import exit_codes, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.cordons import show_cordoning
from orchestrator.model.host import HostName
from orchestrator.operations import cordons


@click.command("uncordon")
@click.argument("host")
@click.option("--dry-run", is_flag=True, help="Show whose cordon it is and leave.")
@pass_options
def command(options: Options, host: str, dry_run: bool) -> int:
    """Let HOST take guests again.

    Refused while the run that put the cordon is driven by a process, which relies on it.
    """
    _, doors = opening.doors(options)
    found = cordons.uncordon(doors, HostName(host), dry_run=dry_run)
    answer(options, lambda: documents.cordon_document(found), lambda out: show_cordoning(out, found))
    return exit_codes.DONE
