"""ferry restore: bring guests home that were moved off a host for its sake."""

from typing import Any

import click

from orchestrator import wiring
from orchestrator.cli import consent, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.evacuation.homeward import is_restore_policy


@click.command("restore")
@click.argument("names", metavar="HOST|RUN...", nargs=-1, required=True)
@click.option(
    "--policy", metavar="WHEN", help="immediate, never, or from a time of day on (22:00); otherwise each guest's own."
)
@click.option("--despite-hold", is_flag=True, help="Also where somebody has put a hold (ferry status).")
@click.option("--dry-run", is_flag=True, help="Show who is away and how they would come home, and leave.")
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--unattended", is_flag=True, envvar="FERRY_UNATTENDED", help="For cron: never asks, silent on success.")
@click.option("--reason", metavar="TEXT", help="Kept in the history.")
@pass_options
def command(options: Options, /, names: tuple[str, ...], **how: Any) -> int:
    """Bring home the guests that `ferry evacuate` has moved off HOST, or that RUN has moved.

    Where home is stands in the journal. The hosts are uncordoned first. Who finds no room waits until others have made
    some; two that stand in each other's way change places through a third host. Who stays away is said, exit code 1.
    """
    options.unattended = how["unattended"]
    policy = how["policy"]
    if policy is not None and not is_restore_policy(policy):
        raise click.BadParameter("give immediate, never, or a time of day like 22:00", param_hint="--policy")
    if not how["dry_run"]:
        consent.demand(yes=how["yes"], options=options)
    settings, doors = opening.doors(options)
    from orchestrator.cli import homecoming  # noqa: PLC0415 - `ferry --help` needs none of it

    if how["dry_run"]:
        return homecoming.show(options, doors, names, policy)
    who = wiring.who(settings, options.argv, how["reason"])
    return homecoming.bring(options, doors, names, who, policy=policy, yes=how["yes"], despite_hold=how["despite_hold"])
