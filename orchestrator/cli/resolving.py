"""What ferry resolve does: the evidence, the consent, the order, and the run driven to its end."""

from dataclasses import dataclass

from orchestrator import documents, wiring
from orchestrator.catalogue import CATALOGUE
from orchestrator.cli import consent, exit_codes, opening, running
from orchestrator.cli.options import Options, Output
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.console import screens
from orchestrator.cli.view.disputes import show_dispute
from orchestrator.cli.view.orders import show_given
from orchestrator.model.dispute import Dispute
from orchestrator.model.guest import GuestId
from orchestrator.model.order import Keep
from orchestrator.model.report import RunReport
from orchestrator.model.run import RunId
from orchestrator.operations import control
from orchestrator.operations import resolve as resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """guest None: the only one that the run holds."""

    run: RunId
    guest: str | None
    keep: Keep


def resolve(options: Options, wish: Wish, *, dry_run: bool, yes: bool) -> int:
    """Show what speaks for and against the choice; carry it out where somebody agrees."""
    settings, doors = opening.doors(options)
    held = resolution.held_move(doors, wish.run, wish.guest)
    dispute = resolution.evidence(doors, held, wish.keep)
    if dry_run:
        answer(options, lambda: documents.dispute_document(dispute), lambda out: show_dispute(out, dispute))
        return exit_codes.DONE
    who = wiring.who(settings, options.argv, None)
    given = resolution.choose(held, dispute, who)
    if not _agreed(options, dispute, yes=yes):
        return exit_codes.INCOMPLETE
    given = control.give(doors, held.run, given)
    if given.left is None:  # the run goes on with other guests, and its process sees to it
        answer(options, lambda: documents.order_document(given), lambda out: show_given(out, given))
        return exit_codes.DONE
    return running.drive(
        options,
        lambda sinks, stop: (resolution.carry_out(doors, held.run, given, who, sinks, stop),),
        lambda reports: documents.run_document(reports[0]),
        judge=lambda report: _code(report, dispute.guest),
    )


def _agreed(options: Options, dispute: Dispute, *, yes: bool) -> bool:
    err = screens(options).err
    if not yes or (options.output is Output.TEXT and options.verbosity >= 0):
        show_dispute(err, dispute)
        err.write("\n")
    given_up = dispute.source if dispute.keep == "destination" else dispute.destination
    if yes or consent.ask(f"Keep the copy at the {dispute.keep} and end the one on {given_up.host} now?", err):
        return True
    err.write("Nothing was changed.\n")
    return False


def _code(report: RunReport, guest: GuestId) -> int:
    """What became of this guest: how others of the run ended was told when they did."""
    codes = [move.outcome.code for move in report.moves if move.move.guest == guest and move.outcome is not None]
    return exit_codes.worst(CATALOGUE[code].exit_code for code in codes if code is not None)
