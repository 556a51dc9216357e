"""ferry stop: begin nothing more of a run that goes on."""

import click

from orchestrator import wiring
from orchestrator.cli import opening, ordering
from orchestrator.cli.options import Options, pass_options


@click.command("stop")
@click.argument("run")
@click.option("--dry-run", is_flag=True, help="Show what would be ordered and leave.")
@pass_options
def command(options: Options, run: str, dry_run: bool) -> int:
    """Begin nothing more of RUN; what moves is brought to its end, as after one Ctrl-C.

    The process that drives the run obeys within a second. Where it is dead or stopped, this one drives the run.
    """
    settings, doors = opening.doors(options)
    from orchestrator.cli import rolling  # noqa: PLC0415 - most runs are none of a roll

    if rolling.is_roll(doors, run):
        return rolling.stop(options, doors, run, wiring.who(settings, options.argv, None), dry_run=dry_run)
    return ordering.order(options, ordering.Wish(target=run, kind="stop"), dry_run=dry_run)
