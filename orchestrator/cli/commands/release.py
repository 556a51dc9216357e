"""ferry release: a person lifts a hold, or declares a slot free that no host can declare free any more."""

import click

from orchestrator import documents, wiring
from orchestrator.cli import exit_codes, holding, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.slots import show_freed


@click.command("release")
@click.argument("slot", metavar="NAME|GUEST@HOST")
@click.option("--because", metavar="TEXT", default="", help="Of a slot: how you know; kept in the history of the run.")
@click.option("--dry-run", is_flag=True, help="Show what would come free and leave.")
@pass_options
def command(options: Options, slot: str, because: str, dry_run: bool) -> int:
    """Lift the hold on NAME: a host, an entry of the schedule, or all.

    Or free the end at HOST of the slot that GUEST's move has taken (ferry status --slots).
    A slot of a run that nobody drives comes free by itself when both hosts say that the migration is gone. A host that
    is dead says nothing any more: only a person can. Refused while the run is driven or the host shows the migration.
    """
    if "@" not in slot:
        return holding.lift(options, slot, dry_run=dry_run)
    if not because.strip():
        raise click.UsageError("--because asks for a reason")
    settings, doors = opening.doors(options)
    from orchestrator.operations import release  # noqa: PLC0415 - the engine loads once the configuration is right

    wanted = release.claim(doors, slot)
    if dry_run:
        freed = release.foresee(doors, wanted, because)
    else:
        freed = release.release(doors, wanted, because, wiring.who(settings, options.argv, because))
    answer(options, lambda: documents.release_document(freed), lambda out: show_freed(out, freed))
    return exit_codes.DONE
