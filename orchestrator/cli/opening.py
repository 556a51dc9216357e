"""What every command that meets hosts or the store begins with: configuration read, doors ready to be opened."""

from orchestrator import wiring
from orchestrator.cli import logs
from orchestrator.cli.options import Options
from orchestrator.model.settings import Settings
from orchestrator.operations.doors import Doors


def doors(options: Options) -> tuple[Settings, Doors]:
    """Read the configuration, which is checked whole before any host is asked."""
    logs.configure(options)
    settings = wiring.load_settings(options.config)
    return settings, wiring.real(settings)
