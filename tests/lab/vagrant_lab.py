"""The lab made of virtual machines by Vagrant, for those who want real kernels: `python -m tests.lab.vagrant_lab up`.

Its Vagrantfile is checked by the tests; bringing it up needs a libvirt provider, Debian's boxes and, without KVM, an
hour of patience, so this implementation itself is not part of the test run and has not been tried where the rest has.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.lab import credentials, definition, furnishing, image, place, settings, topology
from tests.lab.lab_over_shell import LabOverShell
from tests.lab.process import checked
from tests.lab.protocol import Result

_DIRECTORY = place.CHECKOUT / "vagrant"


class VagrantLab(LabOverShell):
    """Implements `protocol.Lab` over ssh. The controller is this machine: it has the first address of each network."""

    def run(self, host: str, argv: Sequence[str], stdin: str = "", timeout: float = 60) -> Result:
        command = ["ssh", "-F", str(self.place.ssh_config), host, "--", definition.quoted(argv)]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
        return Result(tuple(argv), done.returncode, done.stdout, done.stderr)

    def living_hosts(self) -> Sequence[str]:
        rows = (line.split(",") for line in _vagrant("status", "--machine-readable").splitlines())
        return [row[1] for row in rows if row[2:4] == ["state", "running"]]

    def controller_argv(self, argv: Sequence[str]) -> list[str]:
        return list(argv)
