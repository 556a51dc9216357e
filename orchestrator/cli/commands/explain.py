"""ferry explain: what a code on the screen means and what to do, without asking any host."""

import click

from orchestrator import documents
from orchestrator.cli import exit_codes
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.explanations import find, pages, show_list, show_page
from orchestrator.errors import OrchestratorError


@click.command("explain")
@click.argument("code", required=False)
@click.option("--list", "listing", is_flag=True, help="Everything that can be explained, one line each.")
@pass_options
def command(options: Options, code: str | None, listing: bool) -> int:
    """Explain CODE: an error, a check, a leftover, a state or an exit code. Works offline."""
    if (code is None) is not listing:
        raise click.UsageError("give either CODE or --list")
    if code is None:
        answer(options, lambda: documents.pages_document(pages()), show_list)
        return exit_codes.DONE
    page = find(code)
    if page is None:
        raise OrchestratorError.of("usage.unknown-code", f"nothing is called {code!r}")
    answer(options, lambda: documents.page_document(page), lambda out: show_page(out, page))
    return exit_codes.DONE
