"""ferry check: everything that speaks against a move, before anybody begins it."""

import click

from orchestrator import documents
from orchestrator.cli import opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.plans import show_check
from orchestrator.model.host import HostName
from orchestrator.model.request import MoveRequest
from orchestrator.operations.propose import propose
from orchestrator.planning.verdict import exit_code


@click.command("check")
@click.argument("guests", metavar="GUEST...", nargs=-1, required=True)
@click.option("--to", "to", metavar="HOST", help="Only this destination; otherwise the one ferry would choose.")
@pass_options
def command(options: Options, guests: tuple[str, ...], to: str | None) -> int:
    """Say everything that speaks against moving GUEST (NAME, HOST/NAME or UUID), each with the way out.

    Nothing is changed on any host. Exit code 4 if something blocks the move.
    """
    _, doors = opening.doors(options)
    plan = propose(doors, MoveRequest(guests=guests, to=HostName(to) if to is not None else None))
    code = exit_code(plan)
    answer(options, lambda: documents.plan_document(plan), lambda out: show_check(out, plan, code))
    return code
