"""ferry hosts: one row a host, a silent one costs its row and not the command."""

import click

from orchestrator import documents
from orchestrator.cli import exit_codes, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.cordons import show_cordons
from orchestrator.cli.view.tables import show_hosts
from orchestrator.model.cordon import Cordon
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.settings import Settings
from orchestrator.operations.cordons import cordoned
from orchestrator.operations.inventory import inventory


@click.command("hosts")
@pass_options
def command(options: Options) -> int:
    """Show all hosts: state, versions, CPUs, free and total memory, running and defined guests, networks.

    Hosts that are cordoned are named below, with who put the cordon, since when and why.

    Networks are the host's address on each network of ferry.yaml, and the networks of libvirt that are active there.

    Exit code 6 only if no host answers.
    """
    settings, doors = opening.doors(options)
    facts = inventory(doors)
    put = cordoned(doors)
    answer(
        options,
        lambda: documents.hosts_document(facts, settings, put),
        lambda out: _show(out, settings, facts, put),
    )
    return exit_codes.DONE if facts.answering() else exit_codes.UNREACHABLE


def _show(screen: Screen, settings: Settings, facts: Facts, put: tuple[Cordon, ...] | Unknown) -> None:
    show_hosts(screen, settings, facts)
    show_cordons(screen, put)
