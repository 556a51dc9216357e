"""What must hold in a policy beyond the form of each value; told even where something else in it is wrong."""

from pathlib import Path as FilePath
from typing import Any

from orchestrator.config import affinity, limits, steering, waivers
from orchestrator.config.report import Report
from orchestrator.config.tree import Path, Tree
from orchestrator.model.inheritance import Layer
from orchestrator.model.units import BytesPerSecond, Milliseconds, Quantity, QuantityError

_AT_LEAST: dict[str, tuple[type[Quantity], str, str]] = {
    "downtime_budget": (Milliseconds, "1ms", "no pause is that short"),
    "max_duration": (Milliseconds, "1s", "every move would be cancelled at once"),
    "clock_skew": (Milliseconds, "1ms", "no two clocks agree so well"),
    # libvirt counts in MiB/s, and takes 0 for "without limit".
    "bandwidth": (BytesPerSecond, "1MiB/s", "libvirt cannot go slower"),
    "postcopy_bandwidth": (BytesPerSecond, "1MiB/s", "libvirt cannot go slower"),
}


def named_as_its_file(tree: Tree, path: FilePath, report: Report) -> None:
    """A policy is asked for by one name, not two."""
    name = tree.at(("name",))
    if isinstance(name, str) and name != path.stem:
        saw = f'the policy "{name}" stands in a file named {path.name}'
        report.add(saw, f"Write name: {path.stem}, or rename the file.", tree.place(("name",)))


def possible(tree: Tree, path: Path, layer: Layer, report: Report) -> None:
    """Values that libvirt and ferry can work with, settled by somebody whom they concern."""
    for key, (kind, least, why) in _AT_LEAST.items():
        value = _quantity(kind, tree.at((*path, key)))
        if value is not None and value < kind.parse(least):
            also = " (8.4Mbit)" if kind is BytesPerSecond else ""
            report.add(f"{key} is {value}: {why}", f"Give at least {least}{also}.", tree.place((*path, key)))
    for key, example in (("memory_ratio", "1.5"), ("vcpu_ratio", "4")):
        ratio = tree.at((*path, key))
        if _is_number(ratio) and ratio <= 0:
            saw = f"{key} is {ratio}: no guest would fit"
            report.add(saw, f"Give a number above 0, as in {example}; or null for no bound.", tree.place((*path, key)))
    if layer is not Layer.SITE and tree.holds((*path, "ask_qemu")):
        # To be silently asked in spite of an exception would taint a guest against its owner's word.
        saw = "ask_qemu is settled once: guests are looked at before it is known which of them move, and where"
        report.add(saw, "Set it in the policy.", tree.place((*path, "ask_qemu"), key=True))
    limits.possible(tree, path, layer, report)
    steering.possible(tree, path, report)
    affinity.possible(tree, path, layer, report)
    waivers.possible(tree, (*path, "checks"), layer, report)


def _quantity(kind: type[Quantity], value: object) -> Quantity | None:
    try:
        return kind.parse(value)
    except QuantityError:  # which the check of its form tells
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
