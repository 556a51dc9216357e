"""ferry plan: plans of evacuations are made, kept, shown and compared; ferry apply carries one out."""

from typing import Any

import click

from orchestrator import documents, wiring
from orchestrator.cli import exit_codes, opening
from orchestrator.cli.evacuating import chosen, request_of
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer


@click.group("plan")
def command() -> None:
    """Plans that change nothing: made from what the hosts say now, kept under a name, compared, and carried out by
    `ferry apply NAME` as they were agreed on."""


@command.command("evacuate", short_help="How hosts would be emptied.")
@click.argument("hosts", metavar="HOST...", nargs=-1, required=True)
@chosen
@click.option("--save", metavar="NAME", help="Keep the plan, for ferry apply NAME.")
@click.option("--reason", metavar="TEXT", help="Kept with the plan's maker.")
@pass_options
def evacuate(options: Options, /, hosts: tuple[str, ...], **how: Any) -> int:
    """Plan how HOSTs are emptied: who goes where, when and why, and who stays. As `ferry evacuate --dry-run`.

    Exit code 5 if a guest would be left.
    """
    request = request_of(hosts, how)
    settings, doors = opening.doors(options)
    from orchestrator.cli import emptying, storing  # noqa: PLC0415 - `ferry --help` needs none of it

    who = wiring.who(settings, options.argv, how["reason"])
    return emptying.show(options, doors, request, storing.keeping(options, doors, request, how["save"], who))


@command.command("list", short_help="The plans that are kept.")
@pass_options
def list_(options: Options) -> int:
    """List the plans that are kept, the newest first."""
    _, doors = opening.doors(options)
    from orchestrator.cli import storing  # noqa: PLC0415 - `ferry --help` needs none of it

    return storing.list_kept(options, doors)


@command.command("show", short_help="A kept plan, as it was made.")
@click.argument("name")
@pass_options
def show(options: Options, name: str) -> int:
    """Show a kept plan as it was made; no host is asked. Whether it still holds: ferry apply NAME --dry-run."""
    _, doors = opening.doors(options)
    from orchestrator.cli import storing  # noqa: PLC0415 - `ferry --help` needs none of it

    return storing.show_as_made(options, doors, name)


@command.command("compare", short_help="What is not the same in two kept plans.")
@click.argument("first")
@click.argument("second")
@pass_options
def compare(options: Options, first: str, second: str) -> int:
    """Compare two kept plans, guest by guest; no host is asked."""
    _, doors = opening.doors(options)
    from orchestrator.cli.view.why import show_difference  # noqa: PLC0415 - `ferry --help` needs none of it
    from orchestrator.operations import stored_plans  # noqa: PLC0415
    from orchestrator.planning.difference import difference  # noqa: PLC0415

    found = difference(stored_plans.one(doors, first).plan, stored_plans.one(doors, second).plan)
    answer(
        options,
        lambda: documents.plan_difference_document(first, second, found),
        lambda out: show_difference(out, first, second, found),
    )
    return exit_codes.DONE
