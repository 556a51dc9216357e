"""ferry is killed at random moments of an evacuation: the host always becomes empty, each guest is there exactly once.

    .venv/bin/python -m tests.benchmarks.evacuation_crashes [--lab NAME] [--deaths N] [--seed N] [--again] FILE

As root, in a lab of its own (or in that of --lab, if it is up); about half a minute for each of the thirty deaths.
After one of them `ferry evacuate` is called again, after the next `ferry resume`, after the third `ferry cron`, then
ferry restore. FILE takes one JSON line a death; a second call goes on where the first one stopped. A death that came
too late, when all was over, is not counted. The answer is a table, and exit code 0 only if every one ended well.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.lab_as_found import lab_as_found, lab_parser
from tests.integration.evacuation_deaths import LINK, Death, Ending, Then, residents, settle, try_out
from tests.integration.evacuations import HOST, evacuate, restore, site, told
from tests.lab.namespace_lab import NamespaceLab

DEATHS = 30
EARLIEST = 0.3  # seconds: before that Python itself is still loading
_TOO_LATE = 10  # deaths that may come too late


def lasting(lab: NamespaceLab, directory: Path) -> float:
    """Seconds that nobody's death disturbs: between these the others strike."""
    lab.link(HOST, "migration", rate=LINK)
    env = site(lab, directory)
    begun = time.monotonic()
    told(evacuate(lab, env))
    seconds = time.monotonic() - begun
    lab.link(HOST, "migration", rate="none")
    told(restore(lab, env))
    return seconds


def run(lab: NamespaceLab, file: Path, deaths: int, seed: int) -> list[Ending]:
    """Every death that the file does not hold yet."""
    endings = [_read(line) for line in file.read_text().splitlines()] if file.exists() else []
    guests = residents()
    states = {guest.name: state for guest, state in guests.items()}
    settle(lab, guests)
    with tempfile.TemporaryDirectory() as name:
        whole = lasting(lab, Path(name) / "undisturbed")
        print(f"undisturbed it takes {whole:.1f} s; seed {seed}", flush=True)
        moments = random.Random(seed)
        for number in range(deaths + _TOO_LATE):
            death = Death(after=moments.uniform(EARLIEST, whole), then=list(Then)[number % len(Then)])
            if number < len(endings):
                continue
            if sum(one.struck for one in endings) >= deaths:
                break
            ending = try_out(lab, death, states, Path(name) / str(number))
            endings.append(ending)
            with file.open("a") as out:
                out.write(json.dumps(asdict(ending)) + "\n")
            print(row(ending), flush=True)
            if ending.wrong:
                _at_home_again(lab, states)
    return endings


def _read(line: str) -> Ending:
    fields = json.loads(line)
    return Ending(**{**fields, "asked": tuple(fields["asked"]), "wrong": tuple(fields["wrong"])})


def _at_home_again(lab: NamespaceLab, states: dict[str, str]) -> None:
    """What went wrong once shall not spoil the next one."""
    for name in states:
        lab.destroy_guest(name)
    settle(lab, residents())


def row(ending: Ending) -> str:
    """One line of the table."""
    how = "good" if not ending.wrong else "BAD"
    late = "" if ending.struck else " (too late)"
    told_ = "; ".join((", then ".join(ending.asked), *ending.wrong))
    return f"{ending.after:5.1f} s{late} {ending.moment:38} {how:4} {ending.seconds:5.1f} s  {told_}"


def main(words: Sequence[str]) -> int:
    """Answers 0 only if every death ended well."""
    parser = lab_parser(__doc__, "evacuation-crashes")
    parser.add_argument("--deaths", type=int, default=DEATHS)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--again", action="store_true", help="begin anew")
    parser.add_argument("file", type=Path)
    chosen = parser.parse_args(words)
    if chosen.again:
        chosen.file.unlink(missing_ok=True)
    with ExitStack() as stack:
        lab = stack.enter_context(lab_as_found(chosen.lab))
        stack.callback(lambda: [lab.destroy_guest(guest.name) for guest in residents()])
        stack.callback(lab.mend)
        endings = run(lab, chosen.file, chosen.deaths, chosen.seed)
    bad = [one for one in endings if one.wrong]
    struck = sum(one.struck for one in endings)
    print(f"{struck} deaths, {len(endings) - struck} came too late; {len(endings) - len(bad)} ended well")
    for one in bad:
        print(row(one))
    return 1 if bad or struck < chosen.deaths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
