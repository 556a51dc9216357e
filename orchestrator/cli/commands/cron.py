"""ferry cron: what the crontab calls; everything else stands in the schedule."""

import click

from orchestrator.cli.options import Options, pass_options


@click.command("cron")
@click.option("--dry-run", is_flag=True, help="Show what is due, what keeps the rest, and when it is due.")
@pass_options
def command(options: Options, dry_run: bool) -> int:
    """Take over what a ferry that died left in flight, then do what the schedule of ferry.yaml says is due.

    For cron or a timer, as often as every minute: it never asks, one process at a time works, and it is silent when
    there was nothing to do, when all went well, and when it is to be later. Otherwise stdout carries a line for each
    entry, stderr its course.
    """
    from orchestrator.cli import scheduling  # noqa: PLC0415 - `ferry --help` needs none of it

    options.unattended = True
    return scheduling.look(options) if dry_run else scheduling.tick(options)
