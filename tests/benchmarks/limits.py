"""Twenty ferries at once, under limits that let three moves go: limits hold, slots are used, deaths free nothing early.

    .venv/bin/python -m tests.benchmarks.limits [--store sqlite|postgresql|restarted]… [--lab NAME] DIRECTORY

As root, in a lab of its own (or in that of --lab, if it is up); six minutes to boot twenty guests, then five for each
store: the second one has them go back, and so on. Prints a table and writes JSON for each; answers 0 only if the judge
(slots.py) has no complaint. `restarted` is PostgreSQL that is stopped and started again, and whose connections are cut,
in the middle. What moves is asked of libvirt, twenty times a second; from ferry's journals comes only when a slot was
asked for, given and given back.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

from tests.benchmarks.lab_as_found import lab_as_found, lab_parser
from tests.benchmarks.slots import Rule, Task, Verdict, judge
from tests.integration.moves import places, until
from tests.integration.stores import FLOOR, Kept, PostgresStore, Row, SqliteStore, configured, gaps, journal
from tests.integration.traffic import Moment, Watch
from tests.lab.definition import uuid_of
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.postgres import Postgres
from tests.lab.topology import Guest, Workload

RULE = Rule(per_host=2, total=3)
LINK = "100mbit"
COUNT, KILLED = 20, (1, 4, 7, 10, 13)  # the processes of the moves that begin as these, from 0, are killed
KILL_AFTER = 4.0  # seconds for which libvirt has shown the move
CUTS, RESTART, AWAY = (40.0, 120.0), 80.0, 6.0  # seconds after the first move was seen; so long the server is away
PATIENCE, RESUMES = 560.0, 6
POLICY = f"""\
limits: {{live: {RULE.per_host}, total: {RULE.total}, floor: {FLOOR}}}
convergence: {{measure: never}}
transport: tcp
"""
# Noise that nobody changes: 250 MB on the way with the kernel, which this link carries in 21 s. Twenty that check
# all of it often would leave no processor for anybody else; nor do twenty that do nothing where they are emulated, so
# that three of four stand still while ferries are at work, and check their memory afterwards.
WORKLOAD = Workload(size=210, rate=0, kind="incompressible", pass_seconds=240, report_seconds=5)
AWAKE = 4  # of so many guests one
_TOLD = "AT progress="
_WAITING = ("planned", "waiting")


@dataclass
class Ferry:
    """One process and the guest that it moves."""

    task: Task
    process: "subprocess.Popen[str]"


def tasks(hosts: Sequence[str]) -> list[Task]:
    """As many guests from each host to each of the others as it can be made even."""
    ways = [(a, b) for step in range(1, len(hosts)) for a, b in zip(hosts, [*hosts[step:], *hosts[:step]], strict=True)]
    return [Task(f"slot-{number:02}", *ways[number % len(ways)]) for number in range(COUNT)]


def prepared(lab: NamespaceLab, wanted: Sequence[Task]) -> None:
    """Slow links, and every guest at its source with its memory full."""
    for host in lab.hosts():
        lab.link(host, "migration", rate=LINK)
    for number, task in enumerate(wanted):
        guest = Guest(name=task.guest, host=task.source, number=101 + number, memory_mib=320, workload=WORKLOAD)
        lab.start_guest(guest)
        if number % 2:  # two processors boot two guests in the time of one
            for one in wanted[number - 1 : number + 1]:
                until(lambda one=one: _TOLD in lab.guest_console(one.guest), "its memory is full", timeout=120)


def measured(
    lab: NamespaceLab, wanted: Sequence[Task], store: Kept, directory: Path, *, restarted: bool
) -> tuple[list[Task], list[Moment]]:
    """All processes at once, some of them killed; then whatever they left is resumed."""
    env = configured(lab, directory, POLICY, store=store)
    lab.ferry("-o", "json", "status", env=env).checked()  # the store is made before twenty want to
    asleep = [task.guest for number, task in enumerate(wanted) if number % AWAKE]
    _tell(lab, "suspend", asleep)
    with Watch(lab) as watch, ExitStack() as stack:
        ferries = [_spawned(lab, task, directory, env, stack) for task in wanted]
        trouble = store.postgres if restarted and isinstance(store, PostgresStore) else None
        _attend(watch, ferries, trouble)
        until(lambda: not watch.now(), "what killed processes left behind has arrived", timeout=120)
    for _ in range(RESUMES):
        if "no run is open" in lab.ferry("status", env=env).stdout:
            break
        lab.ferry("resume", env=env, timeout=240)
    _tell(lab, "resume", asleep)
    rows = journal(store)
    return [_told(lab, ferry, rows) for ferry in ferries], watch.moments()


def _tell(lab: NamespaceLab, word: str, guests: Sequence[str]) -> None:
    for guest in guests:
        for host in places(lab, guest):
            lab.run(host, ["virsh", "-c", "qemu:///system", word, guest]).checked()


def _spawned(lab: NamespaceLab, task: Task, directory: Path, env: Mapping[str, str], stack: ExitStack) -> Ferry:
    said: IO[str] = stack.enter_context((directory / f"{task.guest}.log").open("w"))
    argv = lab.ferry_argv(["migrate", f"{task.source}/{task.guest}", "--to", task.destination, "--yes"])
    process = subprocess.Popen(
        argv, env=lab.controller_environment(env), stdin=subprocess.DEVNULL, stdout=said, stderr=said, text=True,
        start_new_session=True,
    )  # fmt: skip
    stack.callback(process.kill)
    return Ferry(task, process)


def _attend(watch: Watch, ferries: Sequence[Ferry], trouble: Postgres | None) -> None:
    """Until every process has ended: kill those that are to be, and the store where it is to be."""
    began: dict[str, float] = {}
    steps = [*((after, "cut") for after in CUTS), (RESTART, "restart")] if trouble else []
    deadline = time.monotonic() + PATIENCE
    while any(ferry.process.poll() is None for ferry in ferries) and time.monotonic() < deadline:
        now = time.time()
        for guest in watch.now():
            began.setdefault(guest, now)
        for number in KILLED:
            guest = list(began)[number] if len(began) > number else None
            for ferry in ferries:
                if ferry.task.guest == guest and ferry.task.killed is None and now - began[guest] > KILL_AFTER:
                    os.kill(ferry.process.pid, signal.SIGKILL)
                    ferry.task = replace(ferry.task, killed=time.time())
                    print(f"killed the process of {guest}", flush=True)
        first = min(began.values(), default=now)
        for step in [one for one in steps if now - first > one[0]]:
            steps.remove(step)
            assert trouble is not None
            print(f"store: {step[1]}", flush=True)
            if step[1] == "cut":
                trouble.cut_connections()
            else:
                trouble.restart(away=AWAY, quick=True)
        time.sleep(0.1)


def _told(lab: NamespaceLab, ferry: Ferry, rows: Sequence[Row]) -> Task:
    """The move with all that is known of it at the end."""
    task = ferry.task
    own = [row for row in rows if row.guest == uuid_of(task.guest)]
    begun = [row.at for row in own if row.kind == "seen" and row.body["state"] not in _WAITING]
    ended = [row.at for row in own if row.kind == "ended"]
    return replace(
        task,
        queued=own[0].at if own else None,
        admitted=begun[0] if begun else None,
        ended=ended[0] if ended and task.killed is None else None,
        exit_code=ferry.process.poll(),
        where=places(lab, task.guest),
        intact=_works(lab, task.guest),
    )


def _works(lab: NamespaceLab, name: str) -> bool:
    """It goes on checking its memory, and has found nothing wrong."""
    before = lab.guest_console(name).count(_TOLD)
    try:
        until(lambda: lab.guest_console(name).count(_TOLD) > before, "it tells of more", timeout=30)
    except AssertionError:
        return False
    return "CORRUPT" not in lab.guest_console(name)


def table(done: Sequence[Task], verdict: Verdict) -> str:
    """One line a move, and the figures."""
    start = min((task.queued for task in done if task.queued is not None), default=0.0)

    def after(moment: float | None) -> str:
        return "      -" if moment is None else f"{moment - start:7.1f}"

    lines = ["guest    way              asked admitted   ended  moved"]
    for task in sorted(done, key=lambda one: one.admitted or 1e12):
        note = f"killed at {after(task.killed).strip()}, slot kept for {verdict.outlived.get(task.guest, 0):.1f} s"
        lines.append(
            f"{task.guest}  {task.source} to {task.destination} {after(task.queued)}  {after(task.admitted)} "
            f"{after(task.ended)} {verdict.seconds.get(task.guest, 0):6.1f}  {note if task.killed else ''}"
        )
    used = "nothing waited" if verdict.utilisation is None else f"{verdict.utilisation:.1%} of the allowed slots used"
    lines.append(
        f"at {verdict.hertz:.1f} Hz at most {verdict.most_in_all} moves at once, at a host "
        f"{max(verdict.most_at_host.values(), default=0)}; {used}; longest wait {verdict.longest_wait:.0f} s"
    )
    return "\n".join([*lines, *(f"BAD: {one}" for one in verdict.complaints)])


def changes(moments: Sequence[Moment]) -> list[dict[str, object]]:
    """Those moments at which something else is seen than at the one before."""
    kept = [
        one for before, one in zip([None, *moments], moments, strict=False) if not before or before.moving != one.moving
    ]
    return [{"at": one.at, "moving": {guest: sorted(where) for guest, where in one.moving.items()}} for one in kept]


def compared(lab: NamespaceLab, wanted: Sequence[Task], kind: str, directory: Path, file: Path) -> bool:
    """One store: measure, write JSON, print; whether nothing is wrong."""
    with ExitStack() as stack:
        if kind == "sqlite":
            store: Kept = SqliteStore(directory / "ferry.db")
        else:
            server = Postgres(lab)
            server.create()
            stack.callback(server.remove)
            store = PostgresStore(server)
        done, moments = measured(lab, wanted, store, directory, restarted=kind == "restarted")
        lacking = tuple(gaps(journal(store)))
    verdict = judge(RULE, done, moments, kills=len(KILLED))
    verdict = replace(verdict, complaints=(*verdict.complaints, *lacking))
    kept = {"store": kind, "verdict": asdict(verdict), "tasks": [asdict(one) for one in done]}
    file.write_text(json.dumps({**kept, "seen": changes(moments)}, indent=2) + "\n")
    print(f"store: {kind}\n{table(done, verdict)}", flush=True)
    for log in directory.glob("slot-*.log") if verdict.complaints else ():
        (file.parent / f"{kind}-{log.name}").write_text(log.read_text())
    return not verdict.complaints


def back(lab: NamespaceLab, wanted: Sequence[Task]) -> list[Task]:
    """The same guests from where they are now: back where they came from, or once more where they were to go."""
    here = {task.guest: next(iter(places(lab, task.guest))) for task in wanted}
    return [Task(t.guest, here[t.guest], t.source if here[t.guest] == t.destination else t.destination) for t in wanted]


def main(words: Sequence[str]) -> int:
    """Twenty guests, one store after the other; 0 when nothing is wrong."""
    parser = lab_parser(__doc__, "limits")
    parser.add_argument("--store", choices=("sqlite", "postgresql", "restarted"), action="append")
    parser.add_argument("directory", type=Path)
    chosen = parser.parse_args(words)
    chosen.directory.mkdir(exist_ok=True)
    good = True
    with ExitStack() as stack:
        lab = stack.enter_context(lab_as_found(chosen.lab))
        wanted = tasks(lab.hosts())
        stack.callback(lambda: [lab.destroy_guest(task.guest) for task in wanted])
        stack.callback(lab.mend)
        prepared(lab, wanted)
        for kind in chosen.store or ("sqlite",):
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            good &= compared(lab, wanted, kind, directory, chosen.directory / f"{kind}.json")
            wanted = back(lab, wanted)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
