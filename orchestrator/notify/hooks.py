"""Scripts of the operator, called before and after guests and hosts are taken: the only door to them."""

import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

# The same with cron as at a terminal: nothing of ferry's own environment is passed on.
_ALWAYS = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
_MOST_SAID = 300


class DirectoryHooks:
    """Implements `ports.Hooks`: DIRECTORY/EVENT, then what lies in DIRECTORY/EVENT.d by name, each if it may be run."""

    def __init__(self, directory: str) -> None:
        self._directory = Path(directory)

    def call(self, event: str, facts: Mapping[str, str], *, within: float) -> str:
        """Run the scripts one after the other, until one fails."""
        for script in self._scripts(event):
            why = _distrusted(script) or _run(script, event, facts, within)
            if why:
                return f"{script}: {why}"
        return ""

    def _scripts(self, event: str) -> Iterator[Path]:
        alone, many = self._directory / event, self._directory / f"{event}.d"
        with suppress(OSError):
            found = [alone, *(sorted(many.iterdir()) if many.is_dir() else ())]
            yield from (one for one in found if one.is_file() and os.access(one, os.X_OK))


def _distrusted(script: Path) -> str:
    """A script that anybody could have written is not run."""
    mode = script.stat().st_mode
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
