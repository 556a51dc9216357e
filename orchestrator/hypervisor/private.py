"""A definition as it may be shown and saved: what could hold a password is replaced, so that only a change is seen."""

import hashlib
import secrets
from collections.abc import Iterator

from orchestrator.hypervisor.documents import Element

_QEMU = "{http://libvirt.org/schemas/domain/qemu/1.0}"
# Where operators and their tools put passwords, tokens and addresses with passwords in them.
_WHOLE = ("metadata", "sysinfo", "description", f"{_QEMU}commandline", f"{_QEMU}override")
_TEXTS = ("os/cmdline", "os/initargs", "os/initenv")
_ATTRIBUTES = frozenset({"passwd", "password"})
# Of this process alone: two definitions can be compared, and nobody can find a short password by trying.
_SALT = secrets.token_bytes(16)


def hide(domain: Element) -> Element:
    """Replace private parts by a mark that is the same for the same text, within this process."""
    for element in _found(domain, _WHOLE):
        mark = _mark("".join(str(part) for part in (*element.itertext(), *_values(element))))
        for child in list(element):
            element.remove(child)
        element.attrib.clear()
        element.text = mark
    for element in _found(domain, _TEXTS):
        element.text = _mark(element.text or "")
    for element in domain.iter():
        for name in _ATTRIBUTES & set(map(str, element.attrib)):
            element.set(name, _mark(element.get(name, "")))
    return domain


def _found(domain: Element, paths: tuple[str, ...]) -> Iterator[Element]:
    for path in paths:
        yield from domain.findall(path)


def _values(element: Element) -> Iterator[str]:
    return (str(value) for part in element.iter() for value in part.attrib.values())


def _mark(text: str) -> str:
    return f"(not shown: {hashlib.sha256(_SALT + text.encode()).hexdigest()[:8]})"
