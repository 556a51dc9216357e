"""What every command that meets hosts or the store begins with: configuration read, doors ready to be opened."""

from collections.abc import Mapping
from pathlib import Path
from shlex import quote

import click

from orchestrator import documents, wiring
from orchestrator.cli import logs
from orchestrator.cli.options import Options
from orchestrator.errors import OrchestratorError
from orchestrator.model.settings import Settings
from orchestrator.operations.doors import Doors

saved_facts = click.option(
    "--facts", "facts", metavar="FILE", help="Decide from facts saved by `ferry facts --save`; no host is asked."
)


_WHY: Mapping[type[OSError], str] = {
    FileNotFoundError: "There is no such file.",
    PermissionError: "Facts are saved for their owner alone, and this is another user.",
    IsADirectoryError: "It is a directory.",
}
_SAVE = "Name a file of saved facts, or save some: ferry facts GUEST --save {}"


def doors(options: Options, facts: str | None = None) -> tuple[Settings, Doors]:
    """Read the configuration, which is checked whole before any host is asked. facts: a file to be asked instead."""
    logs.configure(options)
    settings = wiring.load_settings(options.config)
    if facts is None:
        return settings, wiring.real(settings)
    try:
        text = Path(facts).read_text()
    except OSError as error:
        saw, why = f"{facts} cannot be read: {error.strerror}", _WHY.get(type(error), "")
        raise OrchestratorError.of("usage.facts", saw, cause=why, fix=_SAVE.format(quote(facts))) from None
    except UnicodeDecodeError:
        saw = f"{facts} cannot be read: it is not text"
        raise OrchestratorError.of("usage.facts", saw, cause="It is another file.", fix=_SAVE.format("FILE")) from None
    found, taken_at = documents.read_facts(text, facts)
    from orchestrator.cli.view.console import screens  # noqa: PLC0415 - most commands open doors before they draw
    from orchestrator.cli.view.format import day  # noqa: PLC0415

    screens(options).err.write(f"From facts of {day(taken_at)}: what changed since is not known.\n")
    return settings, wiring.recorded(settings, found)
