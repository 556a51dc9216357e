"""What the rooms below log, on stderr: warnings always, reasons with -v, libraries with -vv, never a traceback."""

import logging
import sys

from orchestrator.cli.options import Options
from orchestrator.cli.view.format import inert

_LEVELS = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}


class _Line(logging.Formatter):
    """One line a record; an exception is one phrase of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Compose the line."""
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname.lower()} {record.getMessage()}"
        error = record.exc_info[1] if record.exc_info else None
        return inert(f"{line}: {type(error).__name__}: {error}" if error is not None else line)


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg]  # generic only in the stubs
    """Looks stderr up at every record: a live view puts itself in front of it while it draws."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record; a closed stderr is no reason to fail."""
        self.stream = sys.stderr
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Say nothing: there is nowhere to say it."""


def configure(options: Options) -> None:
    """Set the logging of this process up, once per command."""
    handler = _Stderr()
    handler.setFormatter(_Line())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS.get(options.verbosity, logging.DEBUG))
    if options.verbosity < 2:
        # paramiko and asyncio report as errors what the doors turn into an answer.
        for chatty in ("paramiko", "asyncio", "sqlalchemy", "alembic"):
            logging.getLogger(chatty).setLevel(logging.CRITICAL)
