"""ferry apply: a stored plan is carried out, as it was agreed on or not at all."""

import click

from orchestrator import wiring
from orchestrator.cli import consent, opening
from orchestrator.cli.options import Options, pass_options


@click.command("apply")
@click.argument("plan", required=False)
@click.option("--dry-run", is_flag=True, help="Show the plan, or what has changed since, and leave.")
@click.option("--despite-hold", is_flag=True, help="Also where somebody has put a hold (ferry status).")
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--unattended", is_flag=True, envvar="FERRY_UNATTENDED", help="For cron: never asks, silent on success.")
@click.option("--reason", metavar="TEXT", help="Kept in the history.")
@pass_options
def command(
    options: Options,
    /,
    plan: str | None,
    *,
    dry_run: bool,
    despite_hold: bool,
    yes: bool,
    unattended: bool,
    reason: str,
) -> int:
    """Carry out PLAN, which --dry-run --save of ferry migrate or evacuate has kept. Without PLAN: list what is kept.

    Refused (exit code 5) when the world has drifted: every guest must be where and as it was, every check must still
    pass, the policy must be the same. What has changed is said.
    """
    options.unattended = unattended
    if plan is not None and not dry_run:
        consent.demand(yes=yes, options=options)
    settings, doors = opening.doors(options)
    from orchestrator.cli import storing  # noqa: PLC0415 - `ferry --help` needs none of it

    if plan is None:
        return storing.list_kept(options, doors)
    who = wiring.who(settings, options.argv, reason)
    if dry_run:
        return storing.show_kept(options, doors, plan, who)
    return storing.carry_out(options, doors, plan, who, yes=yes, despite_hold=despite_hold)
