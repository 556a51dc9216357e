"""The real doors keep their contracts on the real hosts of a lab.

They have to be opened where ferry stands, and that place is the lab's business: the suite in lab_doors.py is therefore
run by a pytest of its own, started there.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import lab
from tests.lab import place
from tests.lab.protocol import Lab

__all__ = ["lab"]
_ROOT = Path(__file__).parents[2]


@pytest.mark.lab
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", ["TestLibvirtHypervisor", "TestLibvirtEngine", "TestLibvirtOlder", "not TestLibvirt"])
def test_the_doors_keep_their_contracts_on_real_hosts(lab: Lab, part: str) -> None:
    suite = str(_ROOT / "tests" / "contract" / "lab_doors.py")
    inner = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", suite, "-k", part]
    name = place.name_for_tests()
    alone = ["-u", "PYTEST_XDIST_WORKER"]  # the name says it already
    argv = lab.controller_argv(["env", *alone, f"PYTHONPATH={_ROOT}", f"FERRY_LAB_NAME={name}", *inner])
    done = subprocess.run(argv, cwd=_ROOT, capture_output=True, text=True, check=False, timeout=580)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
