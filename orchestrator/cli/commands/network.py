"""ferry network: the networks between hosts, which of them moves take, and why."""

import click

from orchestrator.cli import opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.model.host import HostName


@click.group("network")
def command() -> None:
    """Which networks hosts share, and which of them carries moves: never another one unsaid."""


@command.command("show", short_help="Networks, their hosts, rates and tests.")
@click.argument("hosts", metavar="[HOST...]", nargs=-1)
@pass_options
def show(options: Options, hosts: tuple[str, ...]) -> int:
    """Show every network with its roles, the part of it that moves may use, its hosts (all, or those named), and what
    was last measured on it."""
    from orchestrator.cli import networking  # noqa: PLC0415 - `ferry --help` needs none of it

    _, doors = opening.doors(options)
    return networking.show(options, doors, tuple(HostName(host) for host in hosts))


@command.command("explain", short_help="Which network a move takes, and why not another.")
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST")
@click.option("--guest", default="", metavar="GUEST", help="By the policy of this guest.")
@opening.saved_facts
@pass_options
def explain(options: Options, source: str, destination: str, guest: str, facts: str | None) -> int:
    """Look at every network from SRC to DST as a move would, and show scores, reasons and the choice.

    Exit code 5 if no network is usable.
    """
    from orchestrator.cli import networking  # noqa: PLC0415 - `ferry --help` needs none of it

    _, doors = opening.doors(options, facts)
    return networking.explain(options, doors, HostName(source), HostName(destination), guest)


@command.command("advise", short_help="What the policy should say of networks.")
@pass_options
def advise(options: Options) -> int:
    """Look at every way between two hosts, and say what order, share and transport fit what was found: as a difference
    to what is written, each line with its reason. Changes nothing."""
    from orchestrator.cli import networking  # noqa: PLC0415 - `ferry --help` needs none of it

    _, doors = opening.doors(options)
    return networking.advise(options, doors)
