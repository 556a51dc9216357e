"""The interface below a guest's macvtap card exists at the destination and is up."""

from collections.abc import Iterator

from orchestrator.checks.attachment import name_there
from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.interfaces import named
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_PARENTS = frozenset({"physical", "bond", "vlan"})


def _examine(case: BetweenHosts) -> Iterator[Found]:
    for here in dict.fromkeys(nic.source for nic in case.guest.nics if nic.kind == "direct"):
        if here is None:
            continue
        interfaces, name = known(case.destination.interfaces), name_there(case, here)
        parent = named(interfaces, name)
        if parent is None:
            have = ", ".join(sorted(one.name for one in interfaces if one.kind in _PARENTS)) or "none of its kind"
            yield blocker(
                f"{case.guest.name} has a macvtap card on {here} of {case.source.name}; {case.to} has no interface "
                f"{name} (it has {have})",
                f"Give an interface of {case.to} that name, or put the guest on a bridge, which can have the same name "
                f"everywhere: {on(case.destination_entry, 'ip', '-brief', 'link')}",
            )
        elif not parent.up:
            yield warning(
                f"{case.guest.name} has a macvtap card on {here} of {case.source.name}; {name} of {case.to} has no "
                "link, so the guest would be cut off there",
                on(case.destination_entry, "ip", "link", "set", name, "up"),
            )


RULE = Rule(
    name="macvtap-parent",
    title="The interface below a macvtap card exists at the destination.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.INTERFACES}),
    examine=_examine,
)
