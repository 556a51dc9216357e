"""Two hundred moves to and fro by one ferry process: what it and the hosts keep of them.

    .venv/bin/python -m tests.benchmarks.soak [--lab NAME] [--moves 200] FILE

As root, in a lab of its own; about ten minutes. FILE takes one JSON line a move. Exit code 0 only if every move
arrived, memory and file descriptors of the process are flat between the first and the last quarter, and the hosts have
what they had before.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path

from tests.lab import place
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.protocol import Lab
from tests.lab.topology import Guest, Workload, read

GUEST = Guest(name="soak-01", host="kvm01", number=99, memory_mib=128, workload=Workload(size=8, rate=1))
TOUR = ("kvm02", "kvm01", "kvm03", "kvm04", "kvm01")
# What a host keeps of a move if something keeps it: processes, sessions, files of libvirt and ferry.
RESIDUE = """
ls /run/libvirt/qemu /var/lib/libvirt/qemu /var/log/libvirt/qemu /srv/shared 2>/dev/null |
    grep -v '^console$' | sed 's/^domain-[0-9]*-/domain-/'
pgrep -a qemu-system | wc -l
ls /tmp /var/tmp
"""
MEMORY_MAY_GROW = 1.05  # of the median between the first and the last quarter: Python's own pools breathe


@dataclass(frozen=True)
class Turn:
    """One move, and the process after it."""

    number: int
    to: str
    state: str
    rss_kib: int
    descriptors: int
    threads: int
    duration_ms: int


def work(moves: int) -> None:
    """In the controller's place: move the guest so often, in this one process, and print a line each time."""
    from orchestrator import wiring  # noqa: PLC0415 - only the child is ferry
    from orchestrator.engine.stop import Stop  # noqa: PLC0415
    from orchestrator.model.request import MoveRequest  # noqa: PLC0415
    from orchestrator.operations.apply import apply  # noqa: PLC0415
    from orchestrator.operations.propose import propose  # noqa: PLC0415

    settings = wiring.load_settings(os.environ["FERRY_CONFIG"])
    doors = wiring.real(settings)
    who = wiring.who(settings, ("soak",), "soak")
    for number, to in enumerate(islice(cycle(TOUR), moves), 1):
        plan = propose(doors, MoveRequest(guests=(GUEST.name,), to=to))
        report = apply(doors, plan, who, (), Stop())
        outcome = report.moves[0].outcome
        state = "blocked" if outcome is None else outcome.state.value
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        turn = Turn(
            number=number,
            to=to,
            state=state,
            rss_kib=int(status["VmRSS"].split()[0]),
            descriptors=len(list(Path("/proc/self/fd").iterdir())),
            threads=int(status["Threads"]),
            duration_ms=0 if outcome is None else outcome.duration_ms or 0,
        )
        print(json.dumps(asdict(turn)), flush=True)


def residue(lab: Lab) -> dict[str, str]:
    """What every host has besides the guest itself."""
    return {host: lab.shell(host, RESIDUE).stdout for host in lab.hosts()}


def measure(lab: Lab, moves: int, file: Path) -> tuple[list[Turn], dict[str, str]]:
    """The moves, and on which hosts something is different afterwards."""
    lab.start_guest(GUEST)
    lab.wait_for_guest(GUEST.name)
    for host in TOUR:  # what the first visit leaves for good (a log, a directory of libvirt) is no residue
        lab.ferry("migrate", GUEST.name, "--to", host, "--yes")
    before = residue(lab)
    argv = lab.controller_argv([sys.executable, "-m", "tests.benchmarks.soak", "--work", str(moves)])
    environment = {**os.environ, "FERRY_CONFIG": str(lab.ferry_config)}
    turns = []
    with file.open("a") as out, subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout or ():
            out.write(line)
            turns.append(Turn(**json.loads(line)))
            print(line, end="", flush=True)
    after = residue(lab)
    lab.wait_for_guest(GUEST.name)
    assert "CORRUPT" not in lab.guest_console(GUEST.name)
    return turns, {
        host: f"before:\n{before[host]}\nafter:\n{after[host]}" for host in before if before[host] != after[host]
    }


def flat(turns: list[Turn]) -> dict[str, tuple[float, float]]:
    """Medians of the first and the last quarter."""
    quarter = max(len(turns) // 4, 1)
    return {
        what: (
            statistics.median(getattr(t, what) for t in turns[:quarter]),
            statistics.median(getattr(t, what) for t in turns[-quarter:]),
        )
        for what in ("rss_kib", "descriptors", "threads", "duration_ms")
    }


def main() -> int:
    """Answers 0 only if nothing grows and nothing is left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lab", default="soak")
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--work", type=int)
    parser.add_argument("file", type=Path, nargs="?")
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments.work)
        return 0
    lab = NamespaceLab(place.place_of(arguments.lab), read())
    lab.up()
    try:
        turns, different = measure(lab, arguments.moves, arguments.file)
    finally:
        lab.down()
    medians = flat(turns)
    arrived = sum(turn.state == "migrated" for turn in turns)
    print(f"{arrived} of {arguments.moves} moves arrived")
    for what, (first, last) in medians.items():
        print(f"{what:12} {first:12.0f} {last:12.0f}   x {last / max(first, 1):.3f}")
    for host, text in different.items():
        print(f"{host} is not as it was:\n{text}")
    grown = medians["rss_kib"][1] > MEMORY_MAY_GROW * medians["rss_kib"][0]
    more = medians["descriptors"][1] > medians["descriptors"][0] or medians["threads"][1] > medians["threads"][0]
    return 1 if arrived < arguments.moves or grown or more or different else 0


if __name__ == "__main__":
    sys.exit(main())
