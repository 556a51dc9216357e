"""What a stale definition has that the guest's own has not, and the reverse."""

import re
from difflib import unified_diff

_MOST = 80

# Written by libvirt at every start, so different without meaning anything.
_VOLATILE = re.compile(
    r"""<alias\b | <!-- | </?seclabel\b | <label> | <imagelabel> | <baselabel> | <source\ path=['"]/dev/pts/
    | <target\ dev=['"](?:vnet|macvtap)\d+['"] | <\?xml""",
    re.VERBOSE,
)
_RUNNING_NUMBER = re.compile(r"""(<domain\b[^>]*?)\s+id=['"]-?\d+['"]""")


def difference(there: str | None, here: str | None, *, there_name: str, here_name: str) -> tuple[str, ...]:
    """Lines of a unified diff: `-` as the destination has it, `+` as the guest has it at its source."""
    if there is None or here is None:
        return ("The two definitions could not be compared: " + _missing(there, here, there_name, here_name),)
    lines = list(unified_diff(_lasting(there), _lasting(here), there_name, here_name, lineterm="", n=1))
    if not lines:
        return ("Both definitions say the same.",)
    if len(lines) > _MOST:
        return (*lines[:_MOST], f"… and {len(lines) - _MOST} more lines")
    return tuple(lines)


def _missing(there: str | None, here: str | None, there_name: str, here_name: str) -> str:
    places = [name for text, name in ((there, there_name), (here, here_name)) if text is None]
    return f"{' and '.join(places)} gave none."


def _lasting(text: str) -> list[str]:
    lines = (_RUNNING_NUMBER.sub(r"\1", line.rstrip()) for line in text.splitlines())
    return [line for line in lines if line and not _VOLATILE.match(line.lstrip())]
