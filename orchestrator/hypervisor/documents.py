"""Reading libvirt's XML: no entities, nothing fetched, whoever wrote the document."""

from lxml import etree

Element = etree._Element
_SIZES = {"b": 1, "bytes": 1, "KB": 10**3, "k": 2**10, "KiB": 2**10, "MB": 10**6, "M": 2**20, "MiB": 2**20}
_SIZES |= {"GB": 10**9, "G": 2**30, "GiB": 2**30, "TB": 10**12, "T": 2**40, "TiB": 2**40}


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


def size_bytes(element: Element | None) -> int | None:
    """Read an amount of memory, if the element is there."""
    return None if element is None or element.text is None else in_bytes(element.text, element.get("unit"))


def in_bytes(number: str, unit: str | None) -> int:
    """Read a number with libvirt's unit, which is KiB where it names none."""
    return int(number) * _SIZES[unit or "KiB"]


def numbers(said: str | None) -> frozenset[int]:
    """Read a set of processors or cells as libvirt writes it: `0-3,^2,8`."""
    wanted: set[int] = set()
    for part in (said or "").replace(" ", "").split(","):
        first, _dash, last = part.removeprefix("^").partition("-")
        if not first:
            continue
        meant = range(int(first), int(last or first) + 1)
        wanted = wanted - set(meant) if part.startswith("^") else wanted | set(meant)
    return frozenset(wanted)
