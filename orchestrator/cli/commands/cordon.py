"""ferry cordon: no guest is moved to a host from now on."""

import click

from orchestrator import documents, wiring
from orchestrator.cli import exit_codes, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.cordons import show_cordoning
from orchestrator.model.host import HostName
from orchestrator.operations import cordons


@click.command("cordon")
@click.argument("host")
@click.option("--because", metavar="TEXT", required=True, help="Why; shown to everybody who would move guests there.")
@click.option("--dry-run", is_flag=True, help="Show what it comes to and leave.")
@pass_options
def command(options: Options, host: str, because: str, dry_run: bool) -> int:
    """Let no guest be moved to HOST, by anybody, until: ferry uncordon HOST.

    Moves towards it that have begun go on, those that wait are not begun. Guests that are on it stay untouched; to move
    them away: ferry evacuate.
    """
    if not because.strip():
        raise click.UsageError("--because asks for a reason")
    settings, doors = opening.doors(options)
    who = wiring.who(settings, options.argv, because)
    found = cordons.cordon(doors, HostName(host), because, who, dry_run=dry_run)
    answer(options, lambda: documents.cordon_document(found), lambda out: show_cordoning(out, found))
    return exit_codes.DONE
