"""ferry resolve: a person chooses which copy of a guest that runs twice is kept."""

import click

from orchestrator.cli import consent, resolving
from orchestrator.cli.options import Options, pass_options
from orchestrator.model.order import Keep
from orchestrator.model.run import RunId


@click.command("resolve")
@click.argument("run")
@click.argument("guest", required=False)
@click.option("--keep", type=click.Choice(["source", "destination"]), required=True, help="The copy that goes on.")
@click.option("--dry-run", is_flag=True, help="Show the evidence and what would be done, and leave.")
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@pass_options
def command(options: Options, run: str, guest: str | None, keep: Keep, dry_run: bool, yes: bool) -> int:
    """Keep one copy of a guest that RUN holds because both hosts have it; the other one is ended.

    The evidence is shown first. The copy given up is paused, the kept one goes on, and only when it is seen to run is
    the other one ended. What only the ended copy did since the switchover is lost.
    """
    if not dry_run:
        consent.demand(yes=yes, options=options)
    wish = resolving.Wish(run=RunId(run), guest=guest, keep=keep)
    return resolving.resolve(options, wish, dry_run=dry_run, yes=yes)
