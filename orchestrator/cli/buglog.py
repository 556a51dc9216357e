"""Where a traceback goes: a file for the developers, never the operator's terminal."""

import os
import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path

from orchestrator import __version__


def write(error: BaseException, argv: tuple[str, ...]) -> str:
    """Write everything a report needs (no configuration, no secrets) and name the file; "" if no place takes it."""
    lines = [
        f"ferry {__version__}",
        f"Python {sys.version}",
        platform.platform(),
        f"argv: {argv!r}",
        "",
        *traceback.format_exception(error),
    ]
    for directory in _directories():
        try:
            return _create(directory, "\n".join(lines))
        except OSError:
            continue
    return ""


def _directories() -> list[Path]:
    if os.geteuid() == 0:
        first = Path("/var/log/ferry")
    else:
        state = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
        first = Path(state) / "ferry"
    return [first, Path(tempfile.gettempdir())]


def _create(directory: Path, text: str) -> str:
    if directory != Path(tempfile.gettempdir()):
        directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    # mkstemp never follows a link that somebody else laid in a shared directory, and nobody else may read the file.
    handle, name = tempfile.mkstemp(prefix=f"ferry-bug-{stamp}-", suffix=".txt", dir=directory)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return name
