"""The Pump: measures a network between two hosts on purpose, with iperf3 where both have it and by itself otherwise."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.network_test import NetworkTest
from orchestrator.ports import CommandResult, HostShell
from orchestrator.survey import iperf, link_rate, trip

_SLACK = 20.0  # seconds beyond those that are counted: connections, pings, and ends that are gone by themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One measurement from one end to the other. deadline: of time.monotonic()."""

    source: HostShell
    destination: HostShell
    address: str
    leg: str
    seconds: float
    deadline: float

    def there(self, script: str) -> CommandResult | Unknown:
        return self.destination.run(script, within=self._left)

    def here(self, script: str) -> CommandResult | Unknown:
        return self.source.run(script, within=self._left)

    @property
    def _left(self) -> float:
        return max(0.1, self.deadline - time.monotonic())


class ShellPump:
    """Implements `ports.Pump` over the shells of the hosts."""

    def __init__(self, shell: Callable[[HostName], HostShell]) -> None:
        self._shell = shell

    def measure(
        self, source: HostName, destination: HostName, network: str, address: str, *, streams: int, seconds: float
    ) -> NetworkTest | Unknown:
        """The idle network first, then one stream, then all of them."""
        way = _Way(
            source=self._shell(source),
            destination=self._shell(destination),
            address=address,
            leg=f"{source} to {destination}, {network}",
            seconds=seconds,
            deadline=time.monotonic() + _SLACK,
        )
        idle = way.here(trip.script(address))
        if isinstance(idle, Unknown):
            return idle
        found: dict[int, int] = {}
        by_iperf = True
        for number in sorted({1, streams}):
            way = replace(way, deadline=time.monotonic() + seconds + _SLACK)
            said = _iperf(way, number) if by_iperf else None
            if said is None:
                by_iperf, said = False, _own(way, number)
            if isinstance(said, Unknown):
                return said
            found[number] = said
        return NetworkTest(
            source=source,
            destination=destination,
            network=network,
            bytes_per_second=found,
            round_trip_ms=trip.trip_ms(idle),
            mtu=trip.mtu(idle),
            by="iperf3" if by_iperf else "ferry",
        )


def _iperf(way: _Way, streams: int) -> int | Unknown | None:
    """None: one of the hosts has no iperf3."""
    said = way.there(iperf.serve_script(way.address, seconds=way.seconds))
    if iperf.missing(said):
        return None
    ports = link_rate.ports(said, way.leg)
    if isinstance(ports, Unknown):
        return ports
    said = way.here(iperf.send_script(way.address, ports[0], streams=streams, seconds=way.seconds))
    return None if iperf.missing(said) else iperf.rate(said, way.leg)


def _own(way: _Way, streams: int) -> int | Unknown:
    token = secrets.token_hex(8)
    said = way.there(link_rate.listen_script(way.address, token, streams=streams, seconds=way.seconds))
    ports = link_rate.ports(said, way.leg, streams=streams)
    if isinstance(ports, Unknown):
        return ports
    said = way.here(link_rate.send_script(way.address, token, *ports, seconds=way.seconds))
    return link_rate.rate(said, way.leg, streams=streams)
