"""Three moves over one link of 400 Mbit/s, half of which is theirs: together they take half, and each a third of it.

    .venv/bin/python -m tests.benchmarks.shares [--lab NAME] FILE     prints a table and writes JSON

As root, in a lab of its own (or in that of --lab, if it is up); about three minutes. The guests are of three sizes, so
that one move ends after the other and the rest is dealt anew. The link is read from its interface's counter, the moves
from libvirt. libvirt takes whole MiB/s, and QEMU exceeds them a little (orchestrator/limits/shares.py): half of the
link is 23.84, dealt as 8, 7 and 7.
Answers 0 only if the judge (flows.py) has no complaint.
"""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.flows import Count, Verdict, gaps, judge
from tests.benchmarks.lab_as_found import lab_as_found, lab_parser
from tests.integration.moves import places, until
from tests.integration.stores import FLOOR, SqliteStore, configured
from tests.integration.traffic import HERTZ, Look, Watch
from tests.lab import namespaces
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.topology import Guest, Workload

SOURCE, DESTINATION, NETWORK = "kvm01", "kvm02", "migration"
LINK, CAPACITY, PERCENT = "400mbit", "400Mbit/s", 50
SHARE = 200e6
SIZES = {"small": (90, 256), "middle": (210, 384), "large": (480, 704)}  # MiB of noise, of memory
POLICY = f"""\
limits: {{live: 3, floor: {FLOOR}}}
convergence: {{measure: never}}
transport: tcp
"""
_SENT = 8  # the ninth number of a line of /proc/net/dev


class Counter:
    """Reads what the source's interface has sent, from entering the context to leaving it."""

    def __init__(self, lab: NamespaceLab) -> None:
        first = namespaces.first_process(lab.place.host_namespace(SOURCE))
        self._file = Path(f"/proc/{first}/net/dev")
        self._device = f"{lab.topology.networks[NETWORK].interface}:"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True)
        self.counts: list[Count] = []

    def __enter__(self) -> "Counter":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _count(self) -> None:
        while not self._stop.wait(1 / HERTZ):
            at = time.time()
            (line,) = (one for one in self._file.read_text().splitlines() if one.split()[0] == self._device)
            self.counts.append(Count(at, int(line.split()[1 + _SENT])))


def measured(lab: NamespaceLab, directory: Path) -> tuple[list[Look], list[Count]]:
    """All three at once, by one ferry."""
    for number, (name, (size, memory)) in enumerate(SIZES.items()):
        workload = Workload(size=size, rate=0, kind="incompressible", pass_seconds=60, report_seconds=2)
        lab.start_guest(Guest(name=name, host=SOURCE, number=131 + number, memory_mib=memory, workload=workload))
    for name in SIZES:
        until(lambda name=name: "AT progress=" in lab.guest_console(name), "its memory is full", timeout=180)
    for host in (SOURCE, DESTINATION):
        lab.link(host, NETWORK, rate=LINK)
    there = {"cidr": str(lab.topology.networks[NETWORK].cidr), "roles": ["migration"]}
    networks = {NETWORK: {**there, "capacity": CAPACITY, "share": PERCENT}}
    others = {name: {"cidr": str(lab.topology.networks[name].cidr)} for name in ("fast", "storage", "guest")}
    env = configured(
        lab, directory / "c", POLICY, store=SqliteStore(directory / "ferry.db"), networks=networks | others
    )
    with Watch(lab) as watch, Counter(lab) as counter:
        lab.ferry("migrate", *SIZES, "--to", DESTINATION, "--yes", env=env, timeout=300).checked()
    for name in SIZES:
        assert places(lab, name) == {DESTINATION: "running"}, name
    looks = [look for look in watch.looks if look.host == SOURCE]
    return looks, counter.counts


def table(verdict: Verdict, longest: float) -> str:
    """One line a phase."""
    lines = ["moves  seconds   link Mbit/s     each"]
    for phase in verdict.phases:
        each = ", ".join(f"{name} {rate / 1e6:.1f}" for name, rate in phase.rates.items())
        carried = f"{phase.lowest / 1e6:.1f} to {phase.highest / 1e6:.1f}"
        lines.append(f"{len(phase.rates):5}  {phase.end - phase.begin:7.1f}   {carried:14}  {each}")
    lines.append(f"counter looked at every {longest:.2f} s at least")
    return "\n".join([*lines, *(f"BAD: {one}" for one in verdict.complaints)])


def main(words: Sequence[str]) -> int:
    """Measure, write JSON, print; 0 when nothing is wrong."""
    parser = lab_parser(__doc__, "shares")
    parser.add_argument("file", type=Path)
    chosen = parser.parse_args(words)
    with ExitStack() as stack:
        lab = stack.enter_context(lab_as_found(chosen.lab))
        stack.callback(lambda: [lab.destroy_guest(name) for name in SIZES])
        stack.callback(lab.mend)
        looks, counts = measured(lab, Path(stack.enter_context(tempfile.TemporaryDirectory())))
    verdict = judge(SHARE, looks, counts, moves=len(SIZES))
    kept = {"share": SHARE, "verdict": asdict(verdict), "counter_gap": gaps(counts)}
    seconds = [{"at": count.at, "sent": count.sent} for count in counts[:: int(HERTZ)]]
    chosen.file.write_text(json.dumps({**kept, "counter": seconds}, indent=2) + "\n")
    print(table(verdict, gaps(counts)))
    return 1 if verdict.complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
