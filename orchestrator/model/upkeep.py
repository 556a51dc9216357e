"""What a machine says of itself and of a command that was given to it, past libvirt."""

from dataclasses import dataclass
from typing import Literal

CommandState = Literal["never begun", "running", "ended", "broke off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSeen:
    """boot_id: of the kernel that runs now. guests: process ids of the QEMUs that the kernel has."""

    boot_id: str
    guests: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSeen:
    """What became of a command, by its mark on the machine that runs it. boot_id: of that machine now; status: of one
    that has ended. output: its last lines. `broke off`: it began, and neither runs nor left a status."""

    state: CommandState
    boot_id: str
    status: int | None = None
    output: str = ""
