"""ferry resume: take over what a ferry that died left in flight, and tell what became of it."""

import click

from orchestrator import documents, wiring
from orchestrator.cli import exit_codes, opening, running
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.runs import show_status
from orchestrator.errors import OrchestratorError
from orchestrator.model.run import RunId
from orchestrator.operations import history
from orchestrator.operations.reroute import reroute
from orchestrator.operations.resume import resume


@click.command("resume")
@click.argument("run", required=False)
@click.option("--network", metavar="NAME", help="Recover a broken post-copy over this network of ferry.yaml.")
@click.option("--dry-run", is_flag=True, help="Show the interrupted runs and leave.")
@click.option("--unattended", is_flag=True, envvar="FERRY_UNATTENDED", help="For cron: silent on success.")
@click.option("--reason", metavar="TEXT", help="Kept in the history.")
@pass_options
def command(
    options: Options, run: str | None, network: str | None, dry_run: bool, unattended: bool, reason: str | None
) -> int:
    """Take over interrupted runs, or RUN: both hosts of every move are asked, nothing is replayed.

    Copies in flight are followed to their end; a broken post-copy is recovered; moves that had not begun are checked
    anew and begun.
    """
    options.unattended = unattended
    settings, doors = opening.doors(options)
    name = RunId(run) if run is not None else None
    if run is not None and not dry_run:
        from orchestrator.cli import rolling  # noqa: PLC0415 - most runs are none of a roll

        if rolling.is_roll(doors, run):
            return rolling.take_up(options, doors, run, wiring.who(settings, options.argv, reason))
    if dry_run:
        reports = (history.one(doors, name),) if name is not None else history.status(doors)
        answer(options, lambda: documents.status_document(reports), lambda out: show_status(out, reports))
        return exit_codes.DONE
    who = wiring.who(settings, options.argv, reason)
    if network is not None:
        reroute(doors, name, network, who)
    failures: list[OrchestratorError] = []
    return running.drive(
        options,
        lambda sinks, stop: resume(doors, name, who, sinks, stop, failed=failures.append),
        documents.status_document,
        failures,
    )
