"""Deaths in the middle of moves on real hosts: every victim in every state, on both pairs of versions.

    .venv/bin/python -m tests.benchmarks.crashes [--lab NAME] [--again] FILE

As root, in a lab of its own. FILE takes one JSON line a try; a second call goes on where the first one stopped. The
answer is a table, and exit code 0 only if every guest runs exactly once with its memory intact, or is held with an
explanation, and nothing is left behind. A copy without a process, which a killed libvirtd may leave, is taken away as
docs/how-to/after-a-crash.md has it, and the move's end after that is judged.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests.integration.crashes import Crash, Verdict, Victim, busy, try_out
from tests.lab import place
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.protocol import Lab
from tests.lab.topology import read

PAIRS = (("kvm01", "kvm02"), ("kvm03", "kvm04"))
STATES = ("measuring", "preparing", "pre-copy", "switchover", "confirming")
# What dies before the copy begins changes nothing that a later death does not show as well.
EARLY = ("measuring",)


def crashes() -> Iterator[Crash]:
    """All tries: five victims in four states, less one, and ferry in one more, on two pairs, twice where a moment
    decides; post-copy, which only the pair of libvirt 9.0 can recover."""
    for round_ in (1, 2):
        for pair in PAIRS:
            for state in STATES:
                for victim in Victim:
                    if state in EARLY and victim is not Victim.FERRY:
                        continue
                    if (state, victim) == ("confirming", Victim.DESTINATION_QEMU):
                        continue  # the guest itself by then
                    if round_ == 2 and state not in ("pre-copy", "switchover"):
                        continue
                    yield Crash(state, victim, pair)
        for victim in (Victim.FERRY, Victim.SOURCE_DAEMON, Victim.DESTINATION_DAEMON, Victim.LINK):
            yield Crash("post-copy", victim, PAIRS[1])
    yield Crash("post-copy", Victim.DESTINATION_QEMU, PAIRS[1])


def run(lab: Lab, file: Path) -> list[Verdict]:
    """Every try that the file does not hold yet."""
    known = [Verdict(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []
    verdicts = [Verdict(**{**asdict(one), "leftovers": tuple(one.leftovers)}) for one in known]
    for number, crash in list(enumerate(crashes()))[len(verdicts) :]:
        guest = busy(f"crash-{number}", 101 + number, crash)
        lab.start_guest(guest)
        lab.wait_for_guest(guest.name)
        with tempfile.TemporaryDirectory() as directory:
            verdict = try_out(lab, crash, guest, Path(directory))
        lab.destroy_guest(guest.name)
        verdicts.append(verdict)
        with file.open("a") as out:
            out.write(json.dumps(asdict(verdict)) + "\n")
        print(row(verdict), flush=True)
    return verdicts


def row(verdict: Verdict) -> str:
    """One line of the table."""
    ending = "good" if verdict.good else "BAD"
    where = ", ".join(f"{host} {state}" for host, state in verdict.places.items())
    by_hand = f"taken away by hand: {verdict.by_hand}" if verdict.by_hand else ""
    more = "; ".join(filter(None, (*verdict.leftovers, verdict.held, by_hand)))
    struck = "" if verdict.struck else " (too late)"
    return f"{verdict.crash:44}{struck} {ending:5} {verdict.state:12} {where:20} {verdict.seconds:5.0f} s  {more}"


def main() -> int:
    """Answers 0 only if every try ended well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lab", default="crashes")
    parser.add_argument("--again", action="store_true", help="begin anew")
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    if arguments.again:
        arguments.file.unlink(missing_ok=True)
    lab = NamespaceLab(place.place_of(arguments.lab), read())
    lab.up()
    try:
        verdicts = run(lab, arguments.file)
    finally:
        lab.down()
    bad = [verdict for verdict in verdicts if not verdict.good]
    struck = sum(verdict.struck for verdict in verdicts)
    held = [verdict for verdict in verdicts if verdict.held]
    good = len(verdicts) - len(bad)
    print(f"{len(verdicts)} tries, {struck} deaths in the wanted state, {good} ended well, {len(held)} of them held")
    for verdict in bad:
        print(row(verdict))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
