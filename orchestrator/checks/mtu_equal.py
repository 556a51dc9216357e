"""The migration interfaces of both hosts have the same MTU."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.interfaces import for_migrations
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: OnLink) -> Iterator[Found]:
    network = case.network
    if network not in case.source_entry.addresses or network not in case.destination_entry.addresses:
        return
    here = for_migrations(known(case.source.interfaces), case.source_entry, network)
    there = for_migrations(known(case.destination.interfaces), case.destination_entry, network)
    if here is None or there is None or here.mtu == there.mtu:
        return
    yield warning(
        f"On the migration network {network}, {here.name} of {case.source.name} has an MTU of {here.mtu}, {there.name} "
        f"of {case.to} one of {there.mtu}",
        "Make them equal: "
        + "; ".join(
            on(entry, "ip", "link", "show", interface.name)
            for entry, interface in ((case.source_entry, here), (case.destination_entry, there))
        ),
    )


RULE = Rule(
    name="mtu-equal",
    title="Both migration interfaces have the same MTU.",
    scope=Scope.LINK,
    severity=Severity.WARNING,
    needs=frozenset({Topic.INTERFACES}),
    examine=_examine,
    of_network=True,
)
