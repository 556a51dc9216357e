"""The command `ferry`: its verbs by name, each imported only when it is asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from orchestrator import __version__
from orchestrator.cli.misuse import did_you_mean
from orchestrator.cli.options import global_options

LOOK, CHANGE, LEARN = "Look (changes nothing)", "Change", "Learn"

# name: where it stands in the help, and what it does in one line. The module is commands/<name>.py.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "hosts": (LOOK, "Hosts with versions, CPUs, memory and networks."),
    "guests": (LOOK, "Guests of all hosts, or of one."),
    "check": (LOOK, "Everything that speaks against moving a guest, at once."),
    "plan": (LOOK, "How hosts would be emptied; plans that are kept, and what differs."),
    "why": (LOOK, "Where a guest would go, and why nowhere else."),
    "facts": (LOOK, "What the hosts say, whole, as a file to decide from."),
    "doctor": (LOOK, "All hosts side by side: what differs, and what would block every move."),
    "cpu": (LOOK, "The CPU that hosts share, and which guest fits where."),
    "network": (LOOK, "Networks between hosts, and which of them moves take."),
    "status": (LOOK, "Runs that go on, or were interrupted."),
    "history": (LOOK, "Finished runs; one of them in full."),
    "migrate": (CHANGE, "Move running guests to another host."),
    "evacuate": (CHANGE, "Empty hosts: every guest that can leave goes where it fits."),
    "restore": (CHANGE, "Bring guests home that were moved off a host for its sake."),
    "apply": (CHANGE, "Carry out a stored plan, if the world is still as it was."),
    "rolling": (CHANGE, "Empty hosts one after the other, run a command on each, and give it back."),
    "set": (CHANGE, "Other limits for moves that go on: bandwidth, downtime, duration."),
    "stop": (CHANGE, "Begin nothing more of a run; what moves is brought to its end."),
    "abort": (CHANGE, "Cancel what can still be cancelled, of a run or of one guest."),
    "resume": (CHANGE, "Take over what an interrupted ferry left in flight."),
    "resolve": (CHANGE, "Choose the copy that is kept of a guest that runs twice."),
    "cordon": (CHANGE, "Let no guest be moved to a host from now on."),
    "uncordon": (CHANGE, "Let a host take guests again."),
    "cron": (CHANGE, "Do what the schedule says is due; for the crontab."),
    "hold": (CHANGE, "Let nothing new begin on a host, by the schedule, or at all."),
    "release": (CHANGE, "Lift a hold, or declare a slot free whose host is dead."),
    "policy": (LEARN, "What the policy says, for whom, and where that is written."),
    "explain": (LEARN, "What an error, check, state or exit code means."),
    "completion": (LEARN, "Completion script for bash, zsh or fish."),
}

EPILOG = """\b
First steps:
  ferry hosts
  ferry check web-01 --to kvm02
  ferry migrate web-01 --to kvm02 --dry-run
  ferry migrate web-01 web-02 --to kvm02"""


class LazyGroup(click.Group):
    """Knows every verb without importing one: the help page costs the import of click and nothing else."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the one verb that was asked for."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"orchestrator.cli.commands.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"commands/{cmd_name}.py defines no command")
        _understand_global_options(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, or say which one may have been meant."""
        word = args[0]
        if word not in COMMANDS and not word.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"No such command {word!r}.{did_you_mean(word, COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs by what they do to hosts."""
        for section in (LOOK, CHANGE, LEARN):
            with formatter.section(section):
                formatter.write_dl([(name, text) for name, (kind, text) in COMMANDS.items() if kind == section])


def _understand_global_options(command: click.Command) -> None:
    """Let a command, and what is below it, take the options of `ferry` itself."""
    known = {parameter.name for parameter in command.params}
    command.params += [p for p in global_options(hidden=True) if p.name not in known]
    command.epilog = command.epilog or "-o, -v, -q, --color and --config work here too: ferry --help"
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        _understand_global_options(below)


def _version(context: click.Context, _parameter: click.Parameter, wanted: Any) -> None:
    if wanted:
        click.echo(f"ferry {__version__}")
        context.exit()


app = LazyGroup(
    name="ferry",
    help="Move running guests between plain QEMU/KVM hosts, and never lose or double one.",
    epilog=EPILOG,
    params=[
        *global_options(),
        click.Option(
            ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
        ),
    ],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
)
