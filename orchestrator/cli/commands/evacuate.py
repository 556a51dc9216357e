"""ferry evacuate: empty hosts, and say loudly who is left."""

from datetime import UTC, datetime
from typing import Any

import click

from orchestrator import wiring
from orchestrator.cli import consent, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.evacuation.deadline import moment
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.host import HostName


@click.command("evacuate")
@click.argument("hosts", metavar="HOST...", nargs=-1, required=True)
@click.option("--only", metavar="PATTERN", multiple=True, help="These guests and no others: NAME, glob or HOST/NAME.")
@click.option("--exclude", metavar="PATTERN", multiple=True, help="Leave these guests where they are.")
@click.option("--to", metavar="HOST", multiple=True, help="Only to these hosts; otherwise to any that fits.")
@click.option("--deadline", metavar="TIME", help="Begin nothing that would last longer: 06:00, +90m, 2026-11-22T06:00.")
@click.option(
    "--at-deadline",
    type=click.Choice(["finish", "cancel"]),
    help="What becomes of moves that go on then; otherwise as the policy says.",
)
@click.option("--shut-off", is_flag=True, help="Also move the definitions of guests that are shut off.")
@click.option("--despite-hold", is_flag=True, help="Also where somebody has put a hold (ferry status).")
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
    until = _moment(deadline)
    if how["at_deadline"] is not None and until is None:
        raise click.UsageError("--at-deadline goes with --deadline")
    if how["save"] is not None and not how["dry_run"]:
        raise click.UsageError("--save keeps what --dry-run shows")
    if not how["dry_run"]:
        consent.demand(yes=how["yes"], options=options)
    request = EvacuationRequest(
        hosts=tuple(dict.fromkeys(map(HostName, hosts))),
        only=how["only"],
        exclude=how["exclude"],
        to=tuple(map(HostName, how["to"])),
        offline="move" if how["shut_off"] else "stay",
        despite_hold=how["despite_hold"],
    )
    both = sorted(set(request.hosts) & set(request.to))
    if both:
        raise click.UsageError(f"{', '.join(both)} cannot be emptied and filled at once")
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


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    local = datetime.now().astimezone().tzinfo or UTC
    try:
        return moment(text, datetime.now(UTC), local)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--deadline") from None
