"""What a policy says of guests that shall be apart or together: rules that somebody could mean."""

from orchestrator.config.report import Report
from orchestrator.config.tree import Path, Tree
from orchestrator.model.inheritance import Layer


def possible(tree: Tree, path: Path, layer: Layer, report: Report) -> None:
    """Rules that can take effect, settled once for all guests: each of them is about several."""
    rules = tree.at((*path, "affinity"))
    if layer is not Layer.SITE and rules is not None:
        saw = "affinity is settled once: a rule is about several guests, and has to be the same for all of them"
        report.add(saw, "Set it in the policy.", tree.place((*path, "affinity"), key=True))
    for number in range(len(rules) if isinstance(rules, list) else 0):
        _rule(tree, (*path, "affinity", number), report)


def _rule(tree: Tree, path: Path, report: Report) -> None:
    given = tree.mapping(path)
    apart, together = given.get("apart"), given.get("together")
    if bool(apart) == bool(together):
        saw = "a rule says apart and together at once" if apart else "a rule says neither apart nor together"
        fix = "Give one of them, as in - apart: [db-1, db-2]."
        report.add(saw, fix, tree.place(path))
        return
    names = apart or together
    if isinstance(names, list) and len(names) == 1 and isinstance(names[0], str) and not {*names[0]} & {*"*?["}:
        saw = f"a rule about {names[0]} alone: one guest is never apart from itself, and always together with it"
        report.add(saw, "Name more guests, or a pattern, as in db-*.", tree.place(path))
