"""Doors to the hosts: what may be asked of them and done to them."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from orchestrator.model.baseline import CommonCpu, CpuChange
from orchestrator.model.command import Command, LibvirtRepair
from orchestrator.model.cpu import CpuAnswer, CpuOffer
from orchestrator.model.effect import Effect
from orchestrator.model.facts import Ask, Facts, HostFacts, Unknown
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.network_test import NetworkTest
from orchestrator.model.offer import Content, DirtyRate, Gauging, Measurement
from orchestrator.model.path import PathSeen
from orchestrator.model.pulse import Readings
from orchestrator.model.sighting import NoProcess, ProcessSeen, Sighting
from orchestrator.model.topic import Topic
from orchestrator.model.traffic import Traffic
from orchestrator.model.upkeep import CommandSeen, MachineSeen


class Hypervisor(Protocol):
    """libvirt and QEMU of one host: what the engine needs, no more."""

    def expect(self) -> None:
        """A move may soon begin here: get ready in the background. Promises nothing, costs no time."""
        ...

    def observe(self, guest: GuestId, *, within: float) -> Sighting | Unknown:
        """Say what this host knows of the guest now."""
        ...

    def traffic(self, *, within: float) -> Traffic | Unknown:
        """Say which guests leave this host or arrive at it now, whoever moves them. A guest that does not tell is
        `unsure`, and spoils nothing that is known of the others."""
        ...

    def act(self, command: Command, *, within: float) -> Effect:
        """Do it, once. A BeginMove answers Done when the call was issued; its end is Sighting.call."""
        ...

    def mend(self, repair: LibvirtRepair, *, within: float) -> Effect:
        """Remove what a check found, once. Refused where it is no longer as the check saw it."""
        ...

    def listen(self, hint: Callable[[GuestId], None]) -> AbstractContextManager[None]:
        """Call `hint` when looking again would pay: a migration call returned, an event came. Never proof."""
        ...


class Inventory(Protocol):
    """libvirt of one host: what a survey reads."""

    def read(self, topics: frozenset[Topic], *, within: float, ask_qemu: Collection[str] = ()) -> HostFacts | Unknown:
        """Describe the host and all its guests, and of the topics those that libvirt knows.

        identity's machine and boot id, bridges, and the topics of the shell are left Unknown. ask_qemu: names or
        UUIDs of guests whose QEMU is also asked what blocks a migration, which marks them as tainted; `*`: all.
        """
        ...

    def cpu_offered(self, guest: Guest, *, within: float) -> CpuAnswer | Unknown:
        """Ask this host's libvirt whether it can run the guest's live CPU (compareHypervisorCPU)."""
        ...

    def cpu_back(self, guest: Guest, there: tuple[CpuOffer, ...] | Unknown, *, within: float) -> CpuAnswer | Unknown:
        """Ask the guest's host whether it could run the CPU that the guest would have after its next start elsewhere.

        there: what that other host offers. Read from the guest's persistent definition, which is what starts there.
        """
        ...

    def compare(self, cpu_xml: str, arch: str, virt_type: str, *, within: float) -> CpuAnswer | Unknown:
        """Ask this host's libvirt whether it can offer the CPU of a <cpu> document (compareHypervisorCPU)."""
        ...

    def baseline(
        self, cpus: Sequence[str], arch: str, virt_type: str, *, within: float, expand: bool = False
    ) -> str | Unknown:
        """Ask this host for the largest migratable CPU that all these <cpu> documents and it itself can offer.

        expand: name every feature (EXPAND_FEATURES). Unknown with libvirt's words also where there is no such CPU.
        """
        ...

    def common_cpu(self, cpus: Sequence[str], arch: str, virt_type: str, *, within: float) -> CommonCpu | Unknown:
        """`baseline` as a value, with all its features by name as this host knows them."""
        ...

    def cpu_change(
        self, guest: GuestId, cpu: str, *, within: float, earlier: Sequence[str] = ()
    ) -> CpuChange | Unknown:
        """Say what putting this <cpu> into the guest's persistent definition would replace. Changes nothing.

        earlier: documents that ferry may have put there before; what they switched off is not the operator's will.
        """
        ...

    def definition(self, guest: GuestId, *, within: float) -> str | Unknown:
        """The guest's persistent definition on this host as text, one element a line."""
        ...

    def dirty_rate(self, guest: GuestId, *, seconds: int, within: float) -> DirtyRate | Unknown:
        """Measure how much memory the guest changes, by page sampling (never by dirty bitmap: that kills QEMU 7.2 under
        emulation). Takes `seconds` and a little more; the guest notices nothing."""
        ...

    def content(self, guest: GuestId, *, pages: int, seconds: float, within: float) -> Content | Unknown:
        """Look at some pages of the guest's memory, twice. Nothing that was read leaves this call or is kept."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """How a command on a host ended."""

    status: int
    stdout: str
    stderr: str


class HostShell(Protocol):
    """Commands on one host."""

    def run(self, script: str, *, within: float) -> CommandResult | Unknown:
        """Run a POSIX shell script. Unknown: it may or may not have run."""
        ...


class Gauge(Protocol):
    """What is measured just before a move."""

    def measure(self, move: Move, what: Gauging, *, within: float) -> Measurement:
        """Measure all of it at the same time; what cannot be measured is Unknown. Changes nothing anywhere."""
        ...


class Processes(Protocol):
    """The guests of one host as its kernel sees them, past libvirt."""

    def look(self, guest: GuestId, *, within: float) -> ProcessSeen | NoProcess | Unknown:
        """Say what is there of the guest's QEMU."""
        ...


class PathWitness(Protocol):
    """By which way memory leaves a host, as its kernel tells."""

    def look(self, move: Move, *, within: float) -> PathSeen | Unknown:
        """Say by which ways the copy of this move leaves its source now: the move's transport is the one in use."""
        ...


class Pulse(Protocol):
    """How hosts fare while moves run: what guard rules watch."""

    def read(self, host: HostName, watched: Collection[str], *, within: float) -> Readings | Unknown:
        """Read the figures of one host under the names that rules watch; what it does not know is left out."""
        ...


class Upkeep(Protocol):
    """Commands that are run on a machine once its guests are gone, and what its kernel says past libvirt."""

    def machine(self, *, within: float) -> MachineSeen | Unknown:
        """Say which boot this is and which QEMUs there are."""
        ...

    def begin(self, name: str, command: str, *, about: HostName, within: float) -> Effect:
        """Begin the command under a name that nothing ever had there, in the background: it outlives this connection.

        Refused: it was not begun, because there is a QEMU at this second, or something of that name was begun before.
        about: the host for whose sake; on a controller the QEMUs of the machine itself do not count.
        """
        ...

    def forbid(self, name: str, *, within: float) -> Effect:
        """See to it that nothing can begin under that name any more. Refused: something has begun."""
        ...

    def seen(self, name: str, *, within: float) -> CommandSeen | Unknown:
        """Say what became of the command of that name."""
        ...


class Pump(Protocol):
    """Measures a network on purpose, by filling it."""

    def measure(
        self, source: HostName, destination: HostName, network: str, address: str, *, streams: int, seconds: float
    ) -> NetworkTest | Unknown:
        """Send from the source to that address of the destination, in one stream and then in `streams` of them, each
        time for `seconds` and a little more; before that, look at the idle network. Leaves nothing behind."""
        ...


class Announcer(Protocol):
    """Tells the network of a host where a guest is now."""

    def announce(self, move: Move, *, within: float) -> Effect:
        """Send gratuitous ARP for the guest from the destination host. Refused where it has no address or bridge."""
        ...


class Survey(Protocol):
    """Everything decisions read."""

    def facts(self, ask: Ask, *, within: float) -> Facts:
        """Read what is asked for, all hosts in parallel; what cannot be read is Unknown."""
        ...
