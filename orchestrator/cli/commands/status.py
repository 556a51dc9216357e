"""ferry status: the runs that are open, who drives them, and what they have taken of the limits."""

from collections.abc import Sequence

import click

from orchestrator import documents
from orchestrator.cli import exit_codes, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.cordons import show_cordons
from orchestrator.cli.view.unfinished import show_going
from orchestrator.model.cordon import Cordon
from orchestrator.model.hold import Hold
from orchestrator.model.report import RunReport
from orchestrator.model.slots import Slots
from orchestrator.model.unfinished import OpenEvacuation, OpenRoll
from orchestrator.operations import history, holds, unfinished
from orchestrator.operations.cordons import cordons
from orchestrator.operations.doors import Doors


@click.command("status")
@click.option("--slots", is_flag=True, help="Also what is taken of every limit and by whom; asks all hosts.")
@pass_options
def command(options: Options, slots: bool) -> int:
    """Show the runs that go on or were interrupted, what each move that waits is waiting for, and what is on hold.

    Evacuations and rolls that are not over, with who drives them, and hosts that are cordoned are named below. From the
    store alone; with --slots all hosts are asked for migrations that ferry did not start, which count too.
    """
    _, doors = opening.doors(options)
    reports, put, held = history.status(doors), cordons(doors), holds.in_force(doors)
    emptying, rolling = unfinished.evacuations(doors), unfinished.rolls(doors)
    taken = _slots(doors) if slots else None
    answer(
        options,
        lambda: documents.status_document(reports, taken, put, held, emptying, rolling),
        lambda out: _show(out, (reports, emptying, rolling), taken, put, held),
    )
    return exit_codes.DONE


def _slots(doors: Doors) -> Slots:
    from orchestrator.operations.slots import slots  # noqa: PLC0415 - most ask for the runs alone

    return slots(doors)


def _show(
    screen: Screen,
    going: tuple[tuple[RunReport, ...], tuple[OpenEvacuation, ...], tuple[OpenRoll, ...]],
    taken: Slots | None,
    put: Sequence[Cordon],
    held: tuple[Hold, ...],
) -> None:
    show_going(screen, *going)
    show_cordons(screen, put)
    if held:
        from orchestrator.cli.view.timed import show_holds  # noqa: PLC0415 - hardly ever is something held

        screen.write("\n")
        show_holds(screen, held)
    if taken is not None:
        from orchestrator.cli.view.slots import show_slots  # noqa: PLC0415 - most ask for the runs alone

        screen.write("\n")
        show_slots(screen, taken)
