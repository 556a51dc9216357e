"""Modules and functions stay small enough to be read at once."""

import ast
from statistics import median, quantiles

import pytest

from tests.architecture.source import Module, made, modules

MEDIAN, NINE_OF_TEN, MOST, FUNCTION = 130, 350, 500, 40


def too_long_as_a_whole(sizes: list[int]) -> list[str]:
    found = []
    if median(sizes) > MEDIAN:
        found.append(f"median {median(sizes)} > {MEDIAN}")
    if quantiles(sizes, n=10, method="inclusive")[-1] > NINE_OF_TEN:
        found.append(f"90th percentile {quantiles(sizes, n=10, method='inclusive')[-1]} > {NINE_OF_TEN}")
    return found


def long_modules(package: list[Module]) -> list[str]:
    return [f"{m.name}: {m.lines} lines" for m in package if m.lines > MOST]


def long_functions(package: list[Module]) -> list[str]:
    return [
        f"{m.name}.{node.name}: {length(node)} lines"
        for m in package
        for node in ast.walk(m.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > FUNCTION
    ]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_modules_are_small_taken_together() -> None:
    # An empty package marker says nothing about how long modules are.
    assert too_long_as_a_whole([m.lines for m in modules() if m.lines > 1]) == []


def test_no_module_is_long() -> None:
    assert long_modules(modules()) == []


def test_no_function_is_long() -> None:
    assert long_functions(modules()) == []


@pytest.mark.parametrize(("sizes", "found"), [([10] * 9 + [400], 0), ([140] * 10, 1), ([10] * 8 + [400] * 2, 1)])
def test_sizes_are_measured(sizes: list[int], found: int) -> None:
    assert len(too_long_as_a_whole(sizes)) == found


def test_a_long_module_is_noticed() -> None:
    assert long_modules(made("orchestrator.long", "x = 1\n" * 501))
    assert not long_modules(made("orchestrator.long", "x = 1\n" * 500))


def test_a_long_function_is_noticed() -> None:
    body = "    x = 1\n"
    assert long_functions(made("orchestrator.long", "def f():\n" + body * 40))
    assert long_functions(made("orchestrator.long", "class A:\n  async def f():\n" + body * 40))
    assert not long_functions(made("orchestrator.long", "def f():\n" + body * 39))
