"""QEMU's ports at the destination can be reached from the source over the migration network."""

from collections.abc import Iterator

from orchestrator.checks.case import Case
from orchestrator.checks.remedy import on, script_on
from orchestrator.checks.rule import Rule
from orchestrator.model.facts import PortAnswer, Unknown
from orchestrator.model.finding import Finding

_NAME = "migration-port"
_RANGE = "49152-49215"  # libvirt's default for QEMU
_FINE = frozenset({"open", "refused"})  # refused: the machine answered, and nobody listens there yet


def _examine(case: Case) -> Iterator[Finding]:
    ports = case.pair.ports
    if isinstance(ports, Unknown) or not ports:
        why = ports.why if isinstance(ports, Unknown) else "no port was tried"
        address = case.destination_entry.addresses.get(case.settings.migration_network, "its migration address")
        yield case.warning(
            _NAME,
            f"Whether {case.source.name} reaches ports {_RANGE} of {case.to} at {address} could not be decided: {why}",
            on(case.source_entry, "nc", "-vz", "-w", "3", address, "49152"),
        )
        return
    for result in dict.fromkeys(port.result for port in ports if port.result not in _FINE):
        yield _unreachable(case, result, [port for port in ports if port.result == result])


def _unreachable(case: Case, result: str, ports: list[PortAnswer]) -> Finding:
    address, numbers = ports[0].address, ", ".join(str(port.port) for port in ports)
    detail = f" ({ports[0].detail})" if ports[0].detail else ""
    if result == "filtered":
        return case.blocker(
            _NAME,
            f"{case.source.name} gets no answer from {address} port {numbers}: filtered{detail}. QEMU on {case.to} "
            f"listens on one of {_RANGE}",
            f"Let tcp {_RANGE} to {address} in at {case.to} (and on the way); its rules: "
            + script_on(case.destination_entry, "nft list ruleset || iptables -S INPUT"),
        )
    return case.blocker(
        _NAME,
        f"{case.source.name} cannot reach {address} port {numbers} of {case.to} on the network "
        f"{case.settings.migration_network}: {result}{detail}",
        on(case.source_entry, "ip", "route", "get", address),
    )


RULE = Rule(name=_NAME, title="The source reaches the destination's migration ports.", examine=_examine)
