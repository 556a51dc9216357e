"""A copy whose memory takes another way than ordered: found while it runs, told in the report, and never held up."""

from dataclasses import replace
from typing import cast

from orchestrator.engine.stop import Stop
from orchestrator.migration.record import fold
from orchestrator.model.entry import Traced
from orchestrator.model.event import Event
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.move import Move, State
from orchestrator.model.path import PathSeen
from orchestrator.model.plan import Plan
from orchestrator.model.report import RunReport
from orchestrator.operations.apply import apply
from orchestrator.operations.doors import Doors
from orchestrator.ports import PathWitness
from orchestrator.simulator.witness import SimWitness
from tests.scenarios.simulated import MIB, WHO, A, B, Bench
from tests.scenarios.test_threads import Sink

ADDRESSES = {
    A: {"migration": "10.77.2.11", "management": "10.77.1.11"},
    B: {"migration": "10.77.2.12", "management": "10.77.1.12"},
}


class Counted:
    """A witness that says when it was asked."""

    def __init__(self, bench: Bench, inner: SimWitness) -> None:
        self.bench, self.inner, self.asked = bench, inner, list[float]()
        self.says: Unknown | None = None

    def look(self, move: Move, *, within: float) -> PathSeen | Unknown:
        self.asked.append(self.bench.clock.ticks())
        return self.says or self.inner.look(move, within=within)


def traced(bench: Bench, **astray: str) -> tuple[Doors, Counted]:
    doors = bench.doors()
    entries = {h: HostEntry(name=h, uri="", peer_uri="", ssh="", addresses=ADDRESSES.get(h, {})) for h in bench.hosts}
    witness = SimWitness(bench.world, ADDRESSES)
    witness.astray = {HostName(host): network for host, network in astray.items()}
    counted = Counted(bench, witness)
    settings = replace(doors.settings, hosts=entries)
    return replace(doors, settings=settings, witness=lambda: cast(PathWitness, counted)), counted


def run(bench: Bench, doors: Doors, move: Move) -> tuple[RunReport, list[Event], list[Traced]]:
    sink = Sink()
    report = apply(doors, Plan(moves=(move,), findings=()), WHO, [sink], Stop())
    entries = [recorded.entry for recorded in bench.store.entries(report.run.id)]
    return report, sink.events, [entry for entry in entries if isinstance(entry, Traced)]


def long_move(bench: Bench) -> Move:
    """One that copies for a minute and a half."""
    return bench.move(bench.guest(1, memory=4096 * MIB), bandwidth_bytes_per_second=48 * MIB)


def test_the_right_way_is_proven_once_and_looked_at_every_ten_seconds() -> None:
    bench = Bench(rate=60.0 * MIB)
    doors, witness = traced(bench)
    report, _, found = run(bench, doors, long_move(bench))
    (one,) = report.moves
    assert one.outcome is not None and (one.outcome.code, one.outcome.warnings) == (None, ())
    assert [(entry.fits, entry.says) for entry in found] == [
        (True, "its memory leaves through migration, network migration")
    ]
    gaps = [round(b - a) for a, b in zip(witness.asked, witness.asked[1:], strict=False)]
    assert gaps == [1, *[10] * (len(gaps) - 1)] and len(gaps) > 3 and report.exit_code == 0


def test_another_way_is_told_while_it_runs_and_in_the_report() -> None:
    bench = Bench(rate=60.0 * MIB)
    doors, _ = traced(bench, kvm01="management")
    report, events, found = run(bench, doors, long_move(bench))
    says = "its memory leaves through management (10.77.1.11), and not over network migration (10.77.2.11)"
    assert [(entry.fits, entry.says) for entry in found] == [(False, says)]
    assert any(getattr(getattr(event, "entry", None), "kind", "") == "traced" for event in events)
    (one,) = report.moves
    assert one.state is State.MIGRATED and one.outcome is not None
    assert (one.outcome.code, one.outcome.warnings, report.exit_code) == ("network.other-path", (says,), 0)


def test_a_short_copy_is_never_looked_at() -> None:
    bench = Bench(rate=1000.0 * MIB)
    doors, witness = traced(bench)
    _, _, found = run(bench, doors, bench.move(bench.guest(1, memory=64 * MIB)))
    assert witness.asked == [] and found == []


def test_a_witness_that_says_nothing_costs_nothing() -> None:
    bench = Bench(rate=60.0 * MIB)
    doors, witness = traced(bench)
    witness.says = Unknown(why="no ss there")
    report, _, found = run(bench, doors, long_move(bench))
    assert found == [] and report.exit_code == 0 and 3 <= len(witness.asked) <= 8


def test_a_process_that_takes_over_knows_it_from_the_journal() -> None:
    bench = Bench(rate=60.0 * MIB)
    doors, _ = traced(bench, kvm01="management")
    report, _, found = run(bench, doors, long_move(bench))
    record = fold(report.run.moves[0], bench.store.entries(report.run.id))
    assert record.path == found[0]
