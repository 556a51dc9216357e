"""ferry migrate: plan, check, ask, move, and tell what became of every guest."""

import click

from orchestrator import documents, wiring
from orchestrator.cli import consent, exit_codes, opening, running
from orchestrator.cli.options import Options, Output, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.console import screens
from orchestrator.cli.view.format import count
from orchestrator.cli.view.plans import show_check, show_plan
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.operations.apply import apply
from orchestrator.operations.propose import get_ready, propose
from orchestrator.planning.verdict import exit_code


@click.command("migrate")
@click.argument("guests", metavar="GUEST...", nargs=-1, required=True)
@click.option("--to", "to", metavar="HOST", help="Destination; otherwise, for each guest, the host that fits best.")
@click.option("--dry-run", is_flag=True, help="Show the plan and leave.")
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--unattended", is_flag=True, envvar="FERRY_UNATTENDED", help="For cron: never asks, silent on success.")
@click.option("--reason", metavar="TEXT", help="Kept in the history.")
@pass_options
def command(
    options: Options,
    guests: tuple[str, ...],
    to: str | None,
    dry_run: bool,
    yes: bool,
    unattended: bool,
    reason: str | None,
) -> int:
    """Move running guests (NAME, HOST/NAME or UUID) live to another host.

    All or nothing at the start: if one guest is blocked, none is touched.
    """
    options.unattended = unattended
    if not dry_run:
        consent.demand(yes=yes, options=options)
    settings, doors = opening.doors(options)
    request = MoveRequest(guests=guests, to=HostName(to) if to is not None else None)
    get_ready(doors, request)
    who = wiring.who(settings, options.argv, reason)
    if not dry_run and not running.adopt_orphans(options, doors, who):
        return exit_codes.INTERRUPTED
    plan = propose(doors, request)
    code = exit_code(plan)
    if dry_run or code != exit_codes.DONE or not plan.moves:
        _leave_it_at_that(options, plan, code)
        return code
    if not _agreed(options, plan, yes=yes):
        return exit_codes.INCOMPLETE
    return running.drive(
        options,
        lambda sinks, stop: (apply(doors, plan, who, sinks, stop),),
        lambda reports: documents.run_document(reports[0]),
    )


def _leave_it_at_that(options: Options, plan: Plan, code: int) -> None:
    """Answer with the plan: it was all that was asked for, or there is nothing to do, or it must not be done."""
    if options.unattended and code == exit_codes.DONE and options.output is Output.TEXT:
        return
    answer(options, lambda: documents.plan_document(plan), lambda out: show_check(out, plan, code))


def _agreed(options: Options, plan: Plan, *, yes: bool) -> bool:
    err = screens(options).err
    if not yes or (options.output is Output.TEXT and options.verbosity >= 0 and not options.unattended):
        show_plan(err, plan)
        err.write("\n")
    if yes or consent.ask(f"Move {count(len(plan.moves), 'guest')} now?", err):
        return True
    err.write("Nothing was changed.\n")
    return False
