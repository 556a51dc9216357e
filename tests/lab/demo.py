"""`./lab demo`: empties a host of six working guests, live, and proves that nothing was lost on the way."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab import demo_history, guests
from tests.lab.demo_history import Moved

if TYPE_CHECKING:
    from tests.lab.namespace_lab import NamespaceLab

_BOOT_SECONDS = 90.0
_PASS_SECONDS = 30.0


@dataclass(frozen=True)
class Verdict:
    """What is true of one guest after the move."""

    name: str
    wrong: tuple[str, ...]


def run(lab: "NamespaceLab") -> int:
    if not lab.is_up():
        lab.up()
    names = list(lab.topology.guests)
    source = lab.topology.guests[names[0]].host
    _say(f"starting {len(names)} guests on {source}: {', '.join(names)}")
    _fresh_guests(lab, names)
    checked = {name: guests.passes(lab.guest_console(name)) for name in names}
    _say(f"emptying {source}: ferry migrate {' '.join(names)} --yes")
    code = subprocess.run(
        lab.ferry_argv(["migrate", *names, "--yes"]), env=lab.controller_environment(), check=False
    ).returncode
    moved = _history(lab)
    _say("every guest checks all of its memory once more")
    verdicts = [_verdict(lab, name, source, checked[name]) for name in names]
    _print_table(names, moved)
    return _conclude(verdicts, source, code)


def _say(text: str) -> None:
    print(f"demo: {text}", file=sys.stderr, flush=True)


def _fresh_guests(lab: "NamespaceLab", names: Sequence[str]) -> None:
    """Guests of an earlier demo are the lab's own; they are thrown away and made anew."""
    left = {guest.name for seen in lab.guests_everywhere().values() for guest in seen} & set(names)
    for name in left:
        lab.destroy_guest(name)
    for name in names:
        lab.start_guest(lab.topology.guests[name])
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: lab.wait_for_guest(name, _BOOT_SECONDS), names))


def _history(lab: "NamespaceLab") -> dict[str, Moved]:
    answer = lab.ferry("history", "--last", "-o", "json")
    if answer.returncode:
        _say(f"ferry history: exit {answer.returncode}: {answer.stderr.strip()}")
        return {}
    return demo_history.moves(answer.stdout)


def _verdict(lab: "NamespaceLab", name: str, source: str, checked_before: int) -> Verdict:
    """Asks the hosts and the guest, not ferry."""
    wrong = []
    places = [
        (host, guest.state) for host, seen in lab.guests_everywhere().items() for guest in seen if guest.name == name
    ]
    if [state for _, state in places] != ["running"]:
        wrong.append(f"does not run exactly once: {places or 'nowhere'}")
    elif places[0][0] == source:
        wrong.append(f"is still on {source}")
    try:
        lab.wait_for_guest(name, _PASS_SECONDS)
    except guests.GuestSilentError as silence:
        wrong.append(str(silence))
    console = lab.guest_console(name)
    if guests.passes(console) <= checked_before:
        wrong.append("has not checked its memory since the move")
    if "CORRUPT" in console:
        wrong.append("reports corrupt memory: " + next(x for x in console.splitlines() if "CORRUPT" in x))
    return Verdict(name, tuple(wrong))


def _print_table(names: Sequence[str], moved: dict[str, Moved]) -> None:
    print(f"\n{'guest':10} {'destination':12} {'duration':>9} {'downtime':>9} {'blackout':>9}")
    for name in names:
        move = moved.get(name, demo_history.NOTHING)
        print(f"{name:10} {move.destination:12} {move.duration:>9} {move.downtime:>9} {move.blackout:>9}")


def _conclude(verdicts: Sequence[Verdict], source: str, code: int) -> int:
    for verdict in verdicts:
        for wrong in verdict.wrong:
            print(f"{verdict.name} {wrong}")
    good = sum(not verdict.wrong for verdict in verdicts)
    if code:
        print(f"ferry migrate: exit {code}")
    print(_NEXT.format(source=source))
    if good == len(verdicts) and code == 0:
        print(f"demo: {good} of {len(verdicts)} guests moved, memory intact")
        return 0
    print(f"demo: {good} of {len(verdicts)} guests moved with memory intact")
    return 1


_NEXT = """
The lab is still up. Try:
  ./lab ferry guests                            where the guests are now
  ./lab ferry migrate db-01 --to {source} --dry-run    what would be done, and why
  ./lab ferry history                           what was done
  ./lab link {source} migration --rate 50mbit      a slower link; then move a guest across it
  ./lab shell {source}                             a root shell on a host
  ./lab down                                    remove everything again
"""
