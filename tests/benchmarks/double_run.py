"""A guest made to run on both hosts, in both known ways: how soon it is contained and reported, and what prevents it.

    .venv/bin/python -m tests.benchmarks.double_run [--lab NAME] [--again] FILE

As root, in a lab of its own. FILE takes one JSON line a try; a second call goes on where the first one stopped. Ten
tries without prevention, with the destination's daemon thawing 5, 30 and 120 s after libvirt's answer, or its replies
lost; twenty with `start_at_destination: verified`; and five ordinary moves each way, which show what verified costs in
downtime. The answer is a table, and exit code 0 only if every double run was contained and reported within 5 s, and
verified had none.
"""

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.lab_as_found import lab_as_found
from tests.integration.double_runs import SOURCE, Seen, Try, guest, moved, try_out
from tests.lab.protocol import Lab

WITHIN = 5.0
THAWS: tuple[float | None, ...] = (5.0, 30.0, 120.0, None)
UNHINDERED = "unhindered"


def tries() -> list[Try]:
    """All tries with something broken, in order."""
    once = [Try(thaws=THAWS[number % len(THAWS)]) for number in range(10)]
    verified = [Try(thaws=(5.0, None)[number % 2], start="verified") for number in range(20)]
    return [*once, *verified]


def run(lab: Lab, file: Path) -> list[Seen]:
    """Every try that the file does not hold yet."""
    known = file.read_text().splitlines() if file.exists() else []
    seen = [Seen(**json.loads(line)) for line in known]
    plain = [(UNHINDERED, start) for _ in range(5) for start in ("at-once", "verified")]
    for number, one in list(enumerate([*tries(), *plain]))[len(seen) :]:
        made = guest(f"twin-{number}", 101 + number)
        lab.start_guest(made)
        lab.wait_for_guest(made.name)
        with tempfile.TemporaryDirectory() as directory:
            came = try_out(lab, one, made, Path(directory)) if isinstance(one, Try) else None
            came = came or moved(lab, one[1], made, Path(directory))
        lab.destroy_guest(made.name)
        seen.append(came)
        with file.open("a") as out:
            out.write(json.dumps(asdict(came)) + "\n")
        print(row(came), flush=True)
    return seen


def good(seen: Seen) -> bool:
    """Contained and reported in time; never twice where it is prevented."""
    if seen.name.endswith("verified"):
        return seen.twice == 0.0 and list(seen.places.values()).count("running") == 1
    if seen.name.startswith(UNHINDERED):
        return seen.state == "migrated"
    reported = (seen.reported or 0.0) < WITHIN and seen.twice < WITHIN
    return reported and seen.code == "guest.runs-twice" and seen.places[SOURCE] == "paused"


def row(seen: Seen) -> str:
    """One line of the table."""
    reported = "" if seen.reported is None else f"reported {seen.reported:4.1f} s"
    downtime = "" if seen.downtime_ms is None else f"downtime {seen.downtime_ms} ms"
    verdict = "good" if good(seen) else "BAD"
    where = ", ".join(f"{host} {state}" for host, state in seen.places.items())
    return f"{seen.name:36} {verdict:5} {seen.state:9} twice {seen.twice:4.1f} s  {reported:15} {where:28} {downtime}"


def price(seen: list[Seen]) -> str:
    """What verified adds to the pause of a guest, as medians of moves in which nothing was broken."""
    pauses = {
        start: [s.downtime_ms for s in seen if s.name == f"{UNHINDERED}, {start}" and s.downtime_ms is not None]
        for start in ("at-once", "verified")
    }
    said = (f"{start} {statistics.median(each):.0f} ms" for start, each in pauses.items() if each)
    return f"median downtime: {', '.join(said)}"


def main() -> int:
    """Answers 0 only if every try ended well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lab", default="double")
    parser.add_argument("--again", action="store_true", help="begin anew")
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    if arguments.again:
        arguments.file.unlink(missing_ok=True)
    with lab_as_found(arguments.lab) as lab:
        seen = run(lab, arguments.file)
    print(f"{sum(good(s) for s in seen)} of {len(seen)} ended as they should; {price(seen)}")
    return 0 if all(good(s) for s in seen) else 1


if __name__ == "__main__":
    sys.exit(main())
