"""ferry why: where a guest would go, and why nowhere else."""

import click

from orchestrator import documents
from orchestrator.cli import exit_codes, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.model.host import HostName


@click.command("why")
@click.argument("guest")
@click.option("--to", metavar="HOST", help="Only: why there, or why not.")
@opening.saved_facts
@pass_options
def command(options: Options, guest: str, to: str | None, facts: str | None) -> int:
    """Say to which host GUEST (NAME, HOST/NAME or UUID) would go and why, and what speaks against every other one.

    All hosts are asked, nothing is changed. Exit code 4 if it can go nowhere, or not to HOST.
    """
    _, doors = opening.doors(options, facts)
    from orchestrator.cli.view.why import show_why  # noqa: PLC0415 - `ferry --help` needs none of it
    from orchestrator.operations.why import why  # noqa: PLC0415
    from orchestrator.planning.verdict import code_of  # noqa: PLC0415

    told = why(doors, guest, None if to is None else HostName(to))
    code = (code_of(told.findings) or exit_codes.BLOCKED) if told.blocked else exit_codes.DONE
    answer(options, lambda: documents.why_document(told), lambda out: show_why(out, told, code))
    return code
