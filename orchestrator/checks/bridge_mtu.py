"""The guest's bridge at the destination carries frames as large as the one at the source."""

from collections.abc import Iterator

from orchestrator.checks.attachment import attachments
from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.cabling import Interface
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    worst: dict[str, Found] = {}
    for one in attachments(case):
        if one.there is None:
            continue
        if one.nic.mtu is not None and one.there.mtu < one.nic.mtu:
            worst[one.there.name] = _below_card(case, one.there, one.nic.mtu)
        elif one.here is not None and one.there.mtu < one.here.mtu:
            worst.setdefault(one.there.name, _below_source(case, one.here, one.there))
    yield from worst.values()


def _below_card(case: BetweenHosts, there: Interface, mtu: int) -> Found:
    return blocker(
        f"A network card of {case.guest.name} has an MTU of {mtu}; the bridge {there.name} of {case.to} has "
        f"{there.mtu} and drops larger frames without a word",
        _fix(case, there, mtu),
    )


def _below_source(case: BetweenHosts, here: Interface, there: Interface) -> Found:
    return warning(
        f"The bridge {here.name} of {case.source.name}, which {case.guest.name} is on, has an MTU of {here.mtu}; "
        f"{there.name} of {case.to} has {there.mtu}. If the guest sends larger frames, they are lost there",
        _fix(case, there, here.mtu),
    )


def _fix(case: BetweenHosts, there: Interface, mtu: int) -> str:
    raised = on(case.destination_entry, "ip", "link", "set", there.name, "mtu", str(mtu))
    return f"Raise it, on its uplink and the switch behind it first: {raised}"


RULE = Rule(
    name="bridge-mtu",
    title="The destination's bridge has at least the MTU that the guest uses.",
    scope=Scope.MOVE,
    severity=Severity.WARNING,
    needs=frozenset({Topic.INTERFACES}),
    examine=_examine,
)
