"""The doors. Reads answer a value or Unknown, acts answer an Effect: neither raises for the outside world, neither
outlives `within` seconds (the adapter abandons the call and its connection). Safe from any thread. Only Loop and the
doors sleep."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orchestrator.model.baseline import Baseline, CommonCpu, CpuChange
from orchestrator.model.command import Command, LibvirtRepair
from orchestrator.model.cordon import Cordon
from orchestrator.model.cpu import CpuAnswer, CpuOffer
from orchestrator.model.effect import Effect
from orchestrator.model.entry import Entry, Recorded, Seq
from orchestrator.model.errand import OpenErrand
from orchestrator.model.event import Event
from orchestrator.model.facts import Ask, Facts, HostFacts, Unknown
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.hold import Hold
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence, Held
from orchestrator.model.ledger import Ledger, Ticket
from orchestrator.model.move import Blackout, Move
from orchestrator.model.network_test import NetworkTest
from orchestrator.model.offer import Content, Crossing, DirtyRate, Gauging, Measurement
from orchestrator.model.order import Order, Queued
from orchestrator.model.path import PathSeen
from orchestrator.model.pulse import Readings
from orchestrator.model.roll import Roll
from orchestrator.model.run import Holder, Run, RunId
from orchestrator.model.sample import Sample
from orchestrator.model.sighting import NoProcess, ProcessSeen, Sighting
from orchestrator.model.spilled import Spilled
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


class Hooks(Protocol):
    """Scripts of the operator."""

    def call(self, event: str, facts: Mapping[str, str], *, within: float) -> str:
        """Run what there is for the event, with the facts in its environment and as JSON. Answers "" where all went
        well, otherwise which script failed and why; later ones are not run. within: for each of them."""
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


class Store(Protocol):
    """Durable on return; leases expire by the store's own clock.

    Raises OrchestratorError: store.unavailable (a write may have arrived all the same, and then whole),
    store.fence-lost (the lease has passed to another process).
    """

    def open_run(self, run: Run, holder: Holder, *, lasts: float) -> Fence:
        """Write the head of a new run and take its lease (named after the run)."""
        ...

    def append(self, run: RunId, entry: Entry, *, at: datetime, fence: Fence) -> Seq:
        """Add one entry to the journal of the run."""
        ...

    def import_spilled(self, run: RunId, entries: Sequence[tuple[datetime, Entry]], fence: Fence) -> Sequence[Seq]:
        """Append entries that were written while the store was away, with their own times, all or none.

        Answers their numbers. One that is there already, with the same time and content, is not added again: a write
        that got no answer may have arrived.
        """
        ...

    def entries(self, run: RunId, *, after: int = 0) -> Sequence[Recorded]:
        """Entries in order, those with a higher number than `after`."""
        ...

    def runs(self, *, limit: int | None = None, unfinished: bool = False) -> Sequence[Run]:
        """Heads of runs, newest first. unfinished: only those without a Closed entry, or adopted since."""
        ...

    def doubtful(self) -> Sequence[Run]:
        """Heads of the runs in which a move was ever held because the hosts contradict each other, newest first."""
        ...

    def keep_sample(self, run: RunId, guest: GuestId, sample: Sample, *, at: datetime) -> None:
        """Keep a sample; it may be lost or late."""
        ...

    def samples(self, run: RunId, guest: GuestId) -> Sequence[tuple[datetime, Sample]]:
        """The samples of one move, oldest first."""
        ...

    def take(self, name: str, holder: Holder, *, lasts: float, instead_of: Held | None = None) -> Fence | Held:
        """Take a lease that is free, expired, or still held exactly as `instead_of` says (a process proven dead)."""
        ...

    def lease(self, name: str) -> Held | None:
        """Who holds a lease, expired or not; None: nobody ever did, or it was released."""
        ...

    def renew(self, fence: Fence, *, lasts: float) -> None:
        """Prolong a lease."""
        ...

    def release(self, fence: Fence) -> None:
        """Give a lease back; giving it back twice is no error."""
        ...

    def ledger(self) -> Ledger:
        """All tickets in the order of their waiting, who holds their runs, and the version that booking compares."""
        ...

    def book(self, *, put: Sequence[Ticket], drop: Sequence[Ticket], if_version: int, fence: Fence) -> bool:
        """Replace tickets (same run and guest) and remove others, at once. False: the ledger has changed."""
        ...

    def order(self, run: RunId, order: Order, *, at: datetime) -> int:
        """Queue an order for the process that drives the run; it needs no lease. Answers its number."""
        ...

    def orders(self, run: RunId, *, after: int = 0) -> Sequence[Queued]:
        """Orders for a run with a higher number than `after`, oldest first."""
        ...

    def keep_crossing(self, source: HostName, destination: HostName, crossing: Crossing, *, at: datetime) -> None:
        """Keep what a finished move taught; it may be lost."""
        ...

    def crossing(self, source: HostName, destination: HostName) -> Crossing:
        """What the last moves this way taught: medians of up to ten of them, of those that say something."""
        ...

    def keep_baseline(self, name: str, baseline: Baseline) -> None:
        """Keep a baseline under a name, in place of one of that name."""
        ...

    def baselines(self) -> Mapping[str, Baseline]:
        """All baselines by name, the newest first."""
        ...

    def keep_network_test(self, test: NetworkTest, *, at: datetime) -> None:
        """Keep a test of a network, in place of the earlier one of the same two hosts, in that direction."""
        ...

    def network_tests(self) -> Sequence[tuple[datetime, NetworkTest]]:
        """The last test of each way, with its time, the newest first."""
        ...

    def cordons(self) -> Sequence[Cordon]:
        """Which hosts take no guests, the oldest cordon first."""
        ...

    def keep_cordon(self, cordon: Cordon, *, fence: Fence | None = None) -> Cordon:
        """Cordon a host, in place of an earlier cordon; answers the one that stands. fence: of who does it for a run.

        A run never replaces what a person or another run has put: that one stays, and is answered.
        """
        ...

    def lift_cordon(self, host: HostName, *, of: RunId | None = None, fence: Fence | None = None) -> bool:
        """Let a host take guests again. of: only if that run put the cordon. fence: of who does it for that run.
        Answers whether one was lifted."""
        ...

    def holds(self) -> Sequence[Hold]:
        """All holds, the oldest first, also those whose time is over."""
        ...

    def keep_hold(self, hold: Hold) -> None:
        """Hold something, in place of an earlier hold of that name."""
        ...

    def lift_hold(self, name: str) -> bool:
        """End a hold. Answers whether there was one."""
        ...

    def keep_plan(self, name: str, text: str, *, at: datetime) -> None:
        """Keep the text of a plan under a name, in place of one of that name."""
        ...

    def plan(self, name: str) -> str | None:
        """The text of a stored plan; None: there is none of that name."""
        ...

    def plans(self) -> Mapping[str, datetime]:
        """When each stored plan was kept, by name, the newest first."""
        ...

    def keep_roll(self, roll: Roll, *, fence: Fence) -> None:
        """Keep what is known of a roll, in place of what was known before."""
        ...

    def rolls(self) -> Sequence[Roll]:
        """All rolls, the newest first."""
        ...

    def errands(self) -> Sequence[OpenErrand]:
        """The evacuations that have not concluded, the oldest first."""
        ...

    def change_errands(
        self, before: Sequence[OpenErrand], after: Sequence[OpenErrand], *, fence: Fence | None = None
    ) -> bool:
        """Put `after` in place of `before`, at once. fence: of whoever carries them out; None: a person's word.

        False, and nothing has changed: one of `before` is not there any more, or not like this.
        """
        ...

    def keep_ran(self, name: str, *, at: datetime) -> None:
        """Keep when an entry of the schedule last ran."""
        ...

    def ran(self, name: str) -> datetime | None:
        """When an entry of the schedule last ran; None: never."""
        ...


class Spill(Protocol):
    """Where a process of this machine writes what its store cannot take, by the fence it drove the run under.

    Durable on return. Raises OrchestratorError: store.unavailable, store.corrupt.
    """

    def add(self, fence: Fence, entry: Spilled) -> None:
        """Write one entry behind all others of that fence."""
        ...

    def waiting(self) -> Sequence[Fence]:
        """Under which fences entries wait to be imported, the lowest number of a run first."""
        ...

    def read(self, fence: Fence) -> Sequence[Spilled]:
        """Its entries in order. What a crash cut off in the middle was never acted on, and is left out."""
        ...

    def drop(self, fence: Fence) -> None:
        """Forget entries that the store has. Never raises: those that stay are found to be there already."""
        ...

    def set_aside(self, fence: Fence) -> str:
        """Keep entries that come too late to be imported; answers where."""
        ...

    def place(self, fence: Fence) -> str:
        """Where the entries are, for a person."""
        ...


class Clock(Protocol):
    """Time."""

    def now(self) -> datetime:
        """UTC, for records."""
        ...

    def ticks(self) -> float:
        """Seconds that also count while the machine sleeps (CLOCK_BOOTTIME), for durations and deadlines."""
        ...


class Loop(Protocol):
    """The only owner of engine threads: one for each step in reality, none in the simulator."""

    def add(self, key: str, step: Callable[[], float | None]) -> None:
        """Call `step` now and again after the seconds it answers; None: finished."""
        ...

    def poke(self, key: str) -> None:
        """Call the step of `key` soon, whatever it answered."""
        ...

    def run(self) -> None:
        """Return when every step has finished. Raises what a step raised."""
        ...


class BlackoutProbe(Protocol):
    """Watch a guest from outside."""

    def watch(self, address: str) -> "Watch":
        """Begin; the answer is asked for when the move is over."""
        ...


class Watch(Protocol):
    """A running probe."""

    def answering(self) -> bool:
        """Whether the guest has answered the most recent probe."""
        ...

    def stop(self) -> Blackout | Unknown:
        """End the watch and say what the longest silence was."""
        ...


class EventSink(Protocol):
    """A view, a hook, a log."""

    def emit(self, event: Event) -> None:
        """After the journal; never blocks, never raises."""
        ...
