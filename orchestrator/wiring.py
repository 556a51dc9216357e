"""From settings to doors: the only module that names them all, each imported when it is first asked for."""

import contextlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from orchestrator.engine.clock import SystemClock
from orchestrator.engine.loop import ThreadLoop
from orchestrator.engine.turns import Turns
from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Facts
from orchestrator.model.host import HostName
from orchestrator.model.network import Role
from orchestrator.model.policy import Policy
from orchestrator.model.run import Who
from orchestrator.model.settings import Settings
from orchestrator.operations import identity
from orchestrator.operations.doors import Doors
from orchestrator.ports import (
    Announcer,
    BlackoutProbe,
    Gauge,
    Hooks,
    HostShell,
    Hypervisor,
    Inventory,
    PathWitness,
    Processes,
    Pulse,
    Pump,
    Spill,
    Store,
    Survey,
    Upkeep,
)

if TYPE_CHECKING:
    from orchestrator.hypervisor.connections import HostConnections
    from orchestrator.ssh.shell import SshShell

T = TypeVar("T")
STATE = Path("/var/lib/ferry")


def load_settings(config: str | None) -> Settings:
    """Read the configuration whole. Raises config.*."""
    from orchestrator.config import load  # noqa: PLC0415

    return load(config, os.environ)


def load_policy(named: str, settings: Settings) -> Policy | None:
    """Another policy, by name or file; None where there is none of that name. Raises config.invalid."""
    from orchestrator.config import load_policy as load  # noqa: PLC0415

    return load(named, settings.file)


def who(settings: Settings, argv: Sequence[str], reason: str | None) -> Who:
    """The audit fields of a run that begins now."""
    return identity.who(settings, argv, reason)


def real(settings: Settings) -> Doors:
    """The doors to the real world. Nothing is opened before it is asked for."""
    store = _once(lambda: _store(settings))
    turns = Turns(_beside_store(settings) / "turns")
    hosts = _Hosts(settings, store, turns)
    return Doors(
        settings=settings,
        hypervisor=hosts.hypervisor,
        inventory=hosts.inventory,
        shell=hosts.shell,
        survey=_once(hosts.survey),
        gauge=_once(hosts.gauge),
        processes=hosts.processes,
        announcer=hosts.announcer,
        witness=_once(hosts.witness),
        pulse=_once(hosts.pulse),
        pump=_once(hosts.pump),
        upkeep=hosts.upkeep,
        controller=_once(_controller),
        hooks=None if settings.hooks is None else _once(partial(_hooks, settings.hooks)),
        store=store,
        spill=_once(lambda: _spill(settings)),
        loop=ThreadLoop,
        probe=_once(_probe),
        clock=SystemClock(),
        holder=identity.this_process(),
        lives=identity.lives,
        stopped=identity.stopped,
        open_soon=hosts.open_soon,
        new_run_name=identity.new_run_name,
        turn=turns.turn,
    )


def recorded(settings: Settings, facts: Facts) -> Doors:
    """Doors to saved facts: no way leads from them to any host, or to the store."""
    from orchestrator.survey.saved import SavedSurvey  # noqa: PLC0415

    def closed(*_asked: object) -> NoReturn:
        raise OrchestratorError.of("usage.saved-facts", "this would have to ask or change a host")

    return Doors(
        settings=settings,
        hypervisor=closed,
        inventory=closed,
        shell=closed,
        survey=lambda: SavedSurvey(facts),
        gauge=closed,
        processes=closed,
        announcer=closed,
        store=closed,
        spill=closed,
        loop=closed,
        probe=closed,
        clock=SystemClock(),
        holder=identity.this_process(),
        lives=identity.lives,
        stopped=identity.stopped,
        open_soon=lambda _hosts, _sources: None,
        new_run_name=identity.new_run_name,
    )


class _Hosts:
    """One set of libvirt connections a host, shared by the engine's door and the survey's."""

    def __init__(self, settings: Settings, store: Callable[[], Store], turns: Turns) -> None:
        self._settings = settings
        self._store = store
        self._turns = turns
        self._lock = threading.RLock()
        self._connections: dict[HostName, HostConnections] = {}
        self._hypervisors: dict[HostName, Hypervisor] = {}

    def hypervisor(self, host: HostName) -> Hypervisor:
        """The engine's door to a host; one for the whole process, because it knows the calls it has issued."""
        from orchestrator.hypervisor.door import LibvirtHypervisor  # noqa: PLC0415

        with self._lock:
            if host not in self._hypervisors:
                self._hypervisors[host] = LibvirtHypervisor(self.connections(host), self.connections)
            return self._hypervisors[host]

    def open_soon(self, hosts: Sequence[HostName], sources: Sequence[HostName]) -> None:
        """Begin to open all that a move will need: libvirt, then SSH, and the store while the hosts answer.

        Where others of this machine ask them just now, connections wait for the turn of this one.
        """
        if self._turns.free():
            for host in hosts:
                self.connections(host).open_soon()
            for host in sources:
                self.hypervisor(host).expect()
            for host in hosts:
                self._shells[host].open_soon()
        # SQLAlchemy loads while the hosts are asked. Whoever needs the store waits for it, and meets its error there.
        threading.Thread(target=self._load_store, name="store", daemon=True).start()

    def _load_store(self) -> None:
        with contextlib.suppress(OrchestratorError):
            self._store()

    def survey(self) -> Survey:
        """The survey over libvirt and SSH."""
        from orchestrator.survey.survey import HostSurvey  # noqa: PLC0415

        return HostSurvey(self._settings.hosts, self._inventories, self._shells)

    def gauge(self) -> Gauge:
        """What is measured just before a move."""
        from orchestrator.survey.gauge import HostGauge  # noqa: PLC0415

        return HostGauge(self.inventory, self.shell)

    def processes(self, host: HostName) -> Processes:
        """The guests of a host as its kernel sees them."""
        from orchestrator.survey.process import ShellProcesses  # noqa: PLC0415

        return ShellProcesses(host, self._shells[host])

    def announcer(self, host: HostName) -> Announcer:
        """Tells the network of a host where a guest is now."""
        from orchestrator.survey.announcer import ShellAnnouncer  # noqa: PLC0415

        return ShellAnnouncer(self._shells[host])

    def witness(self) -> PathWitness:
        """By which way memory leaves a host."""
        from orchestrator.survey.witness import ShellWitness  # noqa: PLC0415

        return ShellWitness(self.shell)

    def pulse(self) -> Pulse:
        """How hosts fare while moves run."""
        from orchestrator.survey.pulse import ShellPulse  # noqa: PLC0415

        settings = self._settings
        carrying = {name for name, network in settings.networks.items() if Role.MIGRATION in network.roles}
        return ShellPulse(settings.hosts, settings.networks, carrying, self.shell)

    def pump(self) -> Pump:
        """What measures a network on purpose."""
        from orchestrator.survey.pump import ShellPump  # noqa: PLC0415

        return ShellPump(self.shell)

    def upkeep(self, host: HostName) -> Upkeep:
        """Commands that are run on a host once it is empty."""
        from orchestrator.survey.upkeep import ShellUpkeep  # noqa: PLC0415

        return ShellUpkeep(self._shells[host])

    def connections(self, host: HostName) -> "HostConnections":
        """The connections to a host's libvirt."""
        from orchestrator.hypervisor.connections import HostConnections  # noqa: PLC0415

        with self._lock:
            if host not in self._connections:
                entry = self._settings.hosts[host]
                self._connections[host] = HostConnections(entry, ssh=self._ssh_program)
            return self._connections[host]

    @cached_property
    def _ssh_program(self) -> Path:
        from orchestrator.hypervisor.ssh_command import program  # noqa: PLC0415

        return program(self._settings.ssh_config)

    def inventory(self, host: HostName) -> Inventory:
        """What a survey reads of a host's libvirt."""
        return self._inventories[host]

    def shell(self, host: HostName) -> HostShell:
        """Commands on a host."""
        return self._shells[host]

    @cached_property
    def _inventories(self) -> Mapping[HostName, Inventory]:
        from orchestrator.hypervisor.inventory import LibvirtInventory  # noqa: PLC0415

        return {host: LibvirtInventory(self.connections(host)) for host in self._settings.hosts}

    @cached_property
    def _shells(self) -> Mapping[HostName, "SshShell"]:
        from orchestrator.ssh.shell import SshShell  # noqa: PLC0415

        return {h: SshShell(e, config=self._settings.ssh_config) for h, e in self._settings.hosts.items()}


def _once(make: Callable[[], T]) -> Callable[[], T]:
    """Make it when it is first asked for; a second thread that asks meanwhile waits for the first."""
    lock, made = threading.Lock(), cache(make)

    def ask() -> T:
        with lock:
            return made()

    return ask


def _store(settings: Settings) -> Store:
    from orchestrator.store import SqlStore  # noqa: PLC0415

    return SqlStore(settings.store, settings.store_password)


def _spill(settings: Settings) -> Spill:
    from orchestrator.engine.spill import FileSpill  # noqa: PLC0415

    return FileSpill(_beside_store(settings) / "spill")


def _beside_store(settings: Settings) -> Path:
    """Where this machine keeps what belongs to the store: beside a file, or in a place of its own for a server."""
    scheme, _, path = settings.store.partition(":///")
    return Path(path).parent if scheme == "sqlite" else STATE


def _hooks(directory: str) -> Hooks:
    from orchestrator.notify.hooks import DirectoryHooks  # noqa: PLC0415

    return DirectoryHooks(directory)


def _controller() -> Upkeep:
    """Commands that are run on this machine for the sake of a host."""
    from orchestrator.survey.own_shell import OwnShell  # noqa: PLC0415
    from orchestrator.survey.upkeep import ShellUpkeep  # noqa: PLC0415

    return ShellUpkeep(OwnShell(), beside_guests=True)


def _probe() -> BlackoutProbe:
    from orchestrator.probe.ping import PingProbe  # noqa: PLC0415

    return PingProbe()
