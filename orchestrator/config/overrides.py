"""What groups, hosts and guests settle differently from the policy of the site."""

from collections.abc import Iterator, Mapping

from orchestrator.config import sense
from orchestrator.config.check import check, suggestion
from orchestrator.config.forms import HostForm, OverrideForm
from orchestrator.config.policy import written
from orchestrator.config.report import Report
from orchestrator.config.tree import Path, Tree
from orchestrator.model.inheritance import Layer, Override
from orchestrator.model.policy import Allowances

_PARTS = {"groups": Layer.GROUP, "hosts": Layer.HOST, "guests": Layer.GUESTS}


def overrides(tree: Tree, hosts: Mapping[str, HostForm], report: Report) -> tuple[Override, ...]:
    """Every one of them, in the order in which it counts: groups, hosts, then guests as they are written."""
    _groups_with_hosts(tree, hosts, report)
    return tuple(found for part in _PARTS for found in _of(part, tree, report))


def _of(part: str, tree: Tree, report: Report) -> Iterator[Override]:
    layer = _PARTS[part]
    for name in tree.mapping((part,)):
        path: Path = (part, name, "policy")
        if layer is not Layer.HOST:
            check(OverrideForm, tree, (part, name), report)
        if not tree.holds(path):
            continue
        values = check(Allowances, tree, path, report)
        sense.possible(tree, path, layer, report)
        if values is not None:
            yield Override(layer=layer, name=name, settings=written(values, tree, path, layer, name))


def _groups_with_hosts(tree: Tree, hosts: Mapping[str, HostForm], report: Report) -> None:
    """A group in which there is no host is a word written in two ways."""
    known = {host.group for host in hosts.values() if host.group}
    for name in tree.mapping(("groups",)):
        if name not in known:
            meant = suggestion(name, known)
            fix = f"Did you mean {meant}?" if meant else f"Add group: {name} to a host, or remove it."
            report.add(f"no host is of the group {name}", fix, tree.place(("groups", name), key=True))
