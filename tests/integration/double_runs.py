"""A guest is made to run on both hosts, in both known ways, and watched past ferry and libvirt while it does."""

import json
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.sighting import ProcessSeen
from orchestrator.ports import CommandResult
from orchestrator.survey.process import ShellProcesses
from tests.integration.moves import places, under, until
from tests.lab.protocol import Lab
from tests.lab.topology import Guest, Workload

SOURCE, DESTINATION = "kvm01", "kvm02"
# The last pages of a guest that writes all the time take some seconds on this link: time to break something.
SLOW, FAST = "150mbit", "400mbit"
POLICY = """\
downtime_budget: 6s
transport: tcp
convergence: {{measure: never}}
double_run: {double_run}
start_at_destination: {start}
"""
WORKLOAD = Workload(size=32, rate=25, kind="incompressible")
PATIENCE = 300.0
# Replies alone: without acknowledgements (shorter than these) the source's TCP would hold the request itself back.
REPLIES_LOST = """\
table inet replies_lost {
  chain input { type filter hook input priority -300; tcp sport 16514 meta length > 90 drop; }
}
"""


@dataclass(frozen=True)
class Try:
    """One try. thaws: seconds after libvirt's answer at which the frozen daemon goes on; None: its replies are lost."""

    thaws: float | None
    start: str = "at-once"
    double_run: str = "suspend-source"

    @property
    def name(self) -> str:
        """As it is shown."""
        broken = "replies lost" if self.thaws is None else f"frozen, thaws after {self.thaws:.0f} s"
        return f"{broken}, {self.start}"


@dataclass(frozen=True)
class Seen:
    """What came of it. twice: seconds in which both copies ran. reported: seconds from the moment the second copy ran
    to the end of ferry; None: it never did, or for less than the observer can see. downtime_ms: of a move that arrived,
    by libvirt, or from outside where nothing was broken."""

    name: str
    state: str
    code: str | None
    because: str
    exit_code: int
    places: dict[str, str]
    twice: float
    reported: float | None
    downtime_ms: int | None
    seconds: float


class _LabShell:
    """A host's shell past ssh."""

    def __init__(self, lab: Lab, host: str) -> None:
        self._lab, self._host = lab, host

    def run(self, script: str, *, within: float) -> CommandResult | Unknown:
        said = self._lab.run(self._host, ["sh", "-c", script], timeout=within)
        return CommandResult(status=said.returncode, stdout=said.stdout, stderr=said.stderr)


class Observer:
    """Reads the CPU time of the guest's virtual CPUs on both hosts, over and over: it grows only where it runs."""

    def __init__(self, lab: Lab, uuid: str) -> None:
        self._processes = {h: ShellProcesses(HostName(h), _LabShell(lab, h)) for h in (SOURCE, DESTINATION)}
        self._uuid = GuestId(uuid)
        self._grown: dict[str, list[tuple[float, float]]] = {SOURCE: [], DESTINATION: []}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Observer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def both(self) -> tuple[float, float] | None:
        """From when until when copies ran on both hosts; None: they never did."""
        both = [
            (max(a, c), min(b, d))
            for a, b in self._grown[SOURCE]
            for c, d in self._grown[DESTINATION]
            if max(a, c) < min(b, d)
        ]
        return (min(begin for begin, _ in both), max(end for _, end in both)) if both else None

    def _watch(self) -> None:
        last: dict[str, tuple[float, ProcessSeen]] = {}
        while not self._over.wait(0.05):
            for host, processes in self._processes.items():
                seen, at = processes.look(self._uuid, within=10), time.monotonic()
                if not isinstance(seen, ProcessSeen):
                    last.pop(host, None)
                    continue
                before = last.get(host)
                if before and before[1].pid == seen.pid and seen.vcpu_seconds > before[1].vcpu_seconds:
                    self._grown[host].append((before[0], at))
                last[host] = (at, seen)


def guest(name: str, number: int) -> Guest:
    """One whose last round is long, and which never rests."""
    return Guest(name=name, host=SOURCE, number=number, memory_mib=192, workload=WORKLOAD)


def try_out(lab: Lab, one: Try, made: Guest, directory: Path) -> Seen:
    """Move the guest, break the destination's daemon in the switchover, and wait for what ferry says."""
    environment = under(lab, directory, POLICY.format(double_run=one.double_run, start=one.start))
    uuid = lab.run(SOURCE, ["virsh", "domuuid", made.name]).checked().stdout.strip()
    lab.link(SOURCE, "migration", rate=SLOW)
    begun = time.monotonic()
    try:
        with Observer(lab, uuid) as observer:
            process = lab.spawn_ferry("-o", "json", "migrate", made.name, "--to", DESTINATION, "--yes", env=environment)
            until(lambda: _halted(lab, made.name) or process.poll() is not None, "the switchover", timeout=90)
            assert process.poll() is None, f"ferry ended before it: {process.communicate()}"
            _break(lab, one, made.name)
            said, _ = process.communicate(timeout=PATIENCE)
            ended = time.monotonic()
            time.sleep(0.5)
        (move,) = json.loads(said)["run"]["moves"]
        return _seen(lab, one, made, move["outcome"], observer, (begun, ended, process.returncode))
    finally:
        lab.link(SOURCE, "migration", rate=FAST)
        lab.mend()


def moved(lab: Lab, start: str, made: Guest, directory: Path) -> Seen:
    """The same move, unbroken and on the whole link: how long the guest stands still."""
    environment = under(lab, directory, POLICY.format(double_run="suspend-source", start=start))
    begun = time.monotonic()
    said = lab.ferry("-o", "json", "migrate", made.name, "--to", DESTINATION, "--yes", env=environment)
    ended = time.monotonic()
    (move,) = json.loads(said.stdout)["run"]["moves"]
    outcome = move["outcome"]
    # Of a guest that arrives paused, libvirt ends its own count before the guest runs: the outside probe does not.
    return Seen(
        name=f"unhindered, {start}",
        state=outcome["state"],
        code=outcome["code"],
        because=outcome["because"],
        exit_code=said.returncode,
        places=places(lab, made.name),
        twice=0.0,
        reported=None,
        downtime_ms=outcome["blackout_ms"],
        seconds=ended - begun,
    )


def _break(lab: Lab, one: Try, name: str) -> None:
    if one.thaws is None:
        lab.nft(SOURCE, REPLIES_LOST)
        return
    lab.freeze_daemon(DESTINATION)
    # libvirt's answer: the source gives the frozen peer up and lets its copy go on, or has let go of it.
    until(lambda: not _halted(lab, name), "the source's libvirt gives up", timeout=90)
    time.sleep(one.thaws)
    lab.thaw_daemon(DESTINATION)


def _seen(
    lab: Lab, one: Try, made: Guest, outcome: dict[str, Any], observer: Observer, when: tuple[float, float, int]
) -> Seen:
    begun, ended, code = when
    both = observer.both()
    return Seen(
        name=one.name,
        state=outcome["state"],
        code=outcome["code"],
        because=outcome["because"],
        exit_code=code,
        places=places(lab, made.name),
        twice=both[1] - both[0] if both else 0.0,
        reported=ended - both[0] if both else None,
        downtime_ms=outcome["downtime_ms"],
        seconds=ended - begun,
    )


def _halted(lab: Lab, name: str) -> bool:
    return lab.run(SOURCE, ["virsh", "domstate", "--reason", name]).stdout.startswith("paused (migrat")
