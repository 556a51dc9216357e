"""Running a command to its end, with its output told when it fails."""

import subprocess
from collections.abc import Sequence


class CommandFailedError(RuntimeError):
    """A command the lab itself depends on did not do its work."""


def checked(command: Sequence[str], stdin: str | None = None) -> str:
    """The command's standard output; raises with everything it said when it fails."""
    feed = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    done = subprocess.run(command, capture_output=True, text=True, check=False, **feed)  # type: ignore[call-overload]
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise CommandFailedError(f"{' '.join(command)}: exit {done.returncode}: {said}")
    return str(done.stdout)
