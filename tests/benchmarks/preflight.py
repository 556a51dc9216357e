"""How long all checks of an evacuation take at 64 hosts of 125 guests, from saved facts, on one core.

`python -m tests.benchmarks.preflight [RESULT.json]`
"""

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from orchestrator import documents
from orchestrator.checks.registry import RULES
from orchestrator.model.facts import Facts
from orchestrator.model.host import HostName
from orchestrator.model.request import MoveRequest
from orchestrator.planning.planner import candidates, plan
from tests.unit.checks.builders import GIB, TODAY, disk, guest, host, interface, link, pair, settings, uuid

HOSTS, GUESTS, TIMES, LIMIT_SECONDS = 64, 125, 5, 2.0
T = TypeVar("T")


def world() -> tuple[Facts, tuple[str, ...]]:
    """Healthy hosts with guests of two disks; one of them is to be emptied, and everything was measured for that."""
    names = tuple(f"kvm{number:02}" for number in range(1, HOSTS + 1))
    hosts = {}
    for number, name in enumerate(names):
        guests = [
            guest(
                f"{name}-guest-{n:03}",
                uuid=uuid(number * GUESTS + n),
                memory_bytes=GIB,
                disks=(disk(f"/srv/shared/{name}-{n}.img"), disk(f"/srv/shared/{name}-{n}-data.img", target="vdb")),
            )
            for n in range(GUESTS)
        ]
        cards = (interface("br0", kind="bridge"), interface("eth1", addresses=(f"10.0.2.{number + 1}",)))
        hosts[HostName(name)] = host(name, *guests, interfaces=cards, memory_total_bytes=256 * GIB)
    leaving = hosts[HostName(names[0])].guests
    others = [HostName(name) for name in names[1:]]
    facts = Facts(
        hosts=hosts,
        links={
            (*way, "migration"): link(*way)
            for other in others
            for way in ((HostName(names[0]), other), (other, HostName(names[0])))
        },
        pairs={(g.uuid, other): pair(g, names[0], other) for g in leaving for other in others},
    )
    return facts, names


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """The answer, and the processor time it took."""
    begun = time.process_time()
    return work(), time.process_time() - begun


def main() -> int:
    """Measure, print, and write down."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    facts, names = world()
    text = documents.as_text(documents.facts_document(facts, datetime.now(UTC)))
    (read, _), reading = timed(lambda: documents.read_facts(text, "saved"))
    rules = settings(*names)
    request = MoveRequest(guests=(), leaving=HostName(names[0]))
    planning = []
    for _ in range(TIMES):
        result, took = timed(lambda: (candidates(request, rules, read, TODAY), plan(request, rules, read, TODAY))[1])
        planning.append(took)
    figures = {
        "hosts": HOSTS,
        "guests": HOSTS * GUESTS,
        "rules": len(RULES),
        "moves": len(result.moves),
        "findings": len(result.findings),
        "seconds": statistics.median(planning),
        "seconds_all": planning,
        "reading_seconds": reading,
        "saved_bytes": len(text),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(figures, indent=2))
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(figures, indent=2) + "\n")
    return 0 if figures["seconds"] < LIMIT_SECONDS and len(result.moves) == GUESTS else 1


if __name__ == "__main__":
    sys.exit(main())
