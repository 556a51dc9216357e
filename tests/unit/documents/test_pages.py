"""The documents of `ferry explain`: a page in full, and the list of all."""

import pytest

from orchestrator import documents
from orchestrator.documents import pages, schemas
from orchestrator.documents.adapters import adapter
from orchestrator.model.page import Page, Paragraph

PAGE = Page(
    name="guest.ended",
    kind="error",
    title="It ended.",
    paragraphs=(Paragraph(label="What it means", text="It ended."), Paragraph(label="What to do", text="Nothing.")),
)
WRITTEN = {
    pages.ExplainedPage: documents.page_document(PAGE),
    pages.ListedPages: documents.pages_document([PAGE, PAGE]),
}


def test_every_document_has_an_example_and_a_schema() -> None:
    assert set(WRITTEN) == set(pages.ALL)
    published = set(schemas.texts())
    assert {f"{document['schema'].replace('/', '-')}.json" for document in WRITTEN.values()} <= published


@pytest.mark.parametrize("form", WRITTEN)
def test_a_document_is_what_its_schema_says(form: type) -> None:
    document = WRITTEN[form]
    assert next(iter(document)) == "schema"
    read = adapter(form).validate_python(document)
    assert adapter(form).dump_python(read, mode="json") == document


def test_the_list_has_titles_and_a_page_has_all() -> None:
    assert WRITTEN[pages.ListedPages]["pages"][0] == {"name": "guest.ended", "kind": "error", "title": "It ended."}
    assert [one["text"] for one in WRITTEN[pages.ExplainedPage]["page"]["paragraphs"]] == ["It ended.", "Nothing."]
