"""What the integration tests ask again and again: guests of their own, ferry's answers, and where a guest is."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.lab.protocol import Lab, Result
from tests.lab.topology import Guest, Workload

BUSY = Workload(size=32, rate=20, kind="small")
QUIET = Workload(size=16, rate=1, kind="small")
_numbers: Iterator[int] = iter(range(101, 250))


def guest(name: str, host: str, **more: Any) -> Guest:
    """A small guest with an address nobody else has used in this session."""
    return Guest(name=name, host=host, number=next(_numbers), **{"workload": QUIET, "memory_mib": 192, **more})


def started(lab: Lab, name: str, host: str, **more: Any) -> Guest:
    """Start a guest and wait until it has checked its memory."""
    made = guest(name, host, **more)
    lab.start_guest(made)
    lab.wait_for_guest(made.name)
    return made


def places(lab: Lab, name: str) -> dict[str, str]:
    """Host → state, wherever a host knows the guest."""
    return {host: g.state for host, guests in lab.guests_everywhere().items() for g in guests if g.name == name}


def migrate(lab: Lab, *args: str, timeout: float = 120) -> Result:
    """`ferry migrate … --yes` with its answer as JSON."""
    return lab.ferry("-o", "json", "migrate", *args, "--yes", timeout=timeout)


def virsh_migrate(lab: Lab, name: str, *more: str, to: str = "kvm02", network: str = "migration") -> list[str]:
    """The command by which somebody moves a guest without ferry, to be run at its source."""
    address = lab.topology.address(to, network)
    where = ("--persistent", "--undefinesource", "--migrateuri", f"tcp://{address}", f"qemu+tls://{to}/system")
    return ["virsh", "-c", "qemu:///system", "migrate", "--live", "--p2p", *more, name, *where]


def outcomes(result: Result) -> Mapping[str, Mapping[str, Any]]:
    """Guest name → outcome, from the answer of migrate, resume or history."""
    answer = json.loads(result.stdout)
    runs = answer.get("runs") or [answer["run"]]
    return {move["move"]["name"]: move["outcome"] for run in runs for move in run["moves"]}


def copying(lab: Lab, host: str, name: str) -> bool:
    """Whether memory of the guest is on its way from this host."""
    said = lab.run(host, ["virsh", "domjobinfo", name]).stdout
    return "Outgoing migration" in said and "Memory processed" in said


def until(condition: Callable[[], bool], what: str, timeout: float = 30) -> None:
    """Wait for something that happens by itself."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout:.0f} s: {what}"
        time.sleep(0.1)


def intact(lab: Lab, name: str) -> None:
    """The guest checks its memory once more, and has never found it changed."""
    lab.wait_for_guest(name)
    assert "CORRUPT" not in lab.guest_console(name)


LAB_POLICY = """\
name: {name}
memory_reserve: 256MiB
checks: {{severity: {{host-load: note, memory-pressure: note, disk-bound: note, emulated-memory: note}}}}
"""


def under(lab: Lab, directory: Path, policy: str) -> dict[str, str]:
    """The environment in which ferry works under another policy: lines added to what every lab needs."""
    (directory / "tried.yaml").write_text(LAB_POLICY.format(name="tried") + policy)
    lines = [line for line in lab.ferry_config.read_text().splitlines() if not line.startswith("policy:")]
    config = directory / "ferry.yaml"
    config.write_text("\n".join([*lines, "policy: tried.yaml", ""]))
    return {"FERRY_CONFIG": str(config)}
