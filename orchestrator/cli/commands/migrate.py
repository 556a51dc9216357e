"""ferry migrate: plan, check, ask, move, and tell what became of every guest."""

from typing import Any

import click

from orchestrator import wiring
from orchestrator.cli import consent, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.model.host import HostName
from orchestrator.model.request import MoveRequest
from orchestrator.operations.ready import get_ready


@click.command("migrate")
@click.argument("guests", metavar="GUEST...", nargs=-1, required=True)
@click.option("--to", "to", metavar="HOST", help="Destination; otherwise, for each guest, the host that fits best.")
@click.option("--dry-run", is_flag=True, help="Show the plan and leave.")
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--unattended", is_flag=True, envvar="FERRY_UNATTENDED", help="For cron: never asks, silent on success.")
@click.option("--reason", metavar="TEXT", help="Kept in the history.")
@opening.saved_facts
@pass_options
def command(options: Options, /, guests: tuple[str, ...], to: str | None, **how: Any) -> int:
    """Move running guests (NAME, HOST/NAME or UUID) live to another host.

    All or nothing at the start: if one guest is blocked, none is touched.
    """
    options.unattended, dry_run, facts = how["unattended"], how["dry_run"], how["facts"]
    if facts is not None and not dry_run:
        raise click.UsageError("--facts shows what would be done; add --dry-run")
    if not dry_run:
        consent.demand(yes=how["yes"], options=options)
    settings, doors = opening.doors(options, facts)
    request = MoveRequest(guests=guests, to=None if to in (None, "any") else HostName(str(to)))
    if facts is None:
        get_ready(doors, request)
    from orchestrator.cli import moving  # noqa: PLC0415 - loads while the hosts answer

    if dry_run:
        return moving.show(options, doors, request)
    return moving.move(options, doors, request, wiring.who(settings, options.argv, how["reason"]), yes=how["yes"])
