"""What ferry set, stop and abort have in common: find the run, order, say who obeys; drive the run if nobody does."""

from dataclasses import dataclass

from orchestrator import documents, wiring
from orchestrator.catalogue import CATALOGUE
from orchestrator.cli import exit_codes, opening, running
from orchestrator.cli.options import Options, Output
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.console import screens
from orchestrator.cli.view.format import inert
from orchestrator.cli.view.orders import show_given
from orchestrator.model.given import Given
from orchestrator.model.order import Change, Kind
from orchestrator.model.report import RunReport
from orchestrator.model.run import Run, Who
from orchestrator.operations import control
from orchestrator.operations.aim import aim, prepare
from orchestrator.operations.doors import Doors

_CANCELLED = "migration.cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """target: a run, or a guest that moves in one. beyond_budget: consent to a longer pause than the policy's."""

    target: str
    kind: Kind
    change: Change | None = None
    beyond_budget: bool = False


def order(options: Options, wish: Wish, *, dry_run: bool) -> int:
    """Give the order and answer with what came of it."""
    settings, doors = opening.doors(options)
    who = wiring.who(settings, options.argv, None)
    aimed = aim(doors, wish.target)
    given = prepare(doors, aimed, wish.kind, who, change=wish.change, beyond_budget=wish.beyond_budget)
    if not dry_run:
        given = control.give(doors, aimed.run, given)
    if given.left is not None:
        return _act(options, doors, aimed.run, given, who)
    answer(options, lambda: documents.order_document(given), lambda out: show_given(out, given))
    return exit_codes.DONE


def _act(options: Options, doors: Doors, run: Run, given: Given, who: Who) -> int:
    err = screens(options).err
    if options.output is Output.TEXT or options.verbosity >= 0:
        err.write(f"Run {inert(run.id)}: {inert(given.left or '')}. Taking it over.\n")
    return running.drive(
        options,
        lambda sinks, stop: (control.act(doors, run, who, sinks, stop),),
        lambda reports: documents.order_document(given, reports[0]),
        judge=lambda report: _code(given, report),
    )


def _code(given: Given, report: RunReport) -> int:
    """What stays because it was ordered to is what was asked for."""
    if given.order.kind == "set":
        return running.of_run(report)
    codes = {o.code for move in report.moves if (o := move.outcome) is not None} - {None, _CANCELLED}
    return exit_codes.worst(CATALOGUE[code].exit_code for code in codes if code is not None)
