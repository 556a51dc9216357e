"""ferry cpu: the CPU that hosts have in common, which guest fits where, and what to do where one does not."""

import click

from orchestrator import wiring
from orchestrator.cli import consent, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.model.host import HostName


def _split(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[HostName, ...]:
    """A list of hosts, a,b,c."""
    if value is None:
        return ()
    names = tuple(dict.fromkeys(HostName(name.strip()) for name in value.split(",") if name.strip()))
    if not names:
        raise click.BadParameter("name at least one host")
    return names


@click.group("cpu")
def command() -> None:
    """Keep guests movable: one CPU model that all hosts offer, and guests that use it."""


@command.command("baseline", short_help="The largest CPU that all hosts offer.")
@click.option("--hosts", callback=_split, metavar="A,B", help="Only these hosts, of whatever group.")
@click.option("--group", metavar="GROUP", help="The hosts of this group.")
@click.option("--model", metavar="NAME", help="This model or level (x86-64-v2) instead, if all hosts offer it.")
@click.option("--cross-vendor", is_flag=True, help="Insist on hosts of different makers; needs --model of no maker.")
@click.option("--arch", default="", metavar="ARCH", help="For guests of this architecture; the hosts' own by default.")
@click.option(
    "--virt-type", type=click.Choice(["kvm", "qemu"]), default=None, help="kvm by default, where all have it."
)
@click.option("--save", metavar="NAME", help="Store it under this name, to be told later what has changed.")
@pass_options
def baseline(
    options: Options,
    hosts: tuple[HostName, ...],
    group: str | None,
    model: str | None,
    cross_vendor: bool,
    arch: str,
    virt_type: str | None,
    save: str | None,
) -> int:
    """Work out the largest CPU that all hosts offer, and what each of them gives up for it.

    Compared with the stored one: hosts that joined, left or changed, and the guests that gain or no longer fit.
    Exit code 5 if there is no such CPU, or if a host no longer offers the stored one.
    """
    from orchestrator.cli import processors  # noqa: PLC0415 - `ferry --help` needs none of it
    from orchestrator.planning.baseline import BaselineRequest  # noqa: PLC0415

    if cross_vendor and model is None:
        raise click.UsageError("--cross-vendor needs --model: a computed CPU always belongs to one maker")
    if save is not None and not save.strip():
        raise click.UsageError("--save needs a name")
    _, doors = opening.doors(options)
    request = BaselineRequest(
        hosts=hosts, group=group, model=model, cross_vendor=cross_vendor, arch=arch, virt_type=virt_type or ""
    )
    return processors.baseline(options, doors, request, save)


@command.command("matrix", short_help="Which guest's CPU fits which host.")
@click.argument("guests", metavar="[GUEST...]", nargs=-1)
@click.option("--hosts", callback=_split, metavar="A,B", help="Only these hosts, of whatever group.")
@opening.saved_facts
@pass_options
def matrix(options: Options, guests: tuple[str, ...], hosts: tuple[HostName, ...], facts: str | None) -> int:
    """Show for running guests (all, or those named) which hosts could take them: now, after a restart, or never.

    What a host lacks is named. A guest that could not come back is marked.
    """
    from orchestrator.cli import processors  # noqa: PLC0415 - `ferry --help` needs none of it

    _, doors = opening.doors(options, facts)
    return processors.matrix(options, doors, guests, hosts)


@command.command("apply", short_help="Give a guest's definition another CPU.")
@click.argument("guest")
@click.option("--model", metavar="NAME", help="A model or level of the architecture (x86-64-v2).")
@click.option("--baseline", "name", metavar="NAME", help="A stored baseline; by default the newest about its host.")
@click.option("--dry-run", is_flag=True, help="Show the change and leave.")
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--reason", metavar="TEXT", help="Kept in the history.")
@pass_options
def apply(
    options: Options,
    guest: str,
    model: str | None,
    name: str | None,
    dry_run: bool,
    yes: bool,
    reason: str | None,
) -> int:
    """Give the persistent definition of GUEST a CPU that other hosts offer too; nothing else in it is changed.

    It takes effect at the next cold start: a running guest keeps the CPU it has.
    """
    from orchestrator.cli import processors  # noqa: PLC0415 - `ferry --help` needs none of it

    if model is not None and name is not None:
        raise click.UsageError("--model and --baseline exclude each other")
    if not dry_run:
        consent.demand(yes=yes, options=options)
    settings, doors = opening.doors(options)
    who = wiring.who(settings, options.argv, reason)
    wish = processors.Wish(guest=guest, model=model, baseline=name)
    return processors.apply(options, doors, wish, None if dry_run else who, yes=yes)
