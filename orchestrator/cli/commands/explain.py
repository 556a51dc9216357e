"""ferry explain: what a code on the screen means and what to do, without asking any host."""

import click

from orchestrator.cli import exit_codes
from orchestrator.cli.options import Options, Output, pass_options
from orchestrator.cli.view.console import screens
from orchestrator.cli.view.explanations import find, show_list, show_page
from orchestrator.errors import OrchestratorError


@click.command("explain")
@click.argument("code", required=False)
@click.option("--list", "listing", is_flag=True, help="Everything that can be explained, one line each.")
@pass_options
def command(options: Options, code: str | None, listing: bool) -> int:
    """Explain CODE: an error, a check, a state or an exit code. Works offline."""
    if (code is None) is not listing:
        raise click.UsageError("give either CODE or --list")
    if options.output is not Output.TEXT:
        raise click.UsageError("explain has pages of text only")
    out = screens(options).out
    if code is None:
        show_list(out)
        return exit_codes.DONE
    page = find(code)
    if page is None:
        raise OrchestratorError.of("usage.unknown-code", f"nothing is called {code!r}")
    show_page(out, page)
    return exit_codes.DONE
