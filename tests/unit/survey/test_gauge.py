"""What is measured before a move, over doors that answer as told."""

import threading
from collections.abc import Callable
from typing import Any

from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.offer import Content, DirtyRate, Gauging, Measurement
from orchestrator.ports import CommandResult
from orchestrator.survey.gauge import HostGauge
from tests.unit.survey.builders import move

DIRTY = DirtyRate(bytes_per_second=50_000_000, window_seconds=1)
CONTENT = Content(pages=256, zero=0.5, compressed=0.4, changed=0.1)
EVERYTHING = Gauging(dirty=True, link=True, content=True)


class Inventory:
    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        self.asked: list[tuple[str, GuestId, Any]] = []
        self._before = before

    def dirty_rate(self, guest: GuestId, *, seconds: int, within: float) -> DirtyRate | Unknown:
        self.asked.append(("dirty", guest, seconds))
        self._before()
        return DIRTY

    def content(self, guest: GuestId, *, pages: int, seconds: float, within: float) -> Content | Unknown:
        self.asked.append(("content", guest, (pages, seconds)))
        self._before()
        return CONTENT


class Shell:
    def __init__(self, *answers: CommandResult | Unknown, before: Callable[[], object] = lambda: None) -> None:
        self.scripts: list[str] = []
        self._answers = iter(answers)
        self._before = before

    def run(self, script: str, *, within: float) -> CommandResult | Unknown:
        self.scripts.append(script)
        self._before()
        return next(self._answers)


def said(text: str) -> CommandResult:
    return CommandResult(status=0, stdout=text, stderr="")


def gauge(inventory: Inventory, source: Shell, destination: Shell) -> HostGauge:
    shells = {"kvm01": source, "kvm02": destination}
    return HostGauge({"kvm01": inventory}.__getitem__, shells.__getitem__)  # type: ignore[arg-type]


def test_nothing_is_asked_that_is_not_wanted() -> None:
    inventory, source, destination = Inventory(), Shell(), Shell()
    found = gauge(inventory, source, destination).measure(move(), Gauging(), within=5)
    assert (found.dirty, found.content, found.link_bytes_per_second) == (None, None, None)
    assert (inventory.asked, source.scripts, destination.scripts) == ([], [], [])


def test_all_of_it_is_measured_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=10)
    source, destination = Shell(said("received 6000000 600\n")), Shell(said("port 49215\n"), before=together.wait)
    inventory = Inventory(before=together.wait)
    found = gauge(inventory, source, destination).measure(move(), EVERYTHING, within=10)
    assert (found.dirty, found.content, found.link_bytes_per_second) == (DIRTY, CONTENT, 10_000_000)
    assert sorted(inventory.asked) == [("content", "uuid-web", (256, 1)), ("dirty", "uuid-web", 1)]


def test_the_source_connects_to_where_the_destination_listens_with_its_secret() -> None:
    source, destination = Shell(said("received 6000000 600\n")), Shell(said("port 49213\n"))
    gauge(Inventory(), source, destination).measure(move(), Gauging(link=True), within=5)
    assert source.scripts[0].count("10.0.2.2") == destination.scripts[0].count("10.0.2.2") == 2  # once a language
    token = source.scripts[0].split()[source.scripts[0].split().index('"$port"') - 2]
    assert "for port in 49213;" in source.scripts[0]
    assert len(token) == 16
    assert token in destination.scripts[0]


def test_where_nobody_listens_nobody_connects() -> None:
    source, destination = Shell(), Shell(CommandResult(status=1, stdout="", stderr="10.0.2.2: No such address\n"))
    found = gauge(Inventory(), source, destination).measure(move(), Gauging(link=True), within=5)
    assert found == Measurement(
        link_bytes_per_second=Unknown(
            why="10.0.2.2: No such address", code="host.shell", leg="kvm01 to kvm02, migration"
        ),
        took_ms=found.took_ms,
    )
    assert source.scripts == []


def test_what_does_not_end_in_time_is_unknown_and_costs_nothing_else() -> None:
    never = threading.Event()
    source, destination = Shell(), Shell(before=lambda: never.wait(30))
    found = gauge(Inventory(), source, destination).measure(move(), EVERYTHING, within=0.2)
    never.set()
    assert (found.dirty, found.content) == (DIRTY, CONTENT)
    assert isinstance(found.link_bytes_per_second, Unknown)
