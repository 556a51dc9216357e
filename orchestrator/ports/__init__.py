"""The doors. Reads answer a value or Unknown, acts answer an Effect: neither raises for the outside world, neither
outlives `within` seconds (the adapter abandons the call and its connection). Safe from any thread. Only Loop and the
doors sleep."""

from orchestrator.ports.hosts import (
    Announcer,
    CommandResult,
    Gauge,
    HostShell,
    Hypervisor,
    Inventory,
    PathWitness,
    Processes,
    Pulse,
    Pump,
    Survey,
    Upkeep,
)
from orchestrator.ports.own import BlackoutProbe, Clock, EventSink, Hooks, Loop, Watch
from orchestrator.ports.store import Spill, Store

__all__ = [
    "Announcer",
    "BlackoutProbe",
    "Clock",
    "CommandResult",
    "EventSink",
    "Gauge",
    "Hooks",
    "HostShell",
    "Hypervisor",
    "Inventory",
    "Loop",
    "PathWitness",
    "Processes",
    "Pulse",
    "Pump",
    "Spill",
    "Store",
    "Survey",
    "Upkeep",
    "Watch",
]
