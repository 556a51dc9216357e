"""ferry completion: the script that teaches a shell ferry's verbs and options."""

import click
from click.shell_completion import get_completion_class

from orchestrator.cli import exit_codes
from orchestrator.cli.app import app


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the completion script for SHELL.

    \b
    bash:  ferry completion bash > /etc/bash_completion.d/ferry
    zsh:   ferry completion zsh > /usr/local/share/zsh/site-functions/_ferry
    fish:  ferry completion fish > ~/.config/fish/completions/ferry.fish
    """
    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"{shell} is not among the shells that can be completed")
    click.echo(completion(app, {}, "ferry", "_FERRY_COMPLETE").source())
    return exit_codes.DONE
