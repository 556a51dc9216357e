"""The guest's display can listen at the destination: on its address, and on a port that no other guest has."""

from collections.abc import Iterator
from ipaddress import ip_address

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import called, on, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Guest, Power
from orchestrator.model.hardware import Display
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    for display in case.guest.hardware.displays:
        yield from _taken(case, display)
    for display in case.guest.hardware.displays:
        yield from _elsewhere(case, display)


def _elsewhere(case: BetweenHosts, display: Display) -> Iterator[Found]:
    if display.address is None or _everywhere(display.address):
        return
    wanted = ip_address(display.address)
    have = [address for one in known(case.destination.interfaces) for address in one.addresses]
    if not any(ip_address(address) == wanted for address in have):
        yield blocker(
            f"The {display.kind} display of {case.guest.name} listens on {display.address}, an address that {case.to} "
            "does not have: QEMU would not start there",
            f"Let it listen on an address of every host (0.0.0.0, 127.0.0.1) or on a network of libvirt, from its next "
            f"start on: {virsh(case.source_entry, 'edit', called(case.guest))}; addresses there: "
            + on(case.destination_entry, "ip", "-brief", "address"),
        )


def _everywhere(address: str) -> bool:
    """Whether every host has it, or nobody can tell: a name means something else on each host."""
    try:
        given = ip_address(address)
    except ValueError:
        return True
    return given.is_unspecified or given.is_loopback


def _taken(case: BetweenHosts, display: Display) -> Iterator[Found]:
    if display.port is None:
        return
    for other in case.destination.guests:
        if other.uuid != case.guest.uuid and other.power is not Power.SHUT_OFF and _holds(other, display.port):
            yield blocker(
                f"The {display.kind} display of {case.guest.name} has the fixed port {display.port}, which the display "
                f"of {other.name} has on {case.to}",
                f"Let libvirt choose the port (autoport='yes') of one of them, from its next start on: "
                f"{virsh(case.source_entry, 'edit', called(case.guest))}",
            )


def _holds(guest: Guest, port: int) -> bool:
    return any(display.bound == port for display in guest.hardware.displays)


RULE = Rule(
    name="display",
    title="The guest's display can listen at the destination.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.INTERFACES}),
    examine=_examine,
)
