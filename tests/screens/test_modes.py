"""What an operator sees of a guest that does not move live, and of a move that is tried again."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from orchestrator.cli import moving
from orchestrator.cli.view.live import block
from orchestrator.cli.view.progress import Picture
from orchestrator.cli.view.tone import Glyphs
from orchestrator.model.entry import Ended, Recorded, Seq
from orchestrator.model.event import Opened, Retrying
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Retries
from orchestrator.model.run import Retry, RunId
from orchestrator.model.transport import Mode
from orchestrator.model.units import Milliseconds
from orchestrator.operations import retry
from orchestrator.operations.standstill import Standstill
from tests.screens import world
from tests.screens.world import GIB, MIB


def planned(mode, **changes):
    moves = (world.move("web-01", 1), world.move("db-01", 2, 32 * GIB))
    return Plan(
        moves=tuple(
            replace(m, transport=replace(m.transport, mode=mode, sharing_proven=False, **changes)) for m in moves
        ),
        findings=(),
    )


@pytest.fixture
def way(monkeypatch):
    """Of this way it is known how fast it is, unless a test says otherwise."""
    known = {"rate": 110 * MIB}

    def reckoned(_doors, move):
        return Standstill(used_bytes=move.memory_bytes, bytes_per_second=known["rate"])

    monkeypatch.setattr(moving, "standstill", reckoned)
    return known


@pytest.fixture
def terminal(monkeypatch):
    """Somebody sits there and says no."""
    monkeypatch.setattr("orchestrator.cli.consent.demand", lambda **_more: None)
    monkeypatch.setattr("sys.stdin.readline", lambda: "n\n", raising=False)


@pytest.mark.parametrize("mode", [Mode.PAUSE, Mode.COLD, Mode.OFFLINE])
def test_what_is_asked(ferry, given, screen, way, terminal, mode):
    given.plan = planned(mode, shutdown_timeout_ms=300_000)
    named = ("--offline",) if mode is Mode.OFFLINE else ("--mode", mode.value)
    assert str(ferry("migrate", "web-01", "db-01", "--to", "kvm02", *named)) == screen
    assert not given.applied


def test_a_standstill_of_which_nobody_knows_how_long(ferry, given, screen, way, terminal):
    way["rate"] = None
    given.plan = planned(Mode.PAUSE)
    assert str(ferry("migrate", "web-01", "db-01", "--to", "kvm02", "--mode", "pause")) == screen


def test_a_standstill_is_in_the_plan_that_nobody_is_asked_about(ferry, given, screen, way):
    given.plan = planned(Mode.PAUSE)
    assert str(ferry("migrate", "web-01", "db-01", "--to", "kvm02", "--mode", "pause", "--dry-run")) == screen


def test_what_does_not_go_together(ferry, screen):
    asked = (
        ("--offline", "--mode", "cold"),
        ("--shutdown-timeout", "3m"),
        ("--mode", "cold", "--shutdown-timeout", "3"),
    )
    assert "\n".join(str(ferry("migrate", "web-01", "--yes", *more)) for more in asked) == screen


class Twice:
    """The first run fails for one of two guests, the second one moves it."""

    def __init__(self, monkeypatch) -> None:
        policy = replace(world.SETTINGS.policy, retries=Retries(attempts=3, back_off=Milliseconds(20_000)))
        first = world.done(world.migrated("web-01", 1), world.kept("db-01", 2), code=1)
        second = world.done(world.migrated("db-01", 2))
        again = Retry(attempt=2, follows=first.run.id, because="db-01: the connection broke")
        later = replace(second.run, id=RunId("1121-0413-b5"), retry=again)
        self.first, self.second = replace(first, run=replace(first.run, policy=policy)), replace(second, run=later)
        self.reports = [self.first, self.second]
        monkeypatch.setattr(retry, "apply", self.apply)
        monkeypatch.setattr(
            retry, "propose", lambda *_asked, **_more: Plan(moves=(world.move("db-01", 2),), findings=())
        )
        monkeypatch.setattr(retry, "pause", lambda *_more: True)
        monkeypatch.setattr(retry, "ordered_to_stop", lambda _store, _run: False)
        monkeypatch.setattr("orchestrator.cli.view.lines.clock", lambda _moment: "04:12:00")

    def apply(self, _doors, _plan, _who, sinks, _stop, _retry=None, raised=()):
        done = self.reports.pop(0)
        for sink in sinks:
            sink.emit(Opened(run=done.run))
        return done


@pytest.fixture
def twice(monkeypatch, given):
    monkeypatch.setattr("orchestrator.wiring.real", lambda _settings: Doors())
    return Twice(monkeypatch)


class Doors:
    """Nothing is behind them."""

    clock = None
    settings = world.SETTINGS
    turn = staticmethod(nullcontext)
    store = staticmethod(lambda: None)

    def loop(self):
        return None


def test_a_definition_that_has_moved_has_no_downtime(ferry, given, screen, monkeypatch):
    monkeypatch.setattr("orchestrator.cli.view.lines.clock", lambda _moment: "04:12:00")
    transport = planned(Mode.OFFLINE).moves[0].transport
    moved = world.migrated("web-01", 1, downtime_ms=None, blackout_ms=None, rounds=None, transport=transport)
    given.reports = (world.done(moved),)
    ended = Recorded(
        run=world.run().id, seq=Seq(1), at=world.BEGIN, entry=Ended(guest=world.uuid(1), outcome=moved.outcome)
    )
    given.events = (Opened(run=world.run(moved.move)), ended)
    given.plan = Plan(moves=planned(Mode.OFFLINE).moves[:1], findings=())
    assert str(ferry("migrate", "web-01", "--offline", "--yes")) == screen


def test_a_move_that_is_tried_again(ferry, screen, twice):
    assert str(ferry("migrate", "web-01", "db-01", "--yes")) == screen


def test_its_history(ferry, given, screen, twice):
    given.reports = (twice.second, twice.first)
    assert f"{ferry('history')}\n{ferry('history', '1121-0413-b5')}" == screen


def test_programs_are_told_both_runs(ferry, twice):
    shown = ferry("-o", "jsonl", "migrate", "web-01", "db-01", "--yes")
    assert shown.code == 0
    assert '"kind": "retrying"' in shown.out
    assert '"attempt": 2' in shown.out
    assert '"before": [{' in shown.out


def test_a_pause_between_two_runs_on_a_terminal():
    picture, run = Picture(), world.run(world.move("db-01", 2))
    picture.take(Opened(run=run))
    told = Retrying(
        run=run.id, attempt=2, attempts=3, guests=(world.uuid(2),), seconds=20.0, because="db-01: the connection broke"
    )
    picture.take(told)
    lines = [line.plain for line in block(picture, Glyphs(), world.BEGIN, width=100)]
    assert "  attempt 2 of 3 for 1 guest in 20 s: db-01: the connection broke" in lines
    picture.take(Opened(run=run))
    assert picture.again is None
