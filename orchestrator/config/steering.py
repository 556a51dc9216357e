"""What a policy says of convergence, stalls and retries: numbers that QEMU takes, and a ladder that can be climbed."""

from orchestrator.config.report import Report
from orchestrator.config.tree import Path, Tree
from orchestrator.evacuation.homeward import is_restore_policy
from orchestrator.model.units import Milliseconds, QuantityError

# Path → least, most, and what a number beyond them would be. Sources: libvirt refuses 100 % of throttle and 0 or 256
# channels; levels are those of the algorithms.
_BETWEEN: dict[Path, tuple[int, int, str]] = {
    ("channels",): (1, 255, "QEMU counts parallel streams from 1 to 255"),
    ("compression_level",): (0, 20, "zlib has the levels 0 to 9, zstd 0 to 20"),
    ("convergence", "throttle_initial"): (1, 99, "QEMU slows a guest by 1 to 99 percent"),
    ("convergence", "throttle_increment"): (1, 99, "QEMU slows a guest by 1 to 99 percent"),
    ("convergence", "max_throttle"): (1, 99, "QEMU slows a guest by 1 to 99 percent"),
    ("retries", "attempts"): (1, 100, "a move is begun once at least, and not for ever"),
    ("evacuation", "attempts"): (1, 100, "a move is begun once at least, and not for ever"),
    ("evacuation", "on_failure", "after"): (1, 10_000, "failures are counted from the first one"),
}
_RESTORE = 'Write immediate, never, or a time of day in quotes, as in "22:00".'
_LADDER: Path = ("convergence", "ladder")
_CONDITIONS = ("round", "elapsed", "elapsed_per_gib", "stalled")


def possible(tree: Tree, path: Path, report: Report) -> None:
    """Values that can take effect."""
    for key, (least, most, why) in _BETWEEN.items():
        value = tree.at((*path, *key))
        if isinstance(value, int) and not isinstance(value, bool) and not least <= value <= most:
            saw = f"{'.'.join(map(str, key))} is {value}: {why}"
            report.add(saw, f"Give a number from {least} to {most}.", tree.place((*path, *key)))
    restore: Path = (*path, "evacuation", "restore")
    said = tree.at(restore)
    if isinstance(said, str) and not is_restore_policy(said):
        report.add(f"{said!r} is no time to bring guests home", _RESTORE, tree.place(restore))
    steps = tree.at((*path, *_LADDER))
    for number in range(len(steps) if isinstance(steps, list) else 0):
        _rung(tree, path, (*path, *_LADDER, number), report)
    _within_the_budget(tree, path, (*path, "convergence", "downtime_limit"), report)


def _rung(tree: Tree, path: Path, rung: Path, report: Report) -> None:
    given = tree.mapping(rung)
    then, place = given.get("then"), tree.place(rung)
    if then == "downtime-limit" and given.get("limit") is None:
        report.add("a step to another downtime limit says no limit", "Add limit:, as in limit: 200ms.", place)
    if then in ("double-downtime", "postcopy", "pause", "abort") and given.get("limit") is not None:
        report.add(f"{then} takes no limit", "Remove limit:.", tree.place((*rung, "limit"), key=True))
    if then == "abort" and not any(given.get(key) is not None for key in _CONDITIONS):
        report.add(
            "this step would cancel every copy at once", f"Say when: {', '.join(f'{c}:' for c in _CONDITIONS)}.", place
        )
    if then != "double-downtime" and given.get("every") is not None:
        saw = f"{then} does the same each time, or can be done once"
        report.add(saw, "Remove every:; it is for double-downtime.", tree.place((*rung, "every"), key=True))
    _within_the_budget(tree, path, (*rung, "limit"), report)


def _within_the_budget(tree: Tree, path: Path, limit: Path, report: Report) -> None:
    """The budget is never exceeded, so that a higher limit would silently be another one."""
    given, budget = _milliseconds(tree.at(limit)), _milliseconds(tree.at((*path, "downtime_budget")))
    if given is not None and given < Milliseconds(1):
        saw = f"{limit[-1]} is {given}: QEMU would never hand the guest over"
        report.add(saw, "Give at least 1ms.", tree.place(limit))
    if given is not None and budget is not None and given > budget:
        saw = f"{limit[-1]} is {given}, more than the downtime_budget of {budget}"
        report.add(saw, "Make the budget larger, or the limit smaller.", tree.place(limit))


def _milliseconds(value: object) -> Milliseconds | None:
    try:
        return Milliseconds.parse(value)
    except QuantityError:  # which the check of its form tells
        return None
