"""Adapters between values and JSON: built once each, at first use, closed against unknown keys."""

from functools import cache
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter
from typing_extensions import TypeAliasType

from orchestrator.model.entry import Entry

# Unknown keys are refused everywhere: what ferry does not understand it must not silently forget. Dataclasses of the
# model carry no pydantic configuration of their own, so the adapter's is handed down to them.
_CLOSED = ConfigDict(extra="forbid")


@cache
def adapter(form: Any) -> TypeAdapter[Any]:
    """The adapter of one type. The alias is what lets a configuration be given for a bare dataclass."""
    named: Any = TypeAliasType(getattr(form, "__name__", "Document"), form)
    return TypeAdapter(named, config=_CLOSED)


@cache
def entry_adapter() -> TypeAdapter[Any]:
    """The adapter of journal entries, told apart by their kind."""
    return adapter(Annotated[Entry, Field(discriminator="kind")])
