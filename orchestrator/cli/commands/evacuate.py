"""ferry evacuate: empty hosts, and say loudly who is left."""

from typing import Any

import click

from orchestrator import wiring
from orchestrator.cli import consent, opening
from orchestrator.cli.evacuating import chosen, moment_of, request_of
from orchestrator.cli.options import Options, pass_options


@click.command("evacuate")
@click.argument("hosts", metavar="HOST...", nargs=-1, required=True)
@chosen
@click.option("--deadline", metavar="TIME", help="Begin nothing that would last longer: 06:00, +90m, 2026-11-22T06:00.")
@click.option(
    "--at-deadline",
    type=click.Choice(["finish", "cancel"]),
    help="What becomes of moves that go on then; otherwise as the policy says.",
)
@click.option("--dry-run", is_flag=True, help="Show the plan and leave.")
@click.option("--save", metavar="NAME", help="With --dry-run: keep the plan, for ferry apply NAME.")
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--unattended", is_flag=True, envvar="FERRY_UNATTENDED", help="For cron: never asks, silent on success.")
@click.option("--reason", metavar="TEXT", help="Kept in the history, and with the cordon.")
@pass_options
def command(options: Options, /, hosts: tuple[str, ...], deadline: str | None, **how: Any) -> int:
    """Empty HOSTs: cordon them, and move every guest that can leave to where it fits.

    Done is what the hosts themselves say. What one guest is refused for does not hinder the others; who stays is said,
    with the reason, and the exit code is 1. A guest is never stopped. Asked again, it goes on with what is left.
    """
    options.unattended = how["unattended"]
    until = moment_of(deadline)
    if how["at_deadline"] is not None and until is None:
        raise click.UsageError("--at-deadline goes with --deadline")
    if how["save"] is not None and not how["dry_run"]:
        raise click.UsageError("--save keeps what --dry-run shows")
    if not how["dry_run"]:
        consent.demand(yes=how["yes"], options=options)
    request = request_of(hosts, how)
    settings, doors = opening.doors(options)
    from orchestrator.cli import emptying, storing  # noqa: PLC0415 - `ferry --help` needs none of it
    from orchestrator.operations.evacuate import Bounded  # noqa: PLC0415

    if how["dry_run"]:
        who = wiring.who(settings, options.argv, how["reason"])
        return emptying.show(options, doors, request, storing.keeping(options, doors, request, how["save"], who))
    bounds = Bounded(deadline=until, at_deadline=how["at_deadline"])
    return emptying.empty(
        options, doors, request, wiring.who(settings, options.argv, how["reason"]), bounds, yes=how["yes"]
    )
