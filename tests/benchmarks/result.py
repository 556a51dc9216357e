"""One measured move, and the file that keeps them: a line of JSON each, so that a broken-off run goes on."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """Seconds but where the name says otherwise; None: not known.

    process: of the whole ferry. total: from preparing to the verdict. measuring: before it. downtime_ms: as libvirt
    says; blackout_ms: as seen from outside. work_share: what the guest got done during the move, of what it did before
    in as much time. rate: MB/s that the guest rewrote before. acted: what ferry did during the copy.
    """

    cell: str
    strategy: str
    consent: bool
    round: int
    outcome: str
    process: float
    total: float | None = None
    measuring: float | None = None
    downtime_ms: int | None = None
    blackout_ms: int | None = None
    work_share: float | None = None
    rate: float | None = None
    transport: str = ""
    acted: tuple[str, ...] = ()
    why: str = ""

    @property
    def standstill_ms(self) -> int | None:
        """The longest that the guest stood still: libvirt's downtime, or more, if more was seen from outside.

        At 99 % QEMU's throttle stops the guest for 990 ms at a time; libvirt reports none of them. After a switch to
        post-copy it reports nothing at all.
        """
        return max((ms for ms in (self.downtime_ms, self.blackout_ms) if ms is not None), default=None)

    @property
    def key(self) -> tuple[str, str, bool, int]:
        """What it is a measurement of."""
        return self.cell, self.strategy, self.consent, self.round


def read(path: Path) -> list[Result]:
    """All that was measured so far; a last line that was cut off counts as not measured."""
    if not path.exists():
        return []
    lines = path.read_text().splitlines(keepends=True)
    return [_decode(line) for line in lines if line.endswith("\n")]


def append(path: Path, result: Result) -> None:
    """Keep one more, after mending a line that was cut off."""
    whole = path.read_text() if path.exists() else ""
    complete = whole[: whole.rfind("\n") + 1]
    if complete != whole:
        path.write_text(complete)
    with path.open("a") as file:
        file.write(json.dumps(asdict(result)) + "\n")


def of_consent(results: Iterable[Result], *, consent: bool) -> list[Result]:
    """The results that belong into the table with consent to post-copy, or into the one without.

    What cannot make use of the consent was measured once, without it, and belongs into both.
    """
    every = list(results)
    with_consent = {(result.cell, result.strategy) for result in every if result.consent}
    if not consent:
        return [result for result in every if not result.consent]
    return [result for result in every if result.consent or (result.cell, result.strategy) not in with_consent]


def _decode(line: str) -> Result:
    fields = json.loads(line)
    return Result(**{**fields, "acted": tuple(fields["acted"])})
