"""Quantities as people write them: sizes, rates and durations that carry their unit."""

import re
from fractions import Fraction
from typing import Any, ClassVar, Self

_BINARY = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_LINE = {"bit": 1, "kbit": 10**3, "Mbit": 10**6, "Gbit": 10**9}
_DURATION_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_NUMBER_AND_UNIT = re.compile(r" *([0-9]{1,20}(?:\.[0-9]{1,20})?) *([A-Za-z/]+) *")
_MOST = 2**63 - 1  # what libvirt, QEMU and the store can carry


class QuantityError(ValueError):
    """A text that is no quantity; `fix` says how one is written."""

    def __init__(self, saw: str, fix: str) -> None:
        super().__init__(f"{saw}: {fix}")
        self.saw = saw
        self.fix = fix


class Quantity(int):
    """A whole number of base units; written with its unit, so that 300 is never taken for something."""

    __slots__ = ()
    units: ClassVar[dict[str, float]] = {}
    meaning: ClassVar[str] = ""
    written: ClassVar[str] = ""

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read `text` such as `512 MiB`. Raises QuantityError, which names the units that are understood."""
        if isinstance(text, cls):
            return text
        match = _NUMBER_AND_UNIT.fullmatch(text) if isinstance(text, str) else None
        if match is None or match.group(2) not in cls.units:
            raise QuantityError(f"{text!r} is not {cls.meaning}", cls.written)
        # A fraction, because a float would lose the last digits of a large number.
        number = round(Fraction(match.group(1)) * Fraction(cls.units[match.group(2)]))
        if number > _MOST:
            raise QuantityError(f"{text!r} is more than any host has", cls.written)
        return cls(number)

    def __str__(self) -> str:
        """Print with the largest unit that loses nothing, so that parse() gives the same value back."""
        for unit, factor in reversed(self.units.items()):
            if factor >= 1 and int(self) and int(self) % int(factor) == 0:
                return f"{int(self) // int(factor)}{unit}"
        return f"{int(self)}{next(iter(self.units))}"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> dict[str, Any]:
        # A core schema is a plain dictionary: the model needs no import of pydantic to take part in validation.
        return {
            "type": "function-plain",
            "function": {"type": "no-info", "function": cls.parse},
            "serialization": {"type": "to-string", "when_used": "always"},
        }

    @classmethod
    def __get_pydantic_json_schema__(cls, _core: object, _handler: object) -> dict[str, Any]:
        return {"type": "string", "description": f"{cls.meaning}: {cls.written}"}


class Bytes(Quantity):
    """A size in bytes, written in binary units."""

    units: ClassVar[dict[str, float]] = dict(_BINARY)
    meaning: ClassVar[str] = "a size"
    written: ClassVar[str] = "a number and B, KiB, MiB, GiB or TiB, as in 12GiB"


class BytesPerSecond(Quantity):
    """A rate in bytes per second; links are written in bit/s, memory in bytes/s."""

    units: ClassVar[dict[str, float]] = {f"{u}/s": f for u, f in _BINARY.items()} | {
        spelling: factor / 8 for unit, factor in _LINE.items() for spelling in (unit, f"{unit}/s")
    }
    meaning: ClassVar[str] = "a rate"
    written: ClassVar[str] = "a number and Mbit, Gbit or MiB/s, as in 400Mbit"


def in_whole_mebibytes(bytes_per_second: int) -> BytesPerSecond:
    """A cap as libvirt takes it: in whole MiB/s, rounded down, one at least (0 would mean something else to it)."""
    return BytesPerSecond(max(1, bytes_per_second // 2**20) * 2**20)


class Milliseconds(Quantity):
    """A duration in milliseconds."""

    units: ClassVar[dict[str, float]] = dict(_DURATION_MS)
    meaning: ClassVar[str] = "a duration"
    written: ClassVar[str] = "a number and ms, s, m, h or d, as in 300ms"
