"""ferry guests: every guest of every host that answers."""

import click

from orchestrator import documents
from orchestrator.cli import exit_codes, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.tables import show_guests
from orchestrator.model.host import HostName
from orchestrator.operations.inventory import inventory


@click.command("guests")
@click.argument("host", required=False)
@pass_options
def command(options: Options, host: str | None) -> int:
    """Show the guests of all hosts, or of HOST.

    Exit code 6 only if no host that was asked answers.
    """
    settings, doors = opening.doors(options)
    facts = inventory(doors, (HostName(host),) if host is not None else None)
    answer(options, lambda: documents.guests_document(facts), lambda out: show_guests(out, settings, facts))
    return exit_codes.DONE if facts.answering() else exit_codes.UNREACHABLE
