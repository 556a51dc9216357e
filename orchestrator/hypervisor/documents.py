"""Reading libvirt's XML: no entities, nothing fetched, whoever wrote the document."""

from lxml import etree

Element = etree._Element


def parse(text: str) -> Element:
    """Parse a document of libvirt. Raises etree.XMLSyntaxError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=True)
    return etree.fromstring(text.encode(), parser)


def lines(element: Element) -> str:
    """Write it with one element on a line."""
    etree.indent(element, space="  ")
    return etree.tostring(element, encoding="unicode").strip() + "\n"


def text(element: Element, path: str) -> str | None:
    """Answer the text of the first element under `path`, if it has any."""
    found = element.find(path)
    return found.text.strip() if found is not None and found.text and found.text.strip() else None


def attribute(element: Element, path: str, name: str) -> str | None:
    """Answer an attribute of the first element under `path`, if both exist."""
    found = element.find(path)
    return None if found is None else found.get(name)
