"""The doors an operation may use, real or simulated."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from orchestrator.model.host import HostName
from orchestrator.model.run import Holder
from orchestrator.model.settings import Settings
from orchestrator.ports import (
    Announcer,
    BlackoutProbe,
    Clock,
    Gauge,
    Hooks,
    HostShell,
    Hypervisor,
    Inventory,
    Loop,
    PathWitness,
    Processes,
    Pulse,
    Pump,
    Spill,
    Store,
    Survey,
    Upkeep,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Each door is made when it is first asked for, so that a command pays only for what it uses.

    open_soon: begin to open what a move between these hosts will need, in the background; the second list names those
    that guests are known to leave. new_run_name: a name nobody has used. lives: whether a process of this machine is
    still the one it was. stopped: whether it is, and stands still (SIGSTOP). witness, pulse, pump, upkeep,
    controller (the upkeep of this machine): None where no kernel is there to be asked. hooks: None where the
    operator has no scripts. turn: waits until few enough
    others of this machine ask hosts for a plan.
    """

    settings: Settings
    hypervisor: Callable[[HostName], Hypervisor]
    inventory: Callable[[HostName], Inventory]
    shell: Callable[[HostName], HostShell]
    survey: Callable[[], Survey]
    gauge: Callable[[], Gauge]
    processes: Callable[[HostName], Processes]
    announcer: Callable[[HostName], Announcer]
    store: Callable[[], Store]
    spill: Callable[[], Spill]
    loop: Callable[[], Loop]
    probe: Callable[[], BlackoutProbe]
    clock: Clock
    holder: Holder
    lives: Callable[[Holder], bool]
    open_soon: Callable[[Sequence[HostName], Sequence[HostName]], None]
    new_run_name: Callable[[], str]
    stopped: Callable[[Holder], bool] = lambda _holder: False
    turn: Callable[[], AbstractContextManager[object]] = nullcontext
    witness: Callable[[], PathWitness] | None = None
    pulse: Callable[[], Pulse] | None = None
    pump: Callable[[], Pump] | None = None
    upkeep: Callable[[HostName], Upkeep] | None = None
    controller: Callable[[], Upkeep] | None = None
    hooks: Callable[[], Hooks] | None = None
