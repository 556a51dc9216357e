"""ferry is killed in the middle of emptying a host, and asked again: by hand, by `ferry resume`, by `ferry cron`."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.integration.evacuations import HOST, PATIENCE, misplaced, restore, site, together, whereabouts
from tests.integration.stores import SqliteStore, gaps, journal
from tests.lab.protocol import Lab, Result
from tests.lab.topology import Guest, Workload

LINK = "150mbit"
# Due every minute. A store that is new has never begun it.
SCHEDULE = [{"name": "empty-it", "do": "evacuate", "hosts": [HOST], "at": "* * * * * UTC"}]
APART = ("apart-1", "apart-2")
_IDLE = ("planned", "waiting")
_EVACUATE = ("evacuate", HOST, "--unattended", "--yes")
_QUICK = Workload(size=20, rate=1, kind="incompressible", pass_seconds=2)


class Then(StrEnum):
    """What is called after the death. What a cron killed in the middle had begun is begun by cron again."""

    EVACUATE = "ferry evacuate"
    RESUME = "ferry resume"
    CRON = "ferry cron"


@dataclass(frozen=True)
class Death:
    """after: seconds from the start of the process."""

    after: float
    then: Then


@dataclass(frozen=True)
class Ending:
    """One death and what became of it. struck: it was still at work. moment: how far it had got. asked: what was called
    afterwards, with exit codes. wrong: what is not as it has to be; seconds: without the way home."""

    then: str
    after: float
    struck: bool
    moment: str
    asked: tuple[str, ...]
    wrong: tuple[str, ...]
    seconds: float


def residents(first_number: int = 101) -> dict[Guest, str]:
    """The guests of the host, each with the state that it has and keeps."""
    names = {**dict.fromkeys(APART, "running"), "third": "running", "asleep": "paused", "defined": "shut off"}
    return {
        Guest(name=name, host=HOST, number=first_number + number, memory_mib=112, workload=_QUICK): state
        for number, (name, state) in enumerate(names.items())
    }


def settle(lab: Lab, guests: Mapping[Guest, str]) -> None:
    """Start all of them and bring them into their states."""
    for guest in guests:
        lab.start_guest(guest)
    for guest, state in guests.items():
        lab.wait_for_guest(guest.name, timeout=120)
        if state != "running":
            verb = {"paused": "suspend", "shut off": "destroy"}[state]
            lab.run(HOST, ["virsh", "-q", verb, guest.name]).checked()


def try_out(lab: Lab, death: Death, states: Mapping[str, str], directory: Path) -> Ending:
    """Empty the host, kill ferry in the middle, ask again, look at all hosts, and bring the guests home."""
    lab.link(HOST, "migration", rate=LINK)
    env = site(lab, directory, schedule=SCHEDULE)
    begun = time.monotonic()
    struck = _killed(lab, death, env)
    moment = how_far(directory)
    recorded = on_record(directory)
    asked = _asked_again(lab, death.then, env, recorded=recorded)
    seconds = time.monotonic() - begun
    wrong = [*_unanswered(death.then, asked), *_not_emptied(lab, states, directory, env)]
    lab.link(HOST, "migration", rate="none")
    home = restore(lab, env)
    if home.returncode:
        wrong.append(f"restore answered {home.returncode}: {(home.stderr or home.stdout).strip()[-300:]}")
    wrong += misplaced(whereabouts(lab, states), states, home=True)
    return Ending(
        then=death.then,
        after=round(death.after, 2),
        struck=struck,
        moment=moment,
        asked=tuple(f"{' '.join(one.argv[:2])} {one.returncode}" for one in asked),
        wrong=tuple(wrong),
        seconds=round(seconds, 1),
    )


def _killed(lab: Lab, death: Death, env: Mapping[str, str]) -> bool:
    """Whether ferry was still at work when its time came."""
    words = ("cron",) if death.then is Then.CRON else _EVACUATE
    process = lab.spawn_ferry(*words, env=env)
    try:
        process.communicate(timeout=death.after)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        return True
    return False


def how_far(directory: Path) -> str:
    """What the journal said when the process was gone."""
    rows = journal(SqliteStore(directory / "ferry.db"))
    if not rows:
        return "nothing was on record"
    last = {row.guest: row.body["state"] for row in rows if row.kind == "seen"}
    ended = {row.guest for row in rows if row.kind == "ended"}
    going = sorted(str(state) for guest, state in last.items() if guest not in ended and state not in _IDLE)
    doing = f", in {' and '.join(going)}" if going else ""
    return f"{len(ended)} over{doing}"


def on_record(directory: Path) -> bool:
    """Whether the evacuation was, or still is; from then on `ferry resume` alone must bring it to its end."""
    store = SqliteStore(directory / "ferry.db")
    return bool(store.select("errands") or store.select("runs"))


def _asked_again(lab: Lab, then: Then, env: Mapping[str, str], *, recorded: bool) -> list[Result]:
    """What was not on record cannot be resumed, and only that is asked for anew."""
    words = {Then.EVACUATE: _EVACUATE, Then.RESUME: ("resume", "--unattended"), Then.CRON: ("cron",)}[then]
    asked = [lab.ferry(*words, env=env, timeout=PATIENCE)]
    if then is Then.RESUME and not recorded:
        asked.append(lab.ferry(*_EVACUATE, env=env, timeout=PATIENCE))
    return asked


def _unanswered(then: Then, asked: Sequence[Result]) -> list[str]:
    """Exit codes that do not say what is true: all was done. cron tells once that something had died."""
    good = (0, 1) if then is Then.CRON else (0,)
    return [
        f"{' '.join(one.argv)} answered {one.returncode}: {one.stderr.strip()[-400:]}"
        for one in asked
        if one.returncode not in good
    ]


def _not_emptied(lab: Lab, states: Mapping[str, str], directory: Path, env: Mapping[str, str]) -> list[str]:
    where = whereabouts(lab, states)
    wrong = [*misplaced(where, states, home=False), *together(where, APART)]
    for name in (name for name, state in states.items() if state == "running"):
        try:
            lab.wait_for_guest(name)
        except AssertionError as silent:
            wrong.append(str(silent))
    wrong += [f"the memory of {name} is not what it was" for name in states if "CORRUPT" in lab.guest_console(name)]
    status = json.loads(lab.ferry("-o", "json", "status", env=env).checked().stdout)
    wrong += [f"run {one['run']['id']} is still open" for one in status["runs"]]
    wrong += [f"the evacuation of {', '.join(one['hosts'])} is still open" for one in status["evacuations"]]
    if HOST not in {one["host"] for one in status["cordons"]}:
        wrong.append(f"{HOST} takes guests again, though it was emptied on purpose")
    return [*wrong, *gaps(journal(SqliteStore(directory / "ferry.db")))]
