"""ferry migrate: plan, check, ask, move, and tell what became of every guest."""

from typing import Any

import click

from orchestrator import wiring
from orchestrator.cli import consent, limits, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.model.host import HostName
from orchestrator.model.request import SHUTDOWN_TIMEOUT_MS, MoveRequest
from orchestrator.model.transport import Mode
from orchestrator.model.units import Milliseconds, QuantityError
from orchestrator.operations.ready import get_ready


@click.command("migrate")
@click.argument("guests", metavar="GUEST...", nargs=-1, required=True)
@click.option("--to", "to", metavar="HOST", help="Destination; otherwise, for each guest, the host that fits best.")
@click.option(
    "--mode",
    type=click.Choice(["live", "pause", "cold"]),
    default="live",
    help="pause: it stands still for the whole copy. cold: it is shut down, moved and started again.",
)
@click.option("--offline", is_flag=True, help="Move the definition of a guest that is shut off, and nothing else.")
@click.option("--shutdown-timeout", metavar="TIME", help="Of --mode cold: so long the guest may take, 2m unless given.")
@click.option(
    "--override-limits", "raised", metavar="NAME=N", multiple=True, help="A higher limit for this run: live=4."
)
@click.option("--dry-run", is_flag=True, help="Show the plan and leave.")
@click.option("--despite-hold", is_flag=True, help="Also where somebody has put a hold (ferry status).")
@click.option("--save", metavar="NAME", help="With --dry-run: keep the plan, for ferry apply NAME.")
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--unattended", is_flag=True, envvar="FERRY_UNATTENDED", help="For cron: never asks, silent on success.")
@click.option("--reason", metavar="TEXT", help="Kept in the history.")
@opening.saved_facts
@pass_options
def command(options: Options, /, guests: tuple[str, ...], to: str | None, **how: Any) -> int:
    """Move guests (NAME, HOST/NAME or UUID) to another host, live unless told otherwise.

    All or nothing at the start: if one guest is blocked, none is touched.
    """
    options.unattended, dry_run, facts = how["unattended"], how["dry_run"], how["facts"]
    mode, timeout = _mode(how), _timeout(how)
    if facts is not None and not dry_run:
        raise click.UsageError("--facts shows what would be done; add --dry-run")
    if not dry_run:
        consent.demand(yes=how["yes"], options=options)
    if how["save"] is not None and (facts is not None or not dry_run):
        raise click.UsageError("--save keeps what --dry-run shows, of hosts that were asked")
    raised = limits.read(how["raised"])
    settings, doors = opening.doors(options, facts)
    limits.demand(settings, raised)
    destination = None if to in (None, "any") else HostName(str(to))
    request = MoveRequest(guests=guests, to=destination, mode=mode, shutdown_timeout_ms=timeout, raised=raised)
    if facts is None:
        get_ready(doors, request)
    with doors.turn():  # what is loaded takes a second of a processor, which others need who ask hosts just now
        from orchestrator.cli import moving, storing  # noqa: PLC0415 - loads while the hosts answer

    if dry_run:
        who = wiring.who(settings, options.argv, how["reason"])
        return moving.show(options, doors, request, storing.keeping(options, doors, request, how["save"], who))
    who = wiring.who(settings, options.argv, how["reason"])
    return moving.move(options, doors, request, who, yes=how["yes"], despite_hold=how["despite_hold"])


def _mode(how: dict[str, Any]) -> Mode:
    if how["offline"] and how["mode"] != "live":
        raise click.UsageError("--offline moves a definition and nothing else: leave --mode out")
    return Mode.OFFLINE if how["offline"] else Mode(how["mode"])


def _timeout(how: dict[str, Any]) -> int:
    text = how["shutdown_timeout"]
    if text is None:
        return SHUTDOWN_TIMEOUT_MS
    if how["mode"] != "cold":
        raise click.UsageError("--shutdown-timeout goes with --mode cold")
    try:
        return int(Milliseconds.parse(text))
    except QuantityError as error:
        raise click.BadParameter(str(error), param_hint="--shutdown-timeout") from None
