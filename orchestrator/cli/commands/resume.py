"""ferry resume: take over what a ferry that died left in flight, and tell what became of it."""

import click

from orchestrator import documents, wiring
from orchestrator.cli import exit_codes, opening, running
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.unfinished import show_going
from orchestrator.errors import OrchestratorError
from orchestrator.model.run import RunId
from orchestrator.operations import history
from orchestrator.operations.doors import Doors
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
    anew and begun. Without RUN also evacuations and rolls whose process died are gone on with.
    """
    options.unattended = unattended
    settings, doors = opening.doors(options)
    name = RunId(run) if run is not None else None
    if run is not None and not dry_run:
        from orchestrator.cli import rolling  # noqa: PLC0415 - most runs are none of a roll

        if rolling.is_roll(doors, run):
            return rolling.take_up(options, doors, run, wiring.who(settings, options.argv, reason))
    if dry_run:
        return _look(options, doors, name)
    who = wiring.who(settings, options.argv, reason)
    if network is not None:
        reroute(doors, name, network, who)
    if name is None:
        from orchestrator.cli import resuming  # noqa: PLC0415 - `ferry --help` needs none of it

        return resuming.take_up(options, doors, who)
    failures: list[OrchestratorError] = []
    return running.drive(
        options,
        lambda sinks, stop: resume(doors, name, who, sinks, stop, failed=failures.append),
        documents.status_document,
        failures,
    )


def _look(options: Options, doors: Doors, name: RunId | None) -> int:
    """Show what would be taken up."""
    from orchestrator.operations import unfinished  # noqa: PLC0415 - `ferry --help` needs none of it

    reports = (history.one(doors, name),) if name is not None else history.status(doors)
    evacuations, rolls = ((), ()) if name is not None else (unfinished.evacuations(doors), unfinished.rolls(doors))
    answer(
        options,
        lambda: documents.status_document(reports, evacuations=evacuations, rolls=rolls),
        lambda out: show_going(out, reports, evacuations, rolls),
    )
    return exit_codes.DONE
