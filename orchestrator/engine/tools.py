"""The doors that one driver works with."""

from dataclasses import dataclass

from orchestrator.ports import Announcer, BlackoutProbe, Clock, Gauge, Hypervisor, Processes


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDoors:
    """Everything that leads to one host of a move."""

    hypervisor: Hypervisor
    processes: Processes
    announcer: Announcer


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What measures: time, silence, and the way before a move."""

    clock: Clock
    probe: BlackoutProbe
    gauge: Gauge
