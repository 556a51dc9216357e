"""`./lab test`: every test of the project, those against real hosts in two labs side by side.

Much of a lab's time is waiting, for a link that is slow on purpose or a daemon that gives up, so that two labs on two
cores need little more than half the time of one. Each lab gets half of the tests, in their order; one that has nothing
left takes over half of what the other one still has.
"""

import os
import subprocess
import sys
from collections.abc import Sequence

from tests.lab import place, topology
from tests.lab.namespace_lab import NamespaceLab

_WITHOUT_LAB = "--without-lab"
_NO_TESTS = 5  # pytest's word for: nothing selected
_PARTS = {"without the lab": "not lab and not benchmark", "against the lab": "lab and not benchmark"}
_WORKERS = ("gw0", "gw1")  # as pytest-xdist calls them


def run(name: str, arguments: Sequence[str]) -> int:
    """Answers 0 only when tests ran and none failed."""
    selected = [word for word in arguments if word != _WITHOUT_LAB]
    parts = list(_PARTS.items())[:1] if _WITHOUT_LAB in arguments else list(_PARTS.items())
    codes = []
    for title, marker in parts:
        print(f"== tests {title}", flush=True)
        codes.append(_pytest(name, marker, selected))
    if _WITHOUT_LAB not in arguments:
        for worker in _WORKERS:
            NamespaceLab(place.place_of(f"{name}-{worker}"), topology.read()).down()
    if all(code == _NO_TESTS for code in codes):
        return _NO_TESTS
    return next((code for code in codes if code not in (0, _NO_TESTS)), 0)


def _pytest(name: str, marker: str, arguments: Sequence[str]) -> int:
    spread = ["-n", str(len(_WORKERS)), "--dist", "worksteal"]
    command = [sys.executable, "-B", "-m", "pytest", *spread, "--durations", "12", "-m", marker, *arguments]
    environment = {**os.environ, "FERRY_LAB_NAME": name}
    return subprocess.run(command, cwd=place.CHECKOUT, env=environment, check=False).returncode
