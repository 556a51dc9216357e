"""A part of a file against its form: pydantic finds the mistakes, the words and the places are ours."""

import difflib
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, to_json

from orchestrator.config.forms import RefusedError
from orchestrator.config.report import Report
from orchestrator.config.tree import Path, Tree
from orchestrator.model.units import QuantityError

T = TypeVar("T")

_DATE = "a date; write it as 2026-12-31"
_WANTED = {
    "string_type": "a text; put it in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping: lines of `key: value`",
    "dataclass_type": "a mapping: lines of `key: value`",
}


def check(form: type[T], tree: Tree, path: Path, report: Report) -> T | None:
    """The part at `path` as a value; None when something in it is wrong, which the report then says.

    It is handed over as JSON, where strict means what an operator expects: `2.0`, `"2"` and `true` are no whole number.
    """
    try:
        value: T = _adapter(cast(Any, form)).validate_json(to_json(tree.at(path), inf_nan_mode="strings"), strict=True)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _tell(detail, form, tree, path, report)
        return None
    return value


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1)), None)


@cache
def _adapter(form: Any) -> TypeAdapter[Any]:
    return TypeAdapter(form)


def _tell(detail: ErrorDetails, form: Any, tree: Tree, path: Path, report: Report) -> None:
    whole = (*path, *detail["loc"])
    if whole[-1:] == ("[key]",):
        saw, fix = _refusal(detail)
        report.add(saw, fix, tree.place(whole[:-1], key=True))
    elif detail["type"] == "missing":
        parent, name = whole[:-1], whole[-1]
        report.add(
            f'{_shown(parent)} lacks "{name}"',
            f"Add {name}: (docs/reference/configuration.md)",
            tree.place(parent, key=True),
        )
    elif detail["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        report.add(*_unknown(str(whole[-1]), whole[:-1], _known(form, detail["loc"][:-1])), tree.place(whole, key=True))
    else:
        report.add(*_refusal(detail, _shown(whole)), tree.place(whole))


def _refusal(detail: ErrorDetails, name: str = "") -> tuple[str, str]:
    error = detail.get("ctx", {}).get("error")
    if isinstance(error, RefusedError):
        return error.saw, error.fix
    if isinstance(error, QuantityError):
        return error.saw, f"Give {error.fix}."
    if isinstance(error, Exception):  # an invariant of the model, in its own words
        return str(error), f"Change {name}."
    # Where one of a few words may stand, they are named.
    expected = detail.get("ctx", {}).get("expected")
    wanted = _WANTED.get(detail["type"]) or expected or f"of another kind ({detail['type']})"
    return f"{name} must be {wanted.partition(';')[0]}", f"Give {wanted}."


def _unknown(key: str, parent: Path, known: list[str]) -> tuple[str, str]:
    meant = suggestion(key, known)
    fix = f"Did you mean {meant}?" if meant else f"Remove it. What may stand here: {', '.join(known)}."
    return f'{_shown(parent)} has no setting "{key}"', fix


def _known(form: Any, loc: tuple[str | int, ...]) -> list[str]:
    """The settings that the form has at that place."""
    for step in loc:
        form = get_args(form)[0] if isinstance(step, int) else get_type_hints(form).get(step)
    return [f.name for f in fields(form)] if is_dataclass(form) else []


def _shown(path: Path) -> str:
    return ".".join(map(str, path)) or "the file"
