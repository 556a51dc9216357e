"""The answer to a command."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It happened; for a move: it was issued."""

    kind: Literal["done"] = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Proven not to have happened. code: a key of the error catalogue. unsupported: libvirt or QEMU does not know
    something that was asked for, whatever their versions promised."""

    why: str
    code: str = "migration.refused"
    unsupported: bool = False
    kind: Literal["refused"] = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """It may have happened: only looking at the hosts can tell. cut: the connection broke before the daemon answered,
    so what it had accepted may yet begin."""

    why: str
    cut: bool = False
    kind: Literal["unclear"] = "unclear"


Effect = Done | Refused | Unclear
