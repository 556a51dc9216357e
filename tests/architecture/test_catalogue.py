"""The catalogue of errors, the code that raises them and the page that explains them agree."""

import ast
from collections.abc import Iterator

import pytest

from orchestrator.catalogue import CATALOGUE
from tests.architecture.error_page import PAGE, page
from tests.architecture.source import Module, made, modules

CATALOGUE_PACKAGE = "orchestrator.catalogue"


def given_as_code(module: Module) -> Iterator[str]:
    """Texts in the places where a code belongs: OrchestratorError.of("…"), code="…", and defaults of `code`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            if ast.unparse(node.func).endswith("OrchestratorError.of") and node.args:
                yield from texts(node.args[0])
            yield from (text for k in node.keywords if k.arg == "code" for text in texts(k.value))
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "code" and node.value is not None:
            yield from texts(node.value)


def texts(node: ast.expr) -> Iterator[str]:
    """Text constants that an expression can answer; those it only compares with do not count."""
    if isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))
    elif isinstance(node, ast.BoolOp):
        yield from (text for value in node.values for text in texts(value))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def constants(module: Module) -> set[str]:
    return {n.value for n in ast.walk(module.tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def invented(package: list[Module]) -> list[str]:
    return [f"{m.name}: {code}" for m in package for code in given_as_code(m) if code not in CATALOGUE]


def unused(package: list[Module]) -> set[str]:
    used = set().union(*(constants(m) for m in package if not m.name.startswith(CATALOGUE_PACKAGE)))
    return set(CATALOGUE) - used


def test_every_code_in_use_is_in_the_catalogue() -> None:
    assert invented(modules()) == []


def test_every_code_of_the_catalogue_is_in_use() -> None:
    assert unused(modules()) == set()


def test_the_page_is_the_catalogue() -> None:
    assert PAGE.read_text() == page(), "write it anew: python -m tests.architecture.error_page"


@pytest.mark.parametrize("code", CATALOGUE)
def test_an_entry_is_complete_and_its_number_is_known(code: str) -> None:
    entry = CATALOGUE[code]
    assert entry.symptom.endswith(".") and entry.causes.endswith(".") and entry.fix
    assert entry.exit_code in {0, 1, 2, 3, 4, 5, 6, 7, 70, 75}
    area, _, what = code.partition(".")
    assert what and code == code.lower() and area in page()


@pytest.mark.parametrize(
    "text",
    [
        'raise OrchestratorError.of("host.gone", "saw")',
        'x = Problem(code="host.gone", saw="")',
        'x = Unknown(why="", code="host.gone" if y else "host.shell")',
        'class A:\n    code: str = "host.gone"',
    ],
)
def test_an_invented_code_is_noticed(text: str) -> None:
    assert invented(made("orchestrator.x", text)) == ["orchestrator.x: host.gone"]


def test_an_unused_code_is_noticed() -> None:
    assert "host.shell" in unused(made("orchestrator.x", "x = 1"))
    assert "host.shell" in unused(made(CATALOGUE_PACKAGE, 'x = "host.shell"'))
    assert "host.shell" not in unused(made("orchestrator.x", 'x = "host.shell"'))


def test_a_stale_page_is_noticed() -> None:
    fewer = {code: entry for code, entry in CATALOGUE.items() if code != "host.shell"}
    assert page(fewer) != page()
