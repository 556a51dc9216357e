"""ferry abort: cancel what can still be cancelled, of a run or of one guest."""

import click

from orchestrator.cli import ordering
from orchestrator.cli.options import Options, pass_options


@click.command("abort")
@click.argument("target", metavar="RUN|GUEST")
@click.option("--dry-run", is_flag=True, help="Show what would be ordered and leave.")
@pass_options
def command(options: Options, target: str, dry_run: bool) -> int:
    """Cancel what can still be cancelled, as two Ctrl-C do: of all moves of RUN, or the move of GUEST alone.

    A guest whose copy is cancelled runs on at its source; one that has arrived stays there. The process that drives the
    run obeys within a second. Where it is dead or stopped, this one drives the run.
    """
    return ordering.order(options, ordering.Wish(target=target, kind="abort"), dry_run=dry_run)
