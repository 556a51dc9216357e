"""A YAML text as plain values, with the place of every key and value."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from orchestrator.config import bounds
from orchestrator.config.report import Report
from orchestrator.config.source import Source
from orchestrator.errors import Place

Path = tuple[str | int, ...]
_NUMBER_LENGTH = 20  # digits; more is no number of ours, and Python refuses to read a very long one


@dataclass(slots=True)
class Tree:
    """values: mappings, lists, texts, numbers, truth values, None. Paths lead from the top to a value."""

    source: Source
    value: Any = None
    _keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    _values: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def at(self, path: Path) -> Any:
        """The value at a path; None where there is none."""
        found = self.value
        for step in path:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and isinstance(step, int) and step < len(found):
                found = found[step]
            else:
                return None
        return found

    def mapping(self, path: Path) -> dict[str, Any]:
        """The mapping at a path; an empty one where there is something else."""
        found = self.at(path)
        return found if isinstance(found, dict) else {}

    def holds(self, path: Path) -> bool:
        """Whether something is written there, be it nothing (null)."""
        return path in self._values

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Where the value stands, or its key; for what is empty its key, for what is not there the nearest above."""
        key = key or self.at(path) is None
        while path not in self._values:
            path, key = path[:-1], True
        return self.source.place(*(self._keys.get(path, self._values[path]) if key else self._values[path]))

    def grow(self, node: Node, report: Report) -> None:
        """Take over what the parser has composed."""
        self.value = self._plain(node, (), report)

    def _plain(self, node: Node, path: Path, report: Report) -> Any:
        self._values[path] = _position(node)
        if isinstance(node, MappingNode):
            return dict(self._pairs(node, path, report))
        if isinstance(node, SequenceNode):
            return [self._plain(item, (*path, number), report) for number, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return _scalar(node)

    def _pairs(self, node: MappingNode, path: Path, report: Report) -> Iterator[tuple[str, Any]]:
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            line, column = _position(key_node)
            place = self.source.place(line, column)
            key = _scalar(key_node) if isinstance(key_node, ScalarNode) else None
            if not isinstance(key, str):
                report.add("a key that is not a plain text", "Write the key in quotes.", place)
            elif key in first:
                report.add(f'"{key}" stands here and in line {first[key]}', "Keep one of the two.", place)
            else:
                first[key] = line
                self._keys[*path, key] = (line, column)
                yield key, self._plain(value_node, (*path, key), report)


def parse(source: Source, report: Report) -> Tree | None:
    """Read a text; None when it cannot be read as YAML within bounds, which the report then says."""
    tree = Tree(source)
    try:
        # "safe" here means only that no comments are kept; nothing is ever constructed from a tag.
        bounds.check(YAML(typ="safe", pure=True).parse(source.text))
        node = YAML(typ="safe", pure=True).compose(source.text)
    except bounds.OutOfBoundsError as error:
        report.add(error.saw, error.fix, source.place(error.mark.line + 1, error.mark.column + 1))
        return None
    except ReaderError as error:
        before = source.text[: error.position]
        line, column = before.count("\n") + 1, error.position - before.rfind("\n")
        report.add("a control character", "Remove it, or save the file as plain text.", source.place(line, column))
        return None
    except MarkedYAMLError as error:
        _tell_syntax(error, source, report)
        return None
    if node is None:
        report.add("the file is empty", "Write it: docs/reference/configuration.md", source.place(1, 1))
        return None
    tree.grow(node, report)
    return tree


def _tell_syntax(error: MarkedYAMLError, source: Source, report: Report) -> None:
    mark = error.problem_mark or error.context_mark
    place = source.place(mark.line + 1, mark.column + 1) if mark else source.place(1, 1)
    line = place.excerpt[-1]
    if "\t" in line[: len(line) - len(line.lstrip())] or line[mark.column : mark.column + 1] == "\t":
        report.add("a tab where YAML wants spaces", "Indent with spaces.", place)
    else:
        fix = "Look here and at the line before: indentation, a colon, a bracket, a quote."
        report.add("this is not YAML", fix, place, cause=f"The YAML reader says: {error.problem}")


def _position(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _scalar(node: ScalarNode) -> Any:
    kind, text = str(node.tag).rpartition(":")[2], node.value
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind in ("int", "float") and len(text) <= _NUMBER_LENGTH:
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError:
            return text
    return text
