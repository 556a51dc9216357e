"""Something dies in the middle of a move on real hosts: what dies, when, and how the outcome is judged."""

import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.integration.moves import copying, places, under, until
from tests.lab.protocol import Lab
from tests.lab.topology import Guest, Workload

POLICY = """\
postcopy: {postcopy}
convergence: {{measure: {measure}}}
stall: {{patience: 10s}}
"""
SLOW = "60mbit"
RESUMES = 4
PATIENCE = 240.0


class Victim(StrEnum):
    """What dies. A daemon is started again a moment later, a link comes back."""

    FERRY = "ferry"
    SOURCE_DAEMON = "libvirtd of the source"
    DESTINATION_DAEMON = "libvirtd of the destination"
    DESTINATION_QEMU = "QEMU of the destination"
    LINK = "the migration link"


@dataclass(frozen=True)
class Crash:
    """One try. state: the one in which the victim dies, as ferry tells it. hosts: source and destination."""

    state: str
    victim: Victim
    hosts: tuple[str, str] = ("kvm03", "kvm04")

    @property
    def name(self) -> str:
        """As it is shown."""
        return f"{self.state}: {self.victim}"


@dataclass(frozen=True)
class Verdict:
    """What became of the guest. held: why, where it is. by_hand: what a person had to take away before `ferry resolve`
    could end the run, as docs/how-to/after-a-crash.md has it."""

    crash: str
    state: str
    where: str
    places: dict[str, str]
    intact: bool
    held: str
    leftovers: tuple[str, ...]
    struck: bool
    seconds: float
    by_hand: str = ""

    @property
    def good(self) -> bool:
        """Exactly once with intact memory, or held with an explanation that names every place where it is; and nothing
        is left behind that could not be taken away as the documentation says."""
        once = list(self.places.values()) == ["running"] and self.intact
        explained = bool(self.held) and not self.by_hand and all(host in self.held for host in self.places)
        return (once or explained) and not self.leftovers


def try_out(lab: Lab, crash: Crash, guest: Guest, directory: Path) -> Verdict:
    """Move the guest, let the victim die in that state, resume until the run is over, and look at all hosts."""
    begun = time.monotonic()
    environment = under(lab, directory, _policy(crash))
    source, destination = crash.hosts
    lab.link(source, "migration", rate=SLOW)
    try:
        process = lab.spawn_ferry("-o", "jsonl", "migrate", guest.name, "--to", destination, "--yes", env=environment)
        struck = _strike_in(lab, crash, guest, process)
        process.wait(timeout=PATIENCE)
        lab.link(source, "migration", rate="400mbit")
        outcome = _outcome(lab, environment, guest)
    finally:
        lab.mend()
    held = outcome["because"] if outcome["state"] in ("unclear", "post-copy paused") else ""
    by_hand = _without_phantom(lab, guest, destination, environment) if held else ""
    return Verdict(
        crash=crash.name,
        state=outcome["state"],
        where=outcome["where"] or "",
        places=places(lab, guest.name),
        intact=_intact(lab, guest),
        held=held,
        leftovers=_leftovers(lab, guest, held=bool(held) and not by_hand),
        struck=struck,
        seconds=time.monotonic() - begun,
        by_hand=by_hand,
    )


def _without_phantom(lab: Lab, guest: Guest, destination: str, environment: dict[str, str]) -> str:
    """Take away a copy for which there is no process, as a person would, and let ferry end the run."""
    where = places(lab, guest.name)
    if where.get(destination) != "paused" or _processes(lab, guest, destination):
        return ""
    lab.shell(destination, f"kill -KILL $(pgrep -x libvirtd); rm /run/libvirt/qemu/{guest.name}.xml").checked()
    lab.start_daemon(destination)
    last = json.loads(lab.ferry("-o", "json", "history", "--last", env=environment).checked().stdout)
    choice = (last["run"]["id"], guest.name, "--keep", "source", "--yes")
    lab.ferry("resolve", *choice, env=environment, timeout=PATIENCE).checked()
    return f"a copy without a process on {destination}"


def _policy(crash: Crash) -> str:
    """What leads to the wanted state."""
    postcopy = str(crash.state.startswith("post-copy")).lower()
    return POLICY.format(postcopy=postcopy, measure="always" if crash.state == "measuring" else "never")


def busy(name: str, number: int, crash: Crash) -> Guest:
    """A guest that leads to the wanted state: one that never ends by itself where it is to be split."""
    rate = 20 if crash.state.startswith("post-copy") else 2
    workload = Workload(size=32, rate=rate, kind="incompressible")
    return Guest(name=name, host=crash.hosts[0], number=number, memory_mib=192, workload=workload)


def _strike_in(lab: Lab, crash: Crash, guest: Guest, process: "subprocess.Popen[str]") -> bool:
    """Whether ferry was still at work when the victim died: it may end before a late state can be struck in."""
    for state in _states(process):
        if state == crash.state:
            at_work = process.poll() is None
            _strike(lab, crash, guest, process)
            return at_work
    return False


def _states(process: "subprocess.Popen[str]") -> Iterator[str]:
    """The states as ferry tells them, until it ends."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while (line := lines.get(timeout=PATIENCE)) is not None:
        entry: dict[str, Any] = json.loads(line).get("event", {}).get("entry", {})
        if entry.get("kind") == "seen":
            yield entry["state"]


def _strike(lab: Lab, crash: Crash, guest: Guest, process: "subprocess.Popen[str]") -> None:
    source, destination = crash.hosts
    if crash.state == "pre-copy":  # the state begins with the call, the destination's QEMU a moment later
        until(lambda: copying(lab, source, guest.name), "memory is on its way")
    match crash.victim:
        case Victim.FERRY:
            os.kill(process.pid, signal.SIGKILL)
        case Victim.SOURCE_DAEMON | Victim.DESTINATION_DAEMON:
            host = source if crash.victim is Victim.SOURCE_DAEMON else destination
            lab.shell(host, "kill -KILL $(pgrep -x libvirtd)").checked()
            time.sleep(1)
            lab.start_daemon(host)
        case Victim.DESTINATION_QEMU:
            pid_file = f"/run/libvirt/qemu/{guest.name}.pid"
            until(lambda: not lab.shell(destination, f"test -s {pid_file}").returncode, "the destination's QEMU starts")
            lab.kill_guest(guest.name, destination)
        case Victim.LINK:
            lab.link(source, "migration", up=False)
            time.sleep(12)
            lab.link(source, "migration", up=True)


def _outcome(lab: Lab, environment: dict[str, str], guest: Guest) -> dict[str, Any]:
    """Of the last run, resumed until nothing is open any more."""
    for _ in range(RESUMES):
        if "no run is open" in lab.ferry("status", env=environment).checked().stdout:
            break
        lab.ferry("resume", env=environment, timeout=PATIENCE)
    last = json.loads(lab.ferry("-o", "json", "history", "--last", env=environment).checked().stdout)
    (move,) = (m for m in last["run"]["moves"] if m["move"]["name"] == guest.name)
    outcome: dict[str, Any] = move["outcome"] or {"state": move["state"], "where": None, "because": ""}
    return outcome


def _intact(lab: Lab, guest: Guest) -> bool:
    """Whether the guest checks its memory once more, and has never found it changed."""
    try:
        lab.wait_for_guest(guest.name)
    except AssertionError:
        return False
    return "CORRUPT" not in lab.guest_console(guest.name)


def _leftovers(lab: Lab, guest: Guest, *, held: bool) -> tuple[str, ...]:
    """Definitions and processes of the guest where it does not run. Of one that is held everything is kept."""
    where = places(lab, guest.name)
    known = (f"{host}: {state}" for host, state in where.items() if state != "running" and not held)
    elsewhere = (host for host in lab.hosts() if host not in where and _processes(lab, guest, host))
    return (*known, *(f"{host}: a QEMU that libvirt does not know" for host in elsewhere))


def _processes(lab: Lab, guest: Guest, host: str) -> bool:
    """Whether a QEMU of the guest is there."""
    # The brackets keep the pattern from finding the shell that asks.
    counted = lab.shell(host, f"pgrep -fc 'guest=[{guest.name[0]}]{guest.name[1:]},' || true").stdout.strip()
    return counted not in ("0", "")
