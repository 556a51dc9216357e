"""Measure a network between two hosts on purpose, keep what was found, and say what was found before."""

import logging
from collections.abc import Sequence

from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.network_test import DatedTest
from orchestrator.operations.doors import Doors

_log = logging.getLogger(__name__)


def measure(
    doors: Doors, source: HostName, destination: HostName, network: str | None, *, streams: int = 4, seconds: float = 5
) -> DatedTest:
    """Fill the network from the source to the destination, with one stream and then with `streams` of them, each time
    for `seconds` and a little more. network None: the first migration network that both
    are on. A store that fails costs the record only.

    Raises usage.unknown-host, usage.same-host, usage.unknown-network, and the code of what could not be measured.
    """
    entries = [_entry(doors, host) for host in (source, destination)]
    if source == destination:
        raise OrchestratorError.of("usage.same-host", f"{source} is named twice")
    name = network or _first(doors, entries)
    _, address = (_address(entry, name) for entry in entries)
    if doors.pump is None:
        raise OrchestratorError.of("usage.saved-facts", "a network is measured between hosts that answer")
    found = doors.pump().measure(source, destination, name, address, streams=streams, seconds=seconds)
    if isinstance(found, Unknown):
        raise OrchestratorError.of(found.code, f"{found.leg}: {found.why}" if found.leg else found.why)
    at = doors.clock.now()
    try:
        doors.store().keep_network_test(found, at=at)
    except OrchestratorError as error:
        _log.warning("the test of network %s was not kept: %s", name, error)
    return DatedTest(test=found, at=at, age_seconds=0)


def kept(doors: Doors) -> tuple[DatedTest, ...]:
    """The last test of each way, the newest first. Raises store.unavailable."""
    now = doors.clock.now()
    return tuple(
        DatedTest(test=test, at=at, age_seconds=max(0, int((now - at).total_seconds())))
        for at, test in doors.store().network_tests()
    )


def _entry(doors: Doors, host: HostName) -> HostEntry:
    entry = doors.settings.hosts.get(host)
    if entry is None:
        raise OrchestratorError.of("usage.unknown-host", f"the configuration has no host {host}")
    return entry


def _first(doors: Doors, entries: Sequence[HostEntry]) -> str:
    names = doors.settings.migration_networks
    common = (name for name in names if all(name in entry.addresses for entry in entries))
    found = next(common, None)
    if found is None:
        hosts = " and ".join(entry.name for entry in entries)
        raise OrchestratorError.of("usage.unknown-network", f"{hosts} are on no migration network together")
    return found


def _address(entry: HostEntry, network: str) -> str:
    address = entry.addresses.get(network)
    if address is None:
        raise OrchestratorError.of("usage.unknown-network", f"{entry.name} has no address on a network {network}")
    return address
