"""Runs ferry's command line inside the test, over a world without hosts, and compares screens with files."""

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from orchestrator import wiring
from orchestrator.cli import emptying, homecoming, moving, rolling, running
from orchestrator.cli.boundary import run
from orchestrator.cli.commands import guests, hosts, migrate, resume, status
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.cordon import Cordon
from orchestrator.model.errand import OpenErrand
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.hold import Hold
from orchestrator.model.plan import Plan
from orchestrator.model.report import RunReport
from orchestrator.model.run import Run
from orchestrator.model.unfinished import OpenEvacuation, OpenRoll
from orchestrator.operations import checking, history, holds, retry, taking_up, unfinished
from orchestrator.operations.unbegun import interrupted
from orchestrator.ports import EventSink
from tests.screens import world


class ScreenFile(SingleFileSnapshotExtension):
    """One readable text file for a screen."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


@pytest.fixture
def screen(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compare with the file of this test: `pytest tests/screens --snapshot-update` writes it anew."""
    return snapshot.use_extension(ScreenFile)


@dataclass
class World:
    """What the operations answer, and what they were asked."""

    facts: Facts = world.FACTS
    plan: Plan = world.PLAN
    reports: tuple[RunReport, ...] = ()
    events: tuple[Any, ...] = ()
    orphans: tuple[Run, ...] = ()
    adopted: tuple[RunReport, ...] = ()
    fails: BaseException | None = None
    failures: tuple[OrchestratorError, ...] = ()
    cordons: tuple[Cordon, ...] | Unknown = ()
    applied: list[Plan] = field(default_factory=list)
    raised: Any = None
    holds: tuple[Hold, ...] = ()
    demanded: list[Any] = field(default_factory=list)
    errands: tuple[OpenErrand, ...] = ()
    replaced: tuple[OpenErrand, ...] = ()
    evacuations: tuple[OpenEvacuation, ...] = ()
    rolls: tuple[OpenRoll, ...] = ()
    left_rolls: tuple[Any, ...] = ()
    during: Callable[[Stop], None] = lambda _stop: None

    def inventory(self, _doors: object, _hosts: object = None, **_more: object) -> Facts:
        """Answer the facts."""
        return self.answer(self.facts)

    def propose(self, _doors: object, _request: object, **_more: object) -> Plan:
        """Answer the plan."""
        return self.answer(self.plan)

    def apply(
        self, _doors: object, plan: Plan, _who: object, sinks: Sequence[EventSink], stop: Stop, *, raised: Any
    ) -> RunReport:
        """Tell the events and answer the first report."""
        self.applied.append(plan)
        self.raised = raised
        self.tell(sinks, stop)
        return self.answer(self.reports[0])

    def resume(
        self, _doors: object, _run: object, _who: object, sinks: Sequence[EventSink], stop: Stop, **more: Any
    ) -> tuple[RunReport, ...]:
        """Tell the events and the failures, and answer all reports."""
        self.tell(sinks, stop)
        for failure in self.failures:
            more["failed"](failure)
        return self.answer(self.reports)

    def adopt(
        self, _doors: object, _run: object, _who: object, _sinks: object, stop: Stop, *, unbegun: object
    ) -> tuple[RunReport, ...]:
        """Answer the reports of what is taken over first."""
        assert unbegun is interrupted, "nothing of a dead run is begun by a command that nobody gave for it"
        self.during(stop)
        return self.adopted

    def tell(self, sinks: Sequence[EventSink], stop: Stop) -> None:
        """Send the events to every sink."""
        for event in self.events:
            for sink in sinks:
                sink.emit(event)
        self.during(stop)

    def answer(self, value: Any) -> Any:
        """Answer, or fail as told."""
        if self.fails is not None:
            raise self.fails
        return value


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> World:
    """A world that the command line works on instead of hosts and a store."""
    made = World()
    monkeypatch.setattr(wiring, "load_settings", lambda _config: world.SETTINGS)
    store = SimpleNamespace(errands=lambda: made.errands)
    monkeypatch.setattr(
        wiring, "real", lambda settings: SimpleNamespace(settings=settings, turn=nullcontext, store=lambda: store)
    )
    monkeypatch.setattr(unfinished, "evacuations", lambda _doors: made.evacuations)
    monkeypatch.setattr(unfinished, "rolls", lambda _doors: made.rolls)
    monkeypatch.setattr(taking_up, "open_rolls", lambda _doors: made.left_rolls)
    monkeypatch.setattr(taking_up, "resume", made.resume)
    monkeypatch.setattr(emptying, "begin", lambda *_named: (None, made.replaced))
    monkeypatch.setattr(emptying, "recorded", lambda doors, *_more: nullcontext(doors))
    monkeypatch.setattr(homecoming, "leave_out", lambda _doors, _hosts: made.replaced)
    monkeypatch.setattr(wiring, "who", lambda _settings, _argv, _reason: world.WHO)
    for module in (hosts, guests):
        monkeypatch.setattr(module, "inventory", made.inventory)
    monkeypatch.setattr(hosts, "cordoned", lambda _doors: made.cordons)
    monkeypatch.setattr(status, "cordons", lambda _doors: made.cordons)
    for module in (checking, moving):
        monkeypatch.setattr(module, "propose", made.propose)
    monkeypatch.setattr(checking, "remember", lambda _doors, _requests, _findings: None)
    monkeypatch.setattr(migrate, "get_ready", lambda _doors, _request: None)
    monkeypatch.setattr(retry, "apply", made.apply)
    monkeypatch.setattr(retry, "policy_of", lambda _doors, run, _move: run.policy)
    monkeypatch.setattr(running, "orphans", lambda _doors: made.orphans)
    monkeypatch.setattr(running, "resume", made.adopt)
    monkeypatch.setattr(resume, "resume", made.resume)
    monkeypatch.setattr(holds, "in_force", lambda _doors: made.holds)
    for module in (moving, emptying, homecoming, rolling):
        monkeypatch.setattr(module, "demand_free", lambda _doors, hosts: made.demanded.append(tuple(hosts)))
    monkeypatch.setattr(rolling, "is_roll", lambda _doors, _name: False)
    monkeypatch.setattr(history, "status", lambda _doors: made.answer(made.reports))
    monkeypatch.setattr(history, "history", lambda _doors, limit: made.answer(made.reports[:limit]))
    monkeypatch.setattr(history, "one", lambda _doors, _name: made.answer(made.reports[0]))
    return made


@dataclass(frozen=True)
class Shown:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        parts = [f"exit code {self.code}\n"]
        parts += [f"--- {name}\n{text}" for name, text in (("stdout", self.out), ("stderr", self.err)) if text]
        return "".join(parts)


@pytest.fixture
def ferry(
    given: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> Callable[..., Shown]:
    """Run one command line with a fixed width, time zone and environment."""
    for name in ("NO_COLOR", "FORCE_COLOR", "FERRY_UNATTENDED", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def go(*arguments: str, encoding: str = "utf-8") -> Shown:
        capsys.readouterr()
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding=encoding)  # type: ignore[union-attr]
        code = run(arguments)
        out, err = capsys.readouterr()
        return Shown(code, out, err)

    return go
