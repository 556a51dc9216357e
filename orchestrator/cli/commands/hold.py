"""ferry hold: a person says that nothing new begins here for now."""

import click

from orchestrator.cli import holding
from orchestrator.cli.options import Options, pass_options


@click.command("hold")
@click.argument("name", metavar="NAME|HOST|all")
@click.option("--because", metavar="TEXT", required=True, help="Why; told to everybody whom it hinders.")
@click.option("--until", metavar="TIME", help="When it ends by itself: +4h, 06:00, 2026-12-24T06:00.")
@click.option("--dry-run", is_flag=True, help="Show the hold and leave.")
@pass_options
def command(options: Options, name: str, because: str, until: str | None, dry_run: bool) -> int:
    """Let nothing new begin: by an entry of the schedule, on a host (from it or to it), or at all.

    What goes on already is left alone. `ferry status` shows holds, `ferry release NAME` lifts one.
    """
    if not because.strip():
        raise click.UsageError("--because asks for a reason")
    return holding.hold(options, name, because.strip(), until, dry_run=dry_run)
