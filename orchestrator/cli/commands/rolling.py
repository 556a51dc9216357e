"""ferry rolling: host after host is emptied, a command is run on it, and it is given back."""

from typing import Any

import click

from orchestrator import wiring
from orchestrator.cli import consent, opening
from orchestrator.cli.evacuating import moment_of
from orchestrator.cli.options import Options, pass_options
from orchestrator.model.host import HostName
from orchestrator.model.units import Milliseconds, QuantityError


@click.command("rolling")
@click.argument("hosts", metavar="[HOST...]", nargs=-1)
@click.option("--run", "command", metavar="COMMAND", help="What is run on each host once it is empty, over SSH, by sh.")
@click.option("--local", is_flag=True, help="Run it here instead, with the host's name in FERRY_HOST.")
@click.option(
    "--reboot", is_flag=True, help="The command restarts the host: only another boot id says that it is back."
)
@click.option("--restore", is_flag=True, help="Bring the guests of a host home before the next one is taken.")
@click.option(
    "--failed-hosts", metavar="N", type=click.IntRange(0), default=0, help="Go on after so many; 0 if not given."
)
@click.option(
    "--attempts", metavar="N", type=click.IntRange(1), default=2, help="Evacuations of one host; 2 if not given."
)
@click.option(
    "--command-timeout", metavar="TIME", default="30m", help="So long the command may take; 30m if not given."
)
@click.option("--healthy-timeout", metavar="TIME", default="15m", help="So long a host may need to be well; 15m.")
@click.option("--deadline", metavar="TIME", help="Take no further host from then on: 06:00, +90m, 2026-11-22T06:00.")
@click.option("--anew", is_flag=True, help="Give up the same roll that is not over, and begin over all hosts.")
@click.option(
    "--command-over",
    metavar="HOST",
    multiple=True,
    help="With --anew: you know that its command runs no more for HOST.",
)
@click.option("--despite-hold", is_flag=True, help="Also where somebody has put a hold (ferry status).")
@click.option("--dry-run", is_flag=True, help="Check the whole sequence and leave.")
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--unattended", is_flag=True, envvar="FERRY_UNATTENDED", help="For cron: never asks, silent on success.")
@click.option("--reason", metavar="TEXT", help="Kept in the history.")
@pass_options
def command(options: Options, /, hosts: tuple[str, ...], command: str | None, **how: Any) -> int:
    """Empty each HOST in turn, run COMMAND on it, wait until it is well, and let it take guests again.

    The command runs only when libvirt and the process table say that no guest is left. A host that does not come back
    ends the roll. Asked again, it goes on with the hosts that are left. Without HOST: the rolls that are not over.
    """
    options.unattended = how["unattended"]
    if not hosts:
        _, doors = opening.doors(options)
        from orchestrator.cli import rolling  # noqa: PLC0415

        return rolling.show_open(options, doors)
    if command is None or not command.strip():
        raise click.UsageError("--run asks for a command")
    if how["command_over"] and not how["anew"]:
        raise click.UsageError("--command-over says something of a roll that is given up: --anew")
    if len(set(hosts)) < len(hosts):
        raise click.UsageError("a host is named twice")
    until = moment_of(how["deadline"])
    times: dict[str, Any] = {"command_ms": _time(how, "command_timeout"), "healthy_ms": _time(how, "healthy_timeout")}
    if not how["dry_run"]:
        consent.demand(yes=how["yes"], options=options)
    settings, doors = opening.doors(options)
    from orchestrator.cli import rolling  # noqa: PLC0415 - `ferry --help` needs none of it
    from orchestrator.operations.rolling import Terms  # noqa: PLC0415

    who = wiring.who(settings, options.argv, how["reason"])
    named = ("local", "reboot", "restore", "failed_hosts", "attempts")
    given = {name: how[name] for name in named}
    wish = rolling.wish(doors, rolling.Asked(hosts=tuple(map(HostName, hosts)), command=command, **given, **times), who)
    if how["dry_run"]:
        return rolling.show(options, doors, wish)
    terms = Terms(until=until, anew=how["anew"], over=tuple(map(HostName, how["command_over"])))
    return rolling.go(options, doors, wish, who, terms, yes=how["yes"], despite_hold=how["despite_hold"])


def _time(how: dict[str, Any], name: str) -> int:
    try:
        return int(Milliseconds.parse(how[name]))
    except QuantityError as error:
        raise click.BadParameter(str(error), param_hint=f"--{name.replace('_', '-')}") from None
