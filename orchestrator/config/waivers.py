"""What a policy says of checks: each of them exists, may be let pass, and is asked where it is said."""

from typing import TYPE_CHECKING, Any

from orchestrator.config.check import suggestion
from orchestrator.config.report import Report
from orchestrator.config.tree import Path, Tree
from orchestrator.model.inheritance import Layer

if TYPE_CHECKING:
    from orchestrator.checks.rule import Rule


def possible(tree: Tree, path: Path, layer: Layer, report: Report) -> None:
    """Everything below `checks` can take effect."""
    if not tree.mapping(path):
        return
    if tree.at((*path, "unknown")) == "note":
        saw = "unknown is note: what could not be decided would pass unseen"
        report.add(saw, "Give warning or blocker.", tree.place((*path, "unknown")))
    for name in tree.mapping((*path, "severity")):
        _check(name, tree, (*path, "severity", name), layer, report)
    waive = tree.at((*path, "waive"))
    for number in range(len(waive) if isinstance(waive, list) else 0):
        _waiver(tree, (*path, "waive", number), layer, report)


def _waiver(tree: Tree, path: Path, layer: Layer, report: Report) -> None:
    given = tree.mapping(path)
    name, reason, guest = given.get("check"), given.get("reason"), given.get("guest", "*")
    if isinstance(reason, str) and not reason.strip():
        report.add("a waiver without a reason", "Say who wants it and why.", tree.place((*path, "reason")))
    if not isinstance(name, str):
        return
    rule = _check(name, tree, (*path, "check"), layer, report)
    if rule is not None and guest != "*" and name not in _names_about_guests():
        saw = f"{name} is no check of a guest, so this waiver would never hold"
        report.add(saw, "Remove guest:, and name a host if need be.", tree.place((*path, "guest")))
    if rule is not None and given.get("host", "*") != "*" and rule.scope.value == "plan":
        saw = f"{name} is a check of the whole plan and of no host, so this waiver would never hold"
        report.add(saw, "Remove host:.", tree.place((*path, "host")))


def _check(name: str, tree: Tree, path: Path, layer: Layer, report: Report) -> "Rule[Any] | None":
    """The check of that name, if it is known, may be let pass, and is decided where this layer counts."""
    place = tree.place(path, key=path[-1] == name)
    rules = _rules()
    if name not in rules:
        meant = suggestion(name, rules)
        fix = f"Did you mean {meant}?" if meant else "Remove it. The checks are: ferry explain --list"
        report.add(f'there is no check "{name}"', fix, place)
        return None
    if not rules[name].waivable:
        saw = f"{name} is never let pass and never weighs less: it could cost a guest its data"
        report.add(saw, f"Remove it. What the check is for: ferry explain {name}", place)
    elif layer is Layer.GUESTS and name not in _names_about_guests():
        report.add(f"{name} is no check of a guest", "Say it in the policy, or under groups: or hosts:.", place)
    elif layer in (Layer.GROUP, Layer.HOST) and name not in _names_about_hosts():
        report.add(f"{name} is no check of a destination", "Say it in the policy, or under guests:.", place)
    return rules[name]


# Only a policy that speaks of checks pays for their import.


def _rules() -> "dict[str, Rule[Any]]":
    from orchestrator.checks.registry import RULES  # noqa: PLC0415

    return {rule.name: rule for rule in RULES}


def _names_about_guests() -> set[str]:
    from orchestrator.checks import registry  # noqa: PLC0415

    lists = (registry.GUEST_RULES, registry.REACH_RULES, registry.MOVE_RULES, registry.PAIR_RULES)
    return {rule.name for rules in lists for rule in rules}


def _names_about_hosts() -> set[str]:
    """The checks that are decided with a destination, or a host by itself, in view."""
    from orchestrator.checks import registry  # noqa: PLC0415

    elsewhere = {rule.name for rules in (registry.GUEST_RULES, registry.PLAN_RULES) for rule in rules}
    return set(_rules()) - elsewhere
