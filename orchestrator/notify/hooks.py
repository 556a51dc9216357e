"""Scripts of the operator, called before and after guests and hosts are taken: the only door to them."""

import json
import os
import signal
import stat
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

# The same with cron as at a terminal: nothing of ferry's own environment is passed on.
_ALWAYS = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
_MOST_SAID = 300
_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


class DirectoryHooks:
    """Implements `ports.Hooks`: DIRECTORY/EVENT, then what lies in DIRECTORY/EVENT.d by name, each if it may be run."""

    def __init__(self, directory: str) -> None:
        self._directory = Path(directory)

    def call(self, event: str, facts: Mapping[str, str], *, within: float) -> str:
        """Run the scripts one after the other, until one fails."""
        try:
            found = self._scripts(event)
        except OSError as error:  # what is there cannot be seen: it may well be somebody's refusal
            return f"{error.filename}: it cannot be read: {error.strerror}"
        for script, mode in found:
            why = _distrusted(mode) or _run(script, event, facts, within)
            if why:
                return f"{script}: {why}"
        return ""

    def _scripts(self, event: str) -> Sequence[tuple[Path, int]]:
        """Those that somebody may run, with their modes. One that this user may not run is among them, and fails."""
        many = self._directory / f"{event}.d"
        found = ((one, _mode(one)) for one in (self._directory / event, *_inside(many)))
        return [(one, mode) for one, mode in found if stat.S_ISREG(mode) and mode & _EXECUTABLE]


def _inside(directory: Path) -> Sequence[Path]:
    with suppress(FileNotFoundError, NotADirectoryError):
        return sorted(directory.iterdir())
    return ()


def _mode(path: Path) -> int:
    """0: there is nothing. A link that leads nowhere is a script that is missing."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise
        return 0


def _distrusted(mode: int) -> str:
    """A script that anybody could have written is not run."""
    return "everybody may write to it, so it is not run: chmod o-w" if mode & stat.S_IWOTH else ""


def _run(script: Path, event: str, facts: Mapping[str, str], within: float) -> str:
    told = {"event": event, **facts}
    names = {f"FERRY_{name.upper()}": value.replace("\0", "") for name, value in told.items()}
    given = json.dumps({"schema": "ferry.hook/1", **told}) + "\n"
    try:
        process = subprocess.Popen(  # a script that the operator has named
            [script], env={**_ALWAYS, **names}, cwd="/", start_new_session=True, text=True, errors="replace",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except OSError as error:
        return f"it cannot be run: {error.strerror}"
    try:
        said, _ = process.communicate(given, timeout=within)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"it has not ended within {within:.0f} s"
    return "" if process.returncode == 0 else f"status {process.returncode}{_last(said.splitlines())}"


def _last(lines: Sequence[str]) -> str:
    return f": {lines[-1][:_MOST_SAID]}" if lines else ""
