"""The modules of a package as the architecture tests see them: name, text, syntax tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "orchestrator"


@dataclass(frozen=True)
class Module:
    """One file; `name` is dotted and begins with the package."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        """All lines, blank ones and comments too."""
        return len(self.text.splitlines())

    @property
    def room(self) -> str:
        """The first name below the package."""
        return self.name.split(".")[1] if "." in self.name else ""


def modules(package: Path = PACKAGE) -> list[Module]:
    """Every module of a package, in order of name."""
    return [Module(_dotted(package, path), path.read_text()) for path in sorted(package.rglob("*.py"))]


def made(name: str, text: str) -> list[Module]:
    """A package of one module, to prove that a rule can be broken."""
    return [Module(name, text)]


def calls(module: Module) -> Iterator[tuple[str, int]]:
    """What a module calls: the last two names (`time.sleep`, `open`) and the line."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            names = ast.unparse(node.func).split(".")
            yield ".".join(names[-2:]), node.lineno


def _dotted(package: Path, path: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
