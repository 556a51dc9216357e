"""ferry hosts: one row a host, a silent one costs its row and not the command."""

import click

from orchestrator import documents
from orchestrator.cli import exit_codes, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.tables import show_hosts
from orchestrator.operations.inventory import inventory


@click.command("hosts")
@pass_options
def command(options: Options) -> int:
    """Show all hosts: state, versions, CPUs, free and total memory, running and defined guests, networks.

    Networks are the host's address on each network of ferry.yaml, and the networks of libvirt that are active there.

    Exit code 6 only if no host answers.
    """
    settings, doors = opening.doors(options)
    facts = inventory(doors)
    answer(options, lambda: documents.hosts_document(facts, settings), lambda out: show_hosts(out, settings, facts))
    return exit_codes.DONE if facts.answering() else exit_codes.UNREACHABLE
