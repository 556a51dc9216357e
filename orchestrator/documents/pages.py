"""The documents of `ferry explain`: one page, and the list of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.documents.adapters import adapter
from orchestrator.documents.envelopes import Document
from orchestrator.model.page import Kind, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedPage:
    """ferry explain CODE"""

    page: Page
    schema: Literal["ferry.page/1"] = "ferry.page/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPage:
    """What can be asked for by that name."""

    name: str
    kind: Kind
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPages:
    """ferry explain --list"""

    pages: tuple[ListedPage, ...]
    schema: Literal["ferry.pages/1"] = "ferry.pages/1"


ALL = (ExplainedPage, ListedPages)


def page_document(page: Page) -> Document:
    """ferry.page: one page in full."""
    return _plain(ExplainedPage(page=page))


def pages_document(pages: Sequence[Page]) -> Document:
    """ferry.pages: the name, the kind and the title of every page."""
    listed = tuple(ListedPage(name=page.name, kind=page.kind, title=page.title) for page in pages)
    return _plain(ListedPages(pages=listed))


def _plain(document: object) -> Document:
    form: Any = type(document)
    plain: Document = adapter(form).dump_python(document, mode="json")
    return {"schema": plain.pop("schema"), **plain}
