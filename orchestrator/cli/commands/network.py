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


@command.command("test", short_help="Measure a network between two hosts.")
@click.argument("hosts", metavar="[SRC DST]", nargs=-1)
@click.option("--network", metavar="NAME", help="This one; by default the first migration network that both are on.")
@click.option("--streams", type=click.IntRange(1, 64), default=4, show_default=True, help="Beside a single one.")
@click.option("--seconds", type=click.FloatRange(0.5, 60), default=5, show_default=True, help="For each measurement.")
@pass_options
def test(options: Options, hosts: tuple[str, ...], network: str | None, streams: int, seconds: float) -> int:
    """Send from SRC to DST at full speed, in one stream and then in several, and keep what was found: it counts for 30
    days when a network is chosen. What runs on that network meanwhile is slowed. Without hosts: what was kept."""
    from orchestrator.cli import networking  # noqa: PLC0415 - `ferry --help` needs none of it

    if len(hosts) not in (0, 2):
        raise click.UsageError("name two hosts, or none to see what was measured before")
    _, doors = opening.doors(options)
    if not hosts:
        return networking.tests(options, doors)
    ends = HostName(hosts[0]), HostName(hosts[1])
    return networking.test(options, doors, ends, network, streams=streams, seconds=seconds)


@command.command("advise", short_help="What the policy should say of networks.")
@pass_options
def advise(options: Options) -> int:
    """Look at every way between two hosts, and say what order, share and transport fit what was found: as a difference
    to what is written, each line with its reason. Changes nothing."""
    from orchestrator.cli import networking  # noqa: PLC0415 - `ferry --help` needs none of it

    _, doors = opening.doors(options)
    return networking.advise(options, doors)
