"""Every module says in its first line what it is for, and none is a drawer for everything."""

import ast

import pytest

from tests.architecture.source import Module, made, modules

DRAWERS = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "misc", "shared_code"})
SHORTEST_REASON = 15


def drawers(package: list[Module]) -> list[str]:
    return [
        m.name
        for m in package
        if any(word in DRAWERS for part in m.name.split(".") for word in (part, *part.split("_")))
    ]


def without_reason(package: list[Module]) -> list[str]:
    return [m.name for m in package if len((ast.get_docstring(m.tree) or "").split("\n")[0]) < SHORTEST_REASON]


def test_no_module_is_a_drawer() -> None:
    assert drawers(modules()) == []


def test_every_module_says_what_it_is_for() -> None:
    assert without_reason(modules()) == []


@pytest.mark.parametrize("name", ["orchestrator.utils", "orchestrator.cli.helpers.x", "orchestrator.ssh_manager"])
def test_a_drawer_is_noticed(name: str) -> None:
    assert drawers(made(name, ""))


@pytest.mark.parametrize("text", ["", "x = 1", '"""Short."""', '# a comment\nx = """late"""'])
def test_a_missing_reason_is_noticed(text: str) -> None:
    assert without_reason(made("orchestrator.x", text))
