"""What two looks at the same pages say of a guest's memory: shares and sizes, nothing of what was read."""

import re
import zlib
from collections.abc import Sequence
from typing import Final

from orchestrator.model.offer import Content

PAGE: Final = 4096
_EMPTY: Final = bytes(PAGE)
_DIFFERENT: Final = re.compile(rb"[^\0]+")


def judge(earlier: Sequence[bytes], later: Sequence[bytes]) -> Content:
    """Compare the looks. There must be a page at least."""
    filled = [page for page in later if page != _EMPTY]
    pairs = [(before, after) for before, after in zip(earlier, later, strict=True) if before != after]
    return Content(
        pages=len(later),
        zero=1 - len(filled) / len(later),
        compressed=_mean([_compressed(page) for page in filled]),
        changed=len(pairs) / len(later),
        delta=_mean([difference(*pair) / PAGE for pair in pairs]) if pairs else None,
        changed_compressed=_mean([_compressed(after) for _before, after in pairs]) if pairs else None,
    )


def _compressed(page: bytes) -> float:
    """Level 1, as parallel streams compress by default; a page that would grow is sent as it is."""
    return min(len(zlib.compress(page, 1)), PAGE) / PAGE


def difference(before: bytes, after: bytes) -> int:
    """Bytes that XBZRLE would send for a page: runs of what is equal and what is not, each with its length.

    As QEMU's migration/xbzrle.c: what does not become shorter is sent whole.
    """
    mixed = (int.from_bytes(before, "little") ^ int.from_bytes(after, "little")).to_bytes(PAGE, "little")
    size, end = 0, 0
    for run in _DIFFERENT.finditer(mixed):
        begin, equal = run.start(), run.start() - end
        end = run.end()
        size += _number(equal) + _number(end - begin) + end - begin
    return min(size, PAGE)


def _number(value: int) -> int:
    """Bytes that a length takes (ULEB128)."""
    return 1 if value < 0x80 else 2


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
