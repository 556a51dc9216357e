"""ferry facts: what the hosts say, whole, for a decision elsewhere or later."""

import click

from orchestrator.cli import exit_codes, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.model.host import HostName
from orchestrator.model.request import MoveRequest


@click.command("facts")
@click.argument("guests", metavar="[GUEST...]", nargs=-1)
@click.option("--host", "leaving", metavar="HOST", help="Also what moving all live guests of that host would need.")
@click.option("--to", "to", metavar="HOST", help="Only towards this destination.")
@click.option("--save", "save", metavar="FILE", help="Write them there (readable by you alone) and not to stdout.")
@pass_options
def command(options: Options, guests: tuple[str, ...], leaving: str | None, to: str | None, save: str | None) -> int:
    """Read everything that decisions about GUEST read, and write it as JSON; without GUEST: the hosts themselves.

    The file is taken by --facts of the deciding commands. It holds no passwords, keys or secrets.
    """
    from orchestrator import documents  # noqa: PLC0415 - `ferry --help` needs none of it
    from orchestrator.cli.view.answer import write_document  # noqa: PLC0415
    from orchestrator.cli.view.console import screens  # noqa: PLC0415
    from orchestrator.cli.view.format import count  # noqa: PLC0415
    from orchestrator.operations.gather import every_host, gather, save_text  # noqa: PLC0415

    _, doors = opening.doors(options)
    request = MoveRequest(
        guests=guests,
        to=None if to is None else HostName(to),
        leaving=None if leaving is None else HostName(leaving),
    )
    facts = gather(doors, request) if guests or leaving else every_host(doors)
    document = documents.facts_document(facts, doors.clock.now())
    shown = screens(options)
    if save is None:
        write_document(shown.out, document)
    else:
        save_text(save, documents.as_text(document))
        asked = count(len(facts.answering()), "host")
        shown.err.write(f"Saved what {asked} said, {count(len(facts.pairs), 'possible move')}: {save}\n")
    return exit_codes.DONE if facts.answering() else exit_codes.UNREACHABLE
