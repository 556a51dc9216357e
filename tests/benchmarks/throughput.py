"""How much of a link a move makes use of: an idle guest full of noise against iperf3, in turn, on the same shaped link.

    .venv/bin/python -m tests.benchmarks.throughput [FILE]     prints a table and writes JSON

As root, in a lab of its own (or in that of FERRY_LAB_NAME, if it is up); about two minutes. Answers 0 if the copy, from
its first sample to its last, gets at least SHARE of what iperf3 gets.
"""

import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ruamel.yaml import YAML

from orchestrator.model.guest import GuestId
from orchestrator.store import SqlStore
from tests.benchmarks.lab_as_found import lab_as_found, name_of_lab
from tests.integration.moves import until
from tests.lab import definition
from tests.lab.protocol import Lab
from tests.lab.topology import Guest, Workload

ROUNDS, SHARE = 4, 0.95
LINK = "400mbit"
_IPERF_SECONDS = 5
_LISTENS = "for i in 1 2 3 4 5 6 7 8 9 10; do ss -Hltn | grep -q ':5201 ' && exit; sleep 0.1; done; exit 1"
_NOISE = Workload(size=850, rate=0, kind="incompressible", pass_seconds=60, report_seconds=1)
FULL = Guest(name="full", host="kvm01", number=98, memory_mib=1024, workload=_NOISE)


@dataclass(frozen=True)
class Answer:
    """Mbit/s of payload, one figure a round; share: of the medians. whole: with all that libvirt does around it."""

    iperf: tuple[float, ...]
    copy: tuple[float, ...]
    whole: tuple[float, ...]
    share: float
    holds: bool


def measure(lab: Lab) -> Answer:
    """To and fro, each time after iperf3 in the same direction."""
    for host in ("kvm01", "kvm02"):
        lab.link(host, "migration", rate=LINK)
    lab.start_guest(FULL)
    until(lambda: "AT progress=" in lab.guest_console(FULL.name), "its memory is full", timeout=180)
    iperf: list[float] = []
    copies: list[tuple[float, float]] = []
    here, there = "kvm01", "kvm02"
    for _ in range(ROUNDS):
        iperf.append(by_iperf(lab, here, there))
        copies.append(by_ferry(lab, here, there))
        print(f"{here} to {there}: iperf3 {iperf[-1]:.1f}, copy {copies[-1][0]:.1f} Mbit/s", flush=True)
        here, there = there, here
    lab.destroy_guest(FULL.name)
    lab.mend()
    copy, whole = zip(*copies, strict=True)
    share = statistics.median(copy) / statistics.median(iperf)
    return Answer(iperf=tuple(iperf), copy=copy, whole=whole, share=share, holds=share >= SHARE)


def by_iperf(lab: Lab, here: str, there: str) -> float:
    """What one TCP connection gets, without its first second."""
    address = lab.topology.address(there, "migration")
    lab.run(there, ["iperf3", "-s", "-1", "-D", "-B", address]).checked()
    lab.run(there, ["sh", "-c", _LISTENS]).checked()
    client = ["iperf3", "-c", address, "-t", str(_IPERF_SECONDS), "-O", "1", "-J"]
    said = json.loads(lab.run(here, client).checked().stdout)
    return float(said["end"]["sum_received"]["bits_per_second"]) / 1e6


def by_ferry(lab: Lab, here: str, there: str) -> tuple[float, float]:
    """What the copy gets between its first and its last sample, and all in all by libvirt's own figures."""
    lab.ferry("migrate", f"{here}/{FULL.name}", "--to", there, "--yes", timeout=300).checked()
    config = YAML(typ="safe").load(lab.ferry_config.read_text())
    store = SqlStore(config["store"])
    run = store.runs(limit=1)[0].id
    samples = [sample for _, sample in store.samples(run, GuestId(definition.uuid_of(FULL.name)))]
    moving = [sample for sample in samples if sample.processed_bytes and sample.round <= 1]
    first, last = moving[0], moving[-1]
    seconds = (last.elapsed_ms - first.elapsed_ms) / 1000
    said = json.loads(lab.ferry("-o", "json", "history", "--last").checked().stdout)
    outcome = said["run"]["moves"][0]["outcome"]
    whole = outcome["transferred_bytes"] * 8 / outcome["libvirt_elapsed_ms"] / 1000
    return (last.processed_bytes - first.processed_bytes) * 8 / seconds / 1e6, whole


def main(arguments: Sequence[str]) -> int:
    """Measure, write JSON, print; 0 when it holds."""
    with lab_as_found(name_of_lab("throughput")) as lab:
        answer = measure(lab)
    Path(arguments[0] if arguments else "throughput.json").write_text(json.dumps(asdict(answer), indent=2) + "\n")
    print(f"iperf3 {statistics.median(answer.iperf):.1f} Mbit/s, copy {statistics.median(answer.copy):.1f} Mbit/s")
    print(f"share {answer.share:.3f}, at least {SHARE}; whole migration {statistics.median(answer.whole):.1f} Mbit/s")
    return 0 if answer.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
