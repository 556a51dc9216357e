"""The shell of the machine that ferry itself runs on, behind the same door as those of the hosts."""

import subprocess

from orchestrator.model.facts import Unknown
from orchestrator.ports import CommandResult


class OwnShell:
    """Implements `ports.HostShell`. It inherits the environment of ferry."""

    def run(self, script: str, *, within: float) -> CommandResult | Unknown:
        """Run a POSIX shell script."""
        try:
            done = subprocess.run(
                ["/bin/sh"], input=script, capture_output=True, text=True, timeout=within, check=False
            )
        except subprocess.TimeoutExpired:
            return Unknown(why=f"no answer within {within:.3g} s", code="host.shell", leg="the controller's own shell")
        except OSError as error:
            return Unknown(why=str(error), code="host.shell", leg="the controller's own shell")
        return CommandResult(status=done.returncode, stdout=done.stdout, stderr=done.stderr)
