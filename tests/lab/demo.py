"""`./lab demo`: empties a host of six working guests, live, and proves that nothing was lost on the way."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab import demo_history, guests
from tests.lab.demo_history import Moved
from tests.lab.protocol import Result, SeenGuest

if TYPE_CHECKING:
    from tests.lab.namespace_lab import NamespaceLab

Everywhere = Mapping[str, Sequence[SeenGuest]]
_BOOT_SECONDS = 90.0
_PASS_SECONDS = 30.0


@dataclass(frozen=True)
class Verdict:
    """What is true of one guest after the move."""

    name: str
    intact: bool  # no check of memory has ever failed
    wrong: tuple[str, ...]


def run(lab: "NamespaceLab") -> int:
    if not lab.is_up():
        lab.up()
    names = list(lab.topology.guests)
    source = lab.topology.guests[names[0]].host
    _say(f"starting {len(names)} guests on {source}: {', '.join(names)}")
    fresh_guests(lab, names)
    earlier = lab.ferry("history", "--last", "-o", "json")
    _say(f"emptying {source}: ferry migrate {' '.join(names)} --yes")
    code = subprocess.run(
        lab.ferry_argv(["migrate", *names, "--yes"]), env=lab.controller_environment(), check=False
    ).returncode
    moved = _history(lab, earlier)
    _say("every guest checks all of its memory once more")
    where = lab.guests_everywhere()
    with ThreadPoolExecutor(len(names)) as pool:
        verdicts = list(pool.map(lambda name: _verdict(lab, name, source, where), names))
    _print_table(verdicts, moved)
    return _conclude(verdicts, source, code)


def _say(text: str) -> None:
    print(f"demo: {text}", file=sys.stderr, flush=True)


def fresh_guests(lab: "NamespaceLab", names: Sequence[str]) -> None:
    """Guests of an earlier demo are the lab's own; they are thrown away and made anew."""
    left = {guest.name for seen in lab.guests_everywhere().values() for guest in seen} & set(names)
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lab.destroy_guest, left))
        list(pool.map(lambda name: lab.start_guest(lab.topology.guests[name]), names))
        list(pool.map(lambda name: lab.wait_for_guest(name, _BOOT_SECONDS), names))


def _history(lab: "NamespaceLab", earlier: Result) -> dict[str, Moved]:
    """What ferry recorded of this run; nothing when it recorded no run since the earlier answer."""
    answer = lab.ferry("history", "--last", "-o", "json")
    if answer.returncode:
        _say(f"ferry history: exit {answer.returncode}: {answer.stderr.strip()}")
        return {}
    if earlier.returncode == 0 and demo_history.run_id(earlier.stdout) == demo_history.run_id(answer.stdout):
        return {}
    return demo_history.moves(answer.stdout)


def _verdict(lab: "NamespaceLab", name: str, source: str, where: Everywhere) -> Verdict:
    """Asks the hosts and the guest, not ferry."""
    wrong = []
    places = [(host, guest.state) for host, seen in where.items() for guest in seen if guest.name == name]
    if [state for _, state in places] != ["running"]:
        wrong.append(f"does not run exactly once: {places or 'nowhere'}")
    elif places[0][0] == source:
        wrong.append(f"is still on {source}")
    silence = _checked_twice(lab, name)
    if silence:
        wrong.append(silence)
    corrupt = _corrupt_lines(lab, name)
    if corrupt:
        wrong.append(f"reports corrupt memory: {corrupt[0]}")
    return Verdict(name, not corrupt, tuple(wrong))


def _checked_twice(lab: "NamespaceLab", name: str) -> str | None:
    """The check under way may have begun before the move; only the next one sees every page where it is now."""
    try:
        for _ in range(2):
            if not _corrupt_lines(lab, name):  # a guest that found corruption never again says that all is well
                lab.wait_for_guest(name, _PASS_SECONDS)
    except guests.GuestSilentError as silence:
        return str(silence)
    return None


def _corrupt_lines(lab: "NamespaceLab", name: str) -> list[str]:
    return [line for line in lab.guest_console(name).splitlines() if "CORRUPT" in line]


def _print_table(verdicts: Sequence[Verdict], moved: dict[str, Moved]) -> None:
    print(f"\n{'guest':10} {'destination':12} {'duration':>9} {'downtime':>9} {'blackout':>9}  memory")
    for verdict in verdicts:
        move = moved.get(verdict.name, demo_history.NOTHING)
        times = f"{move.duration:>9} {move.downtime:>9} {move.blackout:>9}"
        print(f"{verdict.name:10} {move.destination:12} {times}  {'intact' if verdict.intact else 'CORRUPT'}")


def _conclude(verdicts: Sequence[Verdict], source: str, code: int) -> int:
    for verdict in verdicts:
        for wrong in verdict.wrong:
            print(f"{verdict.name} {wrong}")
    good = sum(not verdict.wrong for verdict in verdicts)
    if code:
        print(f"ferry migrate: exit {code}")
    _print_what_next(source)
    if good == len(verdicts) and code == 0:
        print(f"demo: {good} of {len(verdicts)} guests moved, memory intact")
        return 0
    print(f"demo: {good} of {len(verdicts)} guests moved with memory intact")
    return 1


def _print_what_next(source: str) -> None:
    ideas = {
        "./lab ferry guests": "where the guests are now",
        f"./lab ferry migrate db-01 --to {source} --dry-run": "what would be done, and why",
        "./lab ferry history": "what was done",
        f"./lab link {source} migration --rate 50mbit": "a slower link; then move a guest across it",
        f"./lab shell {source}": "a root shell on a host",
        "./lab down": "remove everything again",
    }
    print("\nThe lab is still up. Try:")
    for command, meaning in ideas.items():
        print(f"  {command:48}  {meaning}")
    print()
