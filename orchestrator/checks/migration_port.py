"""QEMU's ports at the destination can be reached from the source over the migration network."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.remedy import on, script_on
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.cabling import PortAnswer
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.services import DaemonSettings
from orchestrator.model.topic import Topic

_FINE = frozenset({"open", "refused"})  # refused: the machine answered, and nobody listens there yet


def _examine(case: OnLink) -> Iterator[Found]:
    ports, (low, high) = case.link.ports, _range(case)
    if isinstance(ports, Unknown) or not ports:
        why = ports.why if isinstance(ports, Unknown) else "no port was tried"
        address = case.destination_entry.addresses.get(case.network, "its migration address")
        yield warning(
            f"Whether {case.source.name} reaches ports {low}-{high} of {case.to} at {address} could not be decided: "
            f"{why}",
            on(case.source_entry, "nc", "-vz", "-w", "3", address, str(low)),
        )
        return
    for result in dict.fromkeys(port.result for port in ports if port.result not in _FINE):
        yield _unreachable(case, result, [port for port in ports if port.result == result])


def _range(case: OnLink) -> tuple[int, int]:
    # What its qemu.conf could not tell is taken as libvirt's default; that alone leaves nothing open.
    daemon = case.destination.daemon
    settings = DaemonSettings() if isinstance(daemon, Unknown) else daemon
    return settings.port_min, settings.port_max


def _unreachable(case: OnLink, result: str, ports: list[PortAnswer]) -> Found:
    address, numbers = ports[0].address, ", ".join(str(port.port) for port in ports)
    detail = f" ({ports[0].detail})" if ports[0].detail else ""
    low, high = _range(case)
    if result == "filtered":
        return blocker(
            f"{case.source.name} gets no answer from {address} port {numbers}: filtered{detail}. QEMU on {case.to} "
            f"listens on one of {low}-{high}",
            f"Let tcp {low}-{high} to {address} in at {case.to} (and on the way); its rules: "
            + script_on(case.destination_entry, "nft list ruleset || iptables -S INPUT"),
        )
    return blocker(
        f"{case.source.name} cannot reach {address} port {numbers} of {case.to} on the network "
        f"{case.network}: {result}{detail}",
        on(case.source_entry, "ip", "route", "get", address),
    )


RULE = Rule(
    name="migration-port",
    title="The source reaches the destination's migration ports.",
    scope=Scope.LINK,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.PORTS, Topic.LISTENING}),
    examine=_examine,
    of_network=True,
)
