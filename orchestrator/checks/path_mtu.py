"""Packets of full size arrive on the way from the source to the destination."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_HEADERS = {4: 28, 6: 48}  # IP and ICMP


def _examine(case: OnLink) -> Iterator[Found]:
    address = case.destination_entry.addresses.get(case.network)
    if address is None:  # migration-address is about that, and nothing was tried
        return
    path = known(case.link.path_mtu)
    if path.passes:
        return
    size = path.mtu - _HEADERS[6 if ":" in address else 4]
    detail = f" ({path.detail})" if path.detail else ""
    yield blocker(
        f"Packets of {path.mtu} bytes, the MTU of {case.source.name}, do not arrive at {address} of {case.to}{detail}: "
        "a migration would hang as soon as it sends memory",
        "Set the same MTU on both interfaces and on every switch between them: "
        + on(case.source_entry, "ping", "-M", "do", "-c", "1", "-s", str(size), address),
    )


RULE = Rule(
    name="path-mtu",
    title="Packets of full size arrive at the destination.",
    scope=Scope.LINK,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.PATH_MTU}),
    examine=_examine,
    of_network=True,
)
