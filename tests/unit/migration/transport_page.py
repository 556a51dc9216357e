"""The tables of docs/design/transports.md as they follow from the code; print them by running this module."""

from pathlib import Path

from orchestrator.migration.conflicts import CONFLICTS, Conflict
from orchestrator.migration.features import GATES, Gate

PAGE = Path(__file__).parents[3] / "docs" / "design" / "transports.md"
_PLACES = {"both": "", "source": " (source)", "destination": " (destination)"}


def gates() -> str:
    """What each feature takes."""
    head = "| feature | libvirt | QEMU | where that is written or seen |\n|---|---|---|---|\n"
    return head + "".join(_gate(gate) for gate in GATES)


def conflicts() -> str:
    """What never goes together, and since when libvirt or QEMU refuse it themselves."""
    head = "| | and | why not | refused by | their words | evidence |\n|---|---|---|---|---|---|\n"
    return head + "".join(_conflict(row) for row in CONFLICTS)


def accepted() -> str:
    """What some version takes although it is wrong."""
    head = "| | and | taken by | what is wrong |\n|---|---|---|---|\n"
    return head + "".join(
        f"| {row.one} | {row.other} | {_taken(row)} | {row.why} |\n"
        for row in CONFLICTS
        if 0 not in (row.libvirt, row.qemu)
    )


def _gate(gate: Gate) -> str:
    libvirt = _text(gate.libvirt) + (_PLACES[gate.libvirt_on] if gate.libvirt else "")
    if gate.broken is not None:
        libvirt = f"not {_text(gate.broken[0])} to before {_text(gate.broken[1])}{_PLACES[gate.libvirt_on]}"
    qemu = _text(gate.qemu) + (_PLACES[gate.qemu_on] if gate.qemu else "")
    return f"| {gate.feature} | {libvirt} | {qemu} | {gate.evidence} |\n"


def _conflict(row: Conflict) -> str:
    return f"| {row.one} | {row.other} | {row.why} | {_refused(row)} | {row.says} | {row.evidence} |\n"


def _refused(row: Conflict) -> str:
    if 0 in (row.libvirt, row.qemu):
        return "every version"
    return " ".join(
        [f"libvirt {_text(row.libvirt)}"] * bool(row.libvirt) + [f"QEMU {_text(row.qemu)}"] * bool(row.qemu)
    )


def _taken(row: Conflict) -> str:
    since = _refused(row)
    return f"those before {since}" if since else "every version"


def _text(number: int | None) -> str:
    return f"{number // 1_000_000}.{number // 1000 % 1000}" if number else ""


if __name__ == "__main__":
    print(f"{gates()}\n{conflicts()}\n{accepted()}")
