"""The destination has the network filters of the guest's cards."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    for name in dict.fromkeys(nic.filter for nic in case.guest.nics if nic.filter):
        filters = known(case.destination.nwfilters)
        if name not in filters:
            yield blocker(
                f"A network card of {case.guest.name} has the filter {name}; {case.to} has "
                + (f"{len(filters)} filters, but not this one" if filters else "no filter"),
                f"{virsh(case.source_entry, 'nwfilter-dumpxml', name)} > filter.xml; "
                f"{virsh(case.destination_entry, 'nwfilter-define', 'filter.xml')}   (likewise the filters it refers "
                "to)",
            )


RULE = Rule(
    name="nwfilter",
    title="The destination has the network filters of the guest.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.NWFILTERS}),
    examine=_examine,
)
