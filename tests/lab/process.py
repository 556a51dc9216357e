"""Running a command to its end: its output is told when it fails, and it can be made to die with whoever wanted it."""

import os
import subprocess
from collections.abc import Sequence


class CommandFailedError(RuntimeError):
    """A command the lab itself depends on did not do its work."""


def checked(command: Sequence[str], stdin: str | None = None) -> str:
    """The command's standard output; raises with everything it said when it fails."""
    feed = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    done = subprocess.run(command, capture_output=True, text=True, check=False, **feed)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise CommandFailedError(f"{' '.join(command)}: exit {done.returncode}: {said}")
    return str(done.stdout)


def mortal(command: Sequence[str]) -> list[str]:
    """The command, made to end when this process is killed: it must not go on writing where the next one builds.

    In a PID namespace everything it started ends with it; making one takes root, anyone else kills the command alone.
    """
    own = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"] if os.geteuid() == 0 else []
    return ["setpriv", "--pdeathsig", "KILL", "--", *own, *command]
