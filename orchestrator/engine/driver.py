"""One move, step by step: look at both hosts, one pure decision, intent, one act, what happened."""

from collections.abc import Callable

from orchestrator.engine.journal import Journal
from orchestrator.engine.tools import HostDoors, Tools
from orchestrator.engine.tracing import Tracing
from orchestrator.migration.decide import decide
from orchestrator.migration.decision import Become, Do, End, Look, Measure, Side, Wait
from orchestrator.migration.decision import Watch as Memory
from orchestrator.migration.outcome import outcome
from orchestrator.migration.record import MoveRecord, advance
from orchestrator.migration.states import may
from orchestrator.migration.terms import Terms
from orchestrator.model.command import Announce, BeginMove, Command
from orchestrator.model.effect import Effect
from orchestrator.model.entry import Ended, Entry, Happened, Intent, Measured, Seen, Seq
from orchestrator.model.facts import Unknown
from orchestrator.model.move import Blackout, Outcome, State
from orchestrator.model.offer import Crossing
from orchestrator.model.sighting import NoProcess, ProcessSeen, Sighting
from orchestrator.ports import Watch

PATIENCE = 10.0  # seconds one question or order to a host may take
# A host that hangs must hold up neither what the other one needs to be told, while memory flows, nor the sight of a
# second copy that begins to run. An answer that takes longer is not lost: the connection is opened in the background.
PATIENCE_WITH_THE_SILENT = 1.0
PATIENCE_PAST_LIBVIRT = 2.0
MEASURING_LASTS = 8.0
INTENT_FRESH = 2.0  # seconds after which an intent no longer proves that this process holds the lease
NO_ADDRESS = Unknown(why="the guest names no address to watch")
TAKEN_OVER = Unknown(why="the process that watched it died")


class Driver:
    """Drives one move to its verdict; never sleeps, owns no thread. Resuming is its first step on an old record."""

    def __init__(
        self,
        record: MoveRecord,
        *,
        source: HostDoors,
        destination: HostDoors,
        journal: Journal,
        tools: Tools,
        tracing: Tracing,
        crossing: Crossing,
        terms: Callable[[], Terms],
    ) -> None:
        self.record = record
        self._hosts = {Side.SOURCE: source, Side.DESTINATION: destination}
        self._journal = journal
        self._clock = tools.clock
        self._probe = tools.probe
        self._gauge = tools.gauge
        self._tracing = tracing
        self._terms = terms
        self._memory = Memory(crossing=crossing)
        self._watch: Watch | None = None
        self._silent: frozenset[Side] = frozenset()  # at the last look

    @property
    def outcome(self) -> Outcome | None:
        """The verdict, once there is one."""
        return self.record.outcome

    def step(self) -> float | None:
        """Go as far as possible; answer the seconds until the next look, None after the verdict."""
        while True:
            look = self._look()
            decision, self._memory = decide(self.record, self._memory, look, self._terms())
            if isinstance(decision, Wait):
                self._trace()
                return decision.seconds
            if isinstance(decision, End):
                self._trace()
                self._end(decision, look)
                self._trace()
                return None
            if isinstance(decision, Become):
                self._become(decision, look)
            elif isinstance(decision, Measure):
                self._measure(decision)
            else:
                self._do(decision)

    def _look(self) -> Look:
        """Ask the source first, then the destination: the table of places relies on the order."""
        guest = self.record.move.guest
        beside_a_copy = self.record.state in (State.PRECOPY, State.CANCELLING)
        source = self._observe(Side.SOURCE, PATIENCE)
        destination = self._observe(Side.DESTINATION, PATIENCE_WITH_THE_SILENT if beside_a_copy else PATIENCE)
        if isinstance(source, Sighting) and source.job is not None:
            self._journal.progress(guest, source.job)
        answering = self._watch.answering() if self._watch else None
        leaving = isinstance(source, Sighting) and source.moving  # then its own job says more than any kernel
        past_libvirt = self.record.begun and not leaving
        return Look(
            at=self._clock.ticks(),
            source=source,
            destination=destination,
            answering=answering,
            source_process=self._process(Side.SOURCE, source) if past_libvirt else None,
            destination_process=self._process(Side.DESTINATION, destination) if past_libvirt else None,
        )

    def _observe(self, side: Side, patience: float) -> Sighting | Unknown:
        patience = PATIENCE_WITH_THE_SILENT if side in self._silent else patience
        said = self._hosts[side].hypervisor.observe(self.record.move.guest, within=patience)
        self._silent = self._silent | {side} if isinstance(said, Unknown) else self._silent - {side}
        return said

    def _process(self, side: Side, said: Sighting | Unknown) -> ProcessSeen | NoProcess | Unknown | None:
        """What the kernel of a host whose libvirt is silent says; nobody is asked where libvirt has answered."""
        if isinstance(said, Sighting):
            return None
        return self._hosts[side].processes.look(self.record.move.guest, within=PATIENCE_PAST_LIBVIRT)

    def _measure(self, decision: Measure) -> None:
        """Nothing is changed by it, so it needs no intent; a process that dies here measures again."""
        measurement = self._gauge.measure(self.record.move, decision.what, within=MEASURING_LASTS)
        self._write(Measured(guest=self.record.move.guest, measurement=measurement, crossing=self._memory.crossing))

    def _become(self, decision: Become, look: Look) -> None:
        if not may(self.record.state, decision.state):
            raise AssertionError(f"no step from {self.record.state} to {decision.state}")
        self._write(
            Seen(
                guest=self.record.move.guest,
                state=decision.state,
                because=decision.because,
                source=look.source,
                destination=look.destination,
            )
        )

    def _do(self, decision: Do) -> None:
        move, command = self.record.move, decision.command
        host = move.source if decision.side is Side.SOURCE else move.destination
        if isinstance(command, BeginMove) and move.probe_address and self._watch is None:
            self._watch = self._probe.watch(move.probe_address)
        intent = self._intend(Intent(guest=move.guest, host=host, command=command, because=decision.because))
        effect = self._act(decision.side, command)
        self._write(Happened(guest=move.guest, host=host, intent=intent, effect=effect))

    def _act(self, side: Side, command: Command) -> Effect:
        if isinstance(command, Announce) and command.by == "host":
            return self._hosts[side].announcer.announce(self.record.move, within=PATIENCE)
        return self._hosts[side].hypervisor.act(command, within=PATIENCE)

    def _intend(self, intent: Intent) -> Seq:
        """Write the intent, again if this process stood still meanwhile: a run taken over refuses the write."""
        while True:
            begun = self._clock.ticks()
            written = self._write(intent)
            if self._clock.ticks() - begun <= INTENT_FRESH:
                return written

    def _end(self, decision: End, look: Look) -> None:
        verdict = outcome(self.record, decision, look, self._blackout(), self._terms(), self._clock.now())
        self._write(Ended(guest=self.record.move.guest, outcome=verdict))

    def _trace(self) -> None:
        """Write down by which way the memory leaves, if that is new, and have it looked at as long as some does."""
        found = self._tracing.take()
        if found is not None:
            self._write(found)
        self._tracing.follow(self.record)

    def _blackout(self) -> Blackout | Unknown:
        if self._watch is not None:
            return self._watch.stop()
        return TAKEN_OVER if self.record.move.probe_address else NO_ADDRESS

    def _write(self, entry: Entry) -> Seq:
        recorded = self._journal.append(entry)
        self.record = advance(self.record, entry, recorded.at)
        return recorded.seq
