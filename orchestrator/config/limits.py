"""What a policy says of limits and of what is watched: settled where it can be counted, and with an effect."""

from dataclasses import fields

from orchestrator.config.report import Report
from orchestrator.config.tree import Path, Tree
from orchestrator.model.inheritance import Layer
from orchestrator.model.policy import Charge, Policy
from orchestrator.model.units import BytesPerSecond, QuantityError

_LEAST = BytesPerSecond.parse("1MiB/s")
_OF_ALL_HOSTS = {
    "total": "moves of all hosts together are counted once",
    "pool": "a storage pool belongs to no single host",
    "costs": "a move costs the same wherever it goes, or its slots could not be compared",
    "gib_per_slot": "a guest takes as many slots at its source as at its destination",
    "over": "a move waits or is refused as a whole",
    "patience": "moves of all hosts wait in one line",
}
_COUNTER = {"live_in_cluster": "live", "network_below_10gbit": "network"}


def possible(tree: Tree, path: Path, layer: Layer, report: Report) -> None:
    """Limits are settled by those whose moves they count."""
    limits: Path = (*path, "limits")
    if layer is Layer.GUESTS:
        for key, what in (("limits", "limits are counted"), ("guard", "guard rules are watched")):
            if tree.holds((*path, key)):
                saw = f"{what} for each host; a guest has none"
                report.add(
                    saw, "Set them in the policy, or under groups: or hosts:.", tree.place((*path, key), key=True)
                )
    elif layer is not Layer.SITE:
        for key, why in _OF_ALL_HOSTS.items():
            if tree.holds((*limits, key)):
                report.add(f"limits.{key}: {why}", "Set it in the policy.", tree.place((*limits, key), key=True))
    floor = _rate(tree.at((*limits, "floor")))
    if floor is not None and floor < _LEAST:
        saw = f"limits.floor is {floor}: libvirt cannot go slower than {_LEAST}"
        report.add(saw, f"Give at least {_LEAST} (8.4Mbit).", tree.place((*limits, "floor")))
    if tree.at((*limits, "share")) is not None and tree.at((*limits, "smb_factor")) is not None:
        saw = "limits.share and limits.smb_factor say the same thing in two ways"
        report.add(saw, "Remove one; 25 is what Hyper-V writes as 2500.", tree.place((*limits, "smb_factor"), key=True))


def effective(policy: Policy, tree: Tree, report: Report) -> None:
    """A limit that is written in the policy counts something: at least one kind of move costs some of it."""
    costs = policy.limits.costs
    charges: list[Charge] = [getattr(costs, one.name) for one in fields(costs)]
    for key, value in tree.mapping(("limits",)).items():
        counter = _COUNTER.get(key, key)
        if value is None or counter not in Charge.__dataclass_fields__:
            continue
        if not any(getattr(charge, counter) for charge in charges):
            saw = f"limits.{key} has no effect: no kind of move costs any {counter}"
            report.add(saw, f"Give {counter}: under limits.costs, or remove it.", tree.place(("limits", key), key=True))


def _rate(value: object) -> BytesPerSecond | None:
    try:
        return BytesPerSecond.parse(value)
    except QuantityError:  # which the check of its form tells
        return None
