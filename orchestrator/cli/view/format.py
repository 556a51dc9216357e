"""Quantities, times and foreign text as an operator reads them."""

import re
import unicodedata
from datetime import UTC, datetime

from orchestrator.model import wording

duration, count = wording.duration, wording.count

_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
# What a terminal obeys instead of showing: control characters, and marks that reorder or hide the text around them.
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def inert(text: str) -> str:
    """Text from outside (names, messages) with everything a terminal would obey written as an escape."""
    return "".join(_escape(c) if unicodedata.category(c) in _OBEYED else c for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def size(value: int) -> str:
    """Binary units, one decimal below 10 and none from there on."""
    amount, unit = float(value), _SIZES[0]
    for unit in _SIZES:
        if amount < 999.5 or unit == _SIZES[-1]:
            break
        amount /= 1024
    return f"{amount:.1f} {unit}" if amount < 9.95 and unit != "B" else f"{amount:.0f} {unit}"


def rate(bytes_per_second: int) -> str:
    """A transfer or dirty rate."""
    return f"{size(bytes_per_second)}/s"


def milliseconds(value: int | None) -> str:
    """A pause, always in milliseconds; what nobody measured is said to be unknown."""
    return "unknown" if value is None else f"{value} ms"


def clock(moment: datetime) -> str:
    """The time of day here, of what happens now."""
    return f"{moment.astimezone():%H:%M:%S}"


def kept_clock(moment: datetime) -> str:
    """The time of day of what the store has kept; see `day`."""
    return f"{moment.astimezone(UTC):%H:%M:%S} UTC"


def day(moment: datetime) -> str:
    """Date and time of day, the same wherever it is read, and said to be: machines in several zones share one store."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def version(number: int) -> str:
    """libvirt's integer 11003000 as 11.3.0."""
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def command(template: str, **names: str | None) -> str:
    """A fix from the catalogue with GUEST and HOST replaced by the names in question, quoted for a shell."""
    import shlex  # noqa: PLC0415 - only screens that show a fix need it

    for word, name in names.items():
        if name is not None:
            quoted = shlex.quote(inert(name))
            template = re.sub(rf"\b{word}\b", quoted.replace("\\", r"\\"), template)
    return template
