"""Other systems' ladders to their own end, in the simulator: those that the benchmark `convergence` cut off before.

    .venv/bin/python -m tests.benchmarks.uncut DIRECTORY

Takes DIRECTORY/measurements.jsonl, calibrates the simulator with the idle guests in it, checks it against everything
else that arrived by a single means, and writes uncut.md. Some minutes of real time; no lab.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.config.policy import load_policy
from orchestrator.migration.transport import downtime_limit
from orchestrator.migration.ways import built
from orchestrator.model.move import Outcome, State
from orchestrator.model.policy import Policy
from orchestrator.model.transport import Method
from orchestrator.simulator.memory import FULL
from orchestrator.simulator.speeds import Speeds
from orchestrator.simulator.world import Memory
from tests.benchmarks.cells import CELLS, MEMORY_MIB, WORKING_SET_MIB, Cell
from tests.benchmarks.result import Result, read
from tests.benchmarks.strategies import PEERS, Strategy, every
from tests.scenarios.simulated import MIB, Bench

UNCUT_SECONDS = 24 * 3600.0
GOODPUT = 0.95  # of a shaped link, what TCP leaves for data; iperf3 had 380 of 400 Mbit/s
ALONE = ("tcp", "parallel", "zstd", "xbzrle")
# The guest's own pages by kind (tests/lab/guest/memory.c): compressed is zstd's share at level 1 of one such page,
# delta what XBZRLE sends of a page with one changed word of 4096 bytes.
CONTENT: dict[str, dict[str, float]] = {
    "incompressible": {},
    "small": {"delta": 12 / 4096},
    "compressible": {"compressed": 90 / 4096},
    "zero": {"zero": 1.0},
}


@dataclass(frozen=True)
class Calibration:
    """setup: seconds before pages flow and after they have arrived. used: bytes of the guest that are not empty, in
    MiB. unshaped: bytes of memory a second, the empty ones too, that one stream gets through where no link limits it.
    kernel: what compression leaves of the pages that are not the workload's."""

    setup: float
    used_mib: float
    unshaped: float
    kernel: float


def calibrate(results: Sequence[Result]) -> Calibration:
    """From three idle guests. Refuses (KeyError) a file in which one of them did not arrive by the means needed."""
    total = {(r.cell, r.strategy): r.total for r in results if r.outcome == "migrated" and r.total is not None}
    slow, fast = total["200mbit idle incompressible", "tcp"], total["400mbit idle compressible", "tcp"]
    free = total["unshaped idle incompressible", "tcp"]
    sent = (slow - fast) / (1 / _rate("200mbit") - 1 / _rate("400mbit"))  # bytes on the wire
    setup = max(slow - sent / _rate("200mbit"), 0.0)
    squeezed = (total["200mbit idle incompressible", "zstd"] - setup) * _rate("200mbit")
    used = sent / FULL
    written = WORKING_SET_MIB * MIB
    return Calibration(
        setup=setup,
        used_mib=used / MIB,
        unshaped=MEMORY_MIB * MIB / max(free - setup, 0.1),
        kernel=min(max((squeezed - written) / (used - written), 0.0), 1.0),
    )


def _rate(link: str) -> float:
    return GOODPUT * float(link.removesuffix("mbit")) * 1e6 / 8


def simulate(cell: Cell, strategy: Strategy, found: Calibration, rate: float, *, consent: bool) -> Outcome:
    """The move as the simulator has it, with ferry's own engine under the same policy. rate: MB/s written before."""
    policy = _policy(strategy, consent=consent)
    speeds = Speeds(stream=found.unshaped, zstd=found.unshaped, setup=found.setup)
    bench = Bench(
        rate=found.unshaped if cell.link == "unshaped" else _rate(cell.link), max_duration=f"{UNCUT_SECONDS:g}s",
        policy=policy, speeds=speeds,
    )  # fmt: skip
    method = Method.TCP if policy.transport == "auto" else Method(policy.transport)
    limit = downtime_limit(int(policy.downtime_budget), method)
    move = bench.move(bench.guest(1, memory=_memory(cell, found, rate)), downtime_limit_ms=limit)
    way = built(move.transport, method, policy, move.offers, memory_bytes=move.memory_bytes)
    (ended,) = bench.apply(replace(move, transport=way)).moves
    assert ended.outcome is not None
    return ended.outcome


def _policy(strategy: Strategy, *, consent: bool) -> Policy:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, f"{strategy.name_of_policy(consent=consent)}.yaml")
        file.write_text(strategy.document(consent=consent, cut_seconds=UNCUT_SECONDS))
        policy = load_policy(str(file), str(file))
    assert policy is not None
    return policy


def _memory(cell: Cell, found: Calibration, rate: float) -> Memory:
    content = CONTENT[cell.kind]
    written, whole = WORKING_SET_MIB * MIB, found.used_mib * MIB
    squeezed = (written * content.get("compressed", 1.0) + (whole - written) * found.kernel) / whole
    return Memory(
        size=MEMORY_MIB * MIB,
        used=round(whole - (written if cell.kind == "zero" else 0.0)),
        working_set=written if rate else 0,
        write_rate=rate * 1e6,
        **{**content, "compressed": squeezed},
    )


def compared(results: Sequence[Result], found: Calibration) -> Iterator[tuple[Result, Outcome]]:
    """Everything that arrived by a single means without help, beside what the simulator makes of it."""
    strategies = {strategy.name: strategy for strategy in every()}
    cells = {cell.name: cell for cell in CELLS}
    for result in results:
        if result.strategy in ALONE and result.outcome == "migrated" and result.total is not None:
            cell, strategy = cells[result.cell], strategies[result.strategy]
            yield result, simulate(cell, strategy, found, result.rate or 0.0, consent=result.consent)


def continued(results: Sequence[Result], found: Calibration) -> Iterator[tuple[Result, Outcome]]:
    """Every ladder of another system that was cut off, to its own end."""
    strategies = {strategy.name: strategy for strategy in every()}
    cells = {cell.name: cell for cell in CELLS}
    for result in results:
        if result.strategy in PEERS and result.outcome != "migrated":
            cell, strategy = cells[result.cell], strategies[result.strategy]
            yield result, simulate(cell, strategy, found, result.rate or 0.0, consent=result.consent)


def markdown(results: Sequence[Result]) -> str:
    """Calibration, how well it holds, and the ends."""
    found = calibrate(results)
    pairs = list(compared(results, found))
    ratios = [(o.duration_ms or 0) / 1000 / r.total for r, o in pairs if r.total and o.state is State.MIGRATED]
    lines = [
        "# Ladders that were cut off, to their own end in the simulator\n",
        f"Calibrated with idle guests: {found.setup:.1f} s beside the pages, {found.used_mib:.0f} MiB in use, "
        f"{found.unshaped / 1e6:.0f} MB/s of memory where no link limits, {found.kernel:.0%} of the kernel's pages "
        "left by zstd.\n",
        f"Of {len(pairs)} moves that arrived in the lab by a single means, {len(ratios)} arrive in the simulator; "
        f"simulated to measured time: {_spread(ratios)}.\n",
        "| cell | ladder | in the lab | in the simulator | after s | downtime ms | why |",
        "|---|---|---|---|---|---|---|",
    ]
    for result, outcome in continued(results, found):
        name = f"{result.strategy} with post-copy" if result.consent else result.strategy
        acted = ", ".join(result.acted) or "had not acted yet"
        seconds = "" if outcome.duration_ms is None else f"{outcome.duration_ms / 1000:.0f}"
        downtime = "" if outcome.downtime_ms is None else str(outcome.downtime_ms)
        why = "" if outcome.state is State.MIGRATED else outcome.because
        lines.append(f"| {result.cell} | {name} | {acted} | {outcome.state} | {seconds} | {downtime} | {why} |")
    return "\n".join(lines) + "\n"


def _spread(ratios: Sequence[float]) -> str:
    if not ratios:
        return "nothing to compare"
    return f"median {statistics.median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}"


def main() -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.uncut")
    parser.add_argument("directory", type=Path)
    directory: Path = parser.parse_args().directory
    text = markdown(read(directory / "measurements.jsonl"))
    (directory / "uncut.md").write_text(text)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
