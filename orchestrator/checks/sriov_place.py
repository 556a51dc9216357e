"""The network device that the guest takes up again is at the destination, at the address its definition names."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.fixed_address import amiss, device_at
from orchestrator.checks.remedy import called, on, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import HostDevice
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    for device in case.guest.host_devices:
        # One out of a pool is replaced by one of the destination's pool; one that is not let go of is sriov's.
        if device.kind == "pci" and device.teaming == "transient" and not device.pooled:
            yield from _judged(case, device)


def _judged(case: BetweenHosts, device: HostDevice) -> Iterator[Found]:
    here, there = (device_at(host, device.address) for host in (case.source, case.destination))
    has = amiss(case.destination, device.address, None if here is None else here.id)
    if has is None and device.interface and there is not None and not there.virtual_function:
        has = "a device at that address that is no virtual function"
    if has is None:
        return
    make = f" of the make {here.id}" if here else ""
    yield blocker(
        f"{case.guest.name} lets go of the network device {device.address}{make} for the move, and is to get the one "
        f"at the same address of {case.to}; {case.to} has {has}",
        f"Make it there: {on(case.destination_entry, 'lspci', '-Dnnk')}; or take a network with a pool of virtual "
        f"functions, from its next start on: {virsh(case.source_entry, 'edit', called(case.guest))}",
    )


RULE = Rule(
    name="sriov-place",
    title="The destination has the guest's network device at the same address.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.DEVICES}),
    examine=_examine,
)
