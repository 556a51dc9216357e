"""What ferry adds to a migration: `ferry migrate` against `virsh migrate` of one idle guest, alternating, in one run.

    .venv/bin/python -m tests.benchmarks.overhead [FILE]     prints a table and writes JSON

As root, in a lab of its own; it takes about two minutes and wants a quiet machine.

Three comparisons, all as medians of ROUNDS alternating measurements on the same machine in the same run:
- the whole process, against virsh plus a bare import of the libraries ferry is bound to (plus 0.5 s allowed);
- from `preparing` to `migrated` in the journal, without the wait for vCPU time, against libvirt's own time: that of its
  call, and for information that of its job statistics, which end before the source's QEMU has been ended;
- `ferry --help`, against `import click`.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.lab import place
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.protocol import Lab
from tests.lab.topology import Guest, Workload, read

ROUNDS = 10
PROCESS_ALLOWANCE = 0.5
JOURNAL_ALLOWANCE = 0.150
IMPORTS = "import libvirt, paramiko, pydantic, tenacity"
IDLE = Guest(name="idle-01", host="kvm01", number=99, memory_mib=256, workload=Workload(size=1, rate=0))


@dataclass(frozen=True)
class Beyond:
    """Seconds from `preparing` to `migrated` beyond libvirt's call, and beyond its statistics, without vcpu_wait."""

    call: float
    statistics: float
    vcpu_wait: float


@dataclass(frozen=True)
class Answer:
    """The medians in seconds, and whether each comparison holds."""

    rounds: int
    virsh: float
    ferry: float
    imports: float
    journal_beyond_call: float
    journal_beyond_statistics: float
    vcpu_wait: float
    help: float
    import_click: float
    process_holds: bool
    journal_holds: bool
    help_holds: bool


def timed(call: Callable[[], object]) -> float:
    """Seconds one call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def measure(lab: Lab) -> Answer:
    """Move the idle guest to and fro, by virsh and by ferry in turn."""
    lab.start_guest(IDLE)
    lab.wait_for_guest(IDLE.name)
    virsh: list[float] = []
    ferry: list[float] = []
    imports: list[float] = []
    beyond: list[Beyond] = []
    helps: list[float] = []
    clicks: list[float] = []
    here, there = "kvm01", "kvm02"
    for number in range(2 * ROUNDS):
        if number % 4 in (1, 2):  # ferry, virsh, virsh, ferry: each goes both ways
            virsh.append(timed(partial(by_virsh, lab, here, there)))
            imports.append(timed(lambda: python("-c", IMPORTS)))
            clicks.append(timed(lambda: python("-c", "import click")))
        else:
            ferry.append(timed(partial(by_ferry, lab, here, there)))
            helps.append(timed(lambda: python("-m", "orchestrator", "--help")))
            beyond.append(journal(lab))
        here, there = there, here
    lab.destroy_guest(IDLE.name)
    return answer(virsh, ferry, imports, beyond, helps, clicks)


def answer(
    virsh: Sequence[float],
    ferry: Sequence[float],
    imports: Sequence[float],
    beyond: Sequence[Beyond],
    helps: Sequence[float],
    clicks: Sequence[float],
) -> Answer:
    """Medians and verdicts."""
    median = statistics.median
    beyond_call = median(b.call for b in beyond)
    return Answer(
        rounds=len(ferry),
        virsh=median(virsh),
        ferry=median(ferry),
        imports=median(imports),
        journal_beyond_call=beyond_call,
        journal_beyond_statistics=median(b.statistics for b in beyond),
        vcpu_wait=median(b.vcpu_wait for b in beyond),
        help=median(helps),
        import_click=median(clicks),
        process_holds=median(ferry) <= median(virsh) + median(imports) + PROCESS_ALLOWANCE,
        journal_holds=beyond_call <= JOURNAL_ALLOWANCE,
        help_holds=median(helps) <= 3 * median(clicks),
    )


def by_virsh(lab: Lab, here: str, there: str) -> None:
    """The same move, peer-to-peer with explicit addresses, the way ferry asks libvirt for it."""
    address = lab.topology.address(there, "migration")
    config = config_of(lab)
    argv = [
        "virsh", "-c", with_command(lab, config["hosts"][here]["uri"]), "migrate", "--live", "--p2p",
        "--persistent", "--undefinesource", "--migrateuri", f"tcp://{address}", "--listen-address", address,
        IDLE.name, config["hosts"][there]["peer_uri"],
    ]  # fmt: skip
    subprocess.run(lab.controller_argv(argv), check=True, capture_output=True, timeout=120)


def with_command(lab: Lab, uri: str) -> str:
    """virsh must use the lab's SSH configuration too: a wrapper, as ferry makes one for itself."""
    wrapper = lab.ferry_config.with_name("overhead-ssh")
    wrapper.write_text(f'#!/bin/sh\nexec ssh -F {lab.ferry_config.with_name("ssh_config")} "$@"\n')
    wrapper.chmod(0o700)
    return f"{uri}?command={wrapper}&no_tty=1"


def config_of(lab: Lab) -> dict[str, Any]:
    """The lab's ferry.yaml."""
    loaded: dict[str, Any] = YAML(typ="safe").load(lab.ferry_config.read_text())
    return loaded


def by_ferry(lab: Lab, here: str, there: str) -> None:
    """One move, as an operator's script asks for it."""
    lab.ferry("migrate", f"{here}/{IDLE.name}", "--to", there, "--yes").checked()


def journal(lab: Lab) -> Beyond:
    """What the journal says of the last move."""
    said = json.loads(lab.ferry("-o", "json", "history", "--last").checked().stdout)
    outcome = said["run"]["moves"][0]["outcome"]
    wait = outcome["vcpu_wait_ms"] or 0
    own = outcome["duration_ms"] - wait
    return Beyond(
        call=(own - outcome["libvirt_call_ms"]) / 1000,
        statistics=(own - outcome["libvirt_elapsed_ms"]) / 1000,
        vcpu_wait=wait / 1000,
    )


def python(*args: str) -> None:
    """One Python process of the same virtual environment."""
    subprocess.run([sys.executable, *args], check=True, capture_output=True, timeout=60)


def main(lab: Lab, target: Path) -> int:
    """Measure, write JSON, print the table; 0 when every comparison holds."""
    found = measure(lab)
    target.write_text(json.dumps(asdict(found), indent=2) + "\n")
    print(f"median of {found.rounds}, alternating")
    print(f"  virsh migrate            {found.virsh:6.3f} s")
    print(f"  bare imports             {found.imports:6.3f} s")
    print(f"  ferry migrate            {found.ferry:6.3f} s   at most {found.virsh + found.imports + 0.5:.3f} s")
    print(f"  journal beyond the call  {found.journal_beyond_call:6.3f} s   at most {JOURNAL_ALLOWANCE:.3f} s")
    print(f"  … beyond the statistics  {found.journal_beyond_statistics:6.3f} s")
    print(f"  (wait for vCPU time      {found.vcpu_wait:6.3f} s, not counted)")
    print(f"  ferry --help             {found.help:6.3f} s   at most {3 * found.import_click:.3f} s")
    return 0 if found.process_holds and found.journal_holds and found.help_holds else 1


if __name__ == "__main__":
    made = NamespaceLab(place.place_of("overhead"), read())
    made.up()
    try:
        code = main(made, Path(sys.argv[1] if len(sys.argv) > 1 else "overhead.json"))
    finally:
        made.down()
    sys.exit(code)
