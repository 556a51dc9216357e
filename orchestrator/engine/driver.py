"""One move, step by step: look at both hosts, one pure decision, intent, one act, what happened."""

import threading
from collections.abc import Callable
from dataclasses import replace

from orchestrator.engine.journal import Journal, unavailable
from orchestrator.engine.tools import HostDoors, Tools
from orchestrator.engine.tracing import Tracing
from orchestrator.errors import OrchestratorError
from orchestrator.migration.bottleneck import bottleneck
from orchestrator.migration.decide import decide
from orchestrator.migration.decision import Become, Do, End, Look, Measure, Side, Wait, scene
from orchestrator.migration.decision import Watch as Memory
from orchestrator.migration.outcome import outcome
from orchestrator.migration.place import Place
from orchestrator.migration.record import MoveRecord, advance
from orchestrator.migration.states import UNTOUCHED, may
from orchestrator.migration.terms import Level, Terms
from orchestrator.migration.without_store import forbidden
from orchestrator.model.command import Announce, BeginMove, Cancel, Command, RecoverPostCopy, StartPostCopy
from orchestrator.model.effect import Effect, Refused
from orchestrator.model.entry import Ended, Entry, Happened, Intent, Measured, Seen, Seq
from orchestrator.model.event import Waiting
from orchestrator.model.facts import Unknown
from orchestrator.model.move import Blackout, Outcome, State
from orchestrator.model.offer import Crossing
from orchestrator.model.sighting import InFlight, NoProcess, ProcessSeen, Sighting
from orchestrator.ports import Watch

PATIENCE = 10.0  # seconds one question or order to a host may take
# A host that hangs must hold up neither what the other one needs to be told, while memory flows, nor the sight of a
# second copy that begins to run. An answer that takes longer is not lost: the connection is opened in the background.
PATIENCE_WITH_THE_SILENT = 1.0
PATIENCE_PAST_LIBVIRT = 2.0
MEASURING_LASTS = 8.0
INTENT_FRESH = 2.0  # seconds after which an intent no longer proves that this process holds the lease
# libvirt knows no fencing: what cannot be taken back is called less than a second after the store took its intent.
INTENT_FRESH_TO_BEGIN = 1.0
SLOW_WRITES = 5  # so many intents in a row that came too late
LOOK_WITHOUT_STORE, LOOK_AT_SHARES = 1.0, 0.1
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
        self._last_look = tools.last_look
        self._joins = tools.joins
        self._looked = self._joined = record.begun or record.state not in UNTOUCHED
        self._tracing = tracing
        self._terms = terms
        self._memory = Memory(crossing=crossing)
        self._watch: Watch | None = None
        self._silence: Blackout | Unknown | None = None
        self._silent: frozenset[Side] = frozenset()  # at the last look
        self._unwritten: Happened | None = None
        self._forbidden: str | None = None  # why what was decided last needs the store
        self._stuck = False  # at the last step: nothing could be done, written or divided without the store
        self._told: str | None = None
        self._flows = False  # at the last look: memory, towards the destination
        self._stepping = threading.Lock()

    @property
    def outcome(self) -> Outcome | None:
        """The verdict, once there is one."""
        return self.record.outcome

    @property
    def idle(self) -> bool:
        """Whether nothing more will happen before the store is back."""
        return self.outcome is not None or (self._stuck and not self._flows)

    def step(self) -> float | None:
        """Go as far as possible; answer the seconds until the next look, None after the verdict."""
        with self._stepping:
            while True:
                before = self._memory
                try:
                    seconds, goes_on = self._step()
                except OrchestratorError as error:
                    if not unavailable(error):
                        raise
                    self._memory = before  # nothing has come of what was decided
                    return self._wait_for_store(error)
                self._stuck = not self._joined and self.outcome is None
                if not goes_on:
                    return seconds

    def leave(self) -> None:
        """Another process has the run. A copy that this one has begun and not yet seen under its lease may be one that
        nobody expects: it is called off, as long as the guest runs at the source. Everything else is left alone."""
        with self._stepping:
            if not (self.record.begun and self.record.state is State.PREPARING):
                return
            look = self._look()
            mine = isinstance(look.source, Sighting) and isinstance(look.source.call, InFlight)
            if mine and scene(self.record, self._memory, look).where is Place.UNDERWAY:
                self._act(Side.SOURCE, Cancel(guest=self.record.move.guest))

    def _step(self) -> tuple[float | None, bool]:
        """One look and what comes of it: the seconds to wait, and whether there is more to do at once."""
        if not self._looked and self._kept_back():
            return None, False
        if not self._joined and self._terms().level is Level.GO and not self._joins(self.record.move.guest):
            return LOOK_AT_SHARES, False
        self._joined = True
        look = self._look()
        self._forbidden = None
        self._write_what_happened()
        decision, self._memory = decide(self.record, self._memory, look, self._terms())
        if isinstance(decision, Wait):
            self._trace()
            return decision.seconds, False
        if isinstance(decision, End):
            self._trace()
            self._end(decision, look)
            self._trace()
            return None, False
        if isinstance(decision, Become):
            self._become(decision, look)
        elif isinstance(decision, Measure):
            self._measure(decision)
        else:
            self._do(decision)
        return None, True

    def _kept_back(self) -> bool:
        """Whether something has come up against the move since it was planned; then that is its verdict."""
        against = self._last_look(self.record.move) if self._terms().level is Level.GO else None
        if against is not None:
            self._write(Ended(guest=self.record.move.guest, outcome=against))
        self._looked = True
        return against is not None

    def _wait_for_store(self, error: OrchestratorError) -> float:
        self._stuck = True
        because = f"{self._forbidden or 'what happens cannot be written down'}: {error.problems[0].saw}"
        if because != self._told:
            self._told = because
            self._journal.tell(Waiting(run=self._journal.run, guest=self.record.move.guest, because=because))
        return LOOK_WITHOUT_STORE

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
        self._flows = leaving
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
        self._forbidden = forbidden(command, self.record)
        intent, late = self._intend(Intent(guest=move.guest, host=host, command=command, because=decision.because))
        effect = late or self._act(decision.side, command)
        self._unwritten = Happened(guest=move.guest, host=host, intent=intent, effect=effect)
        self._write_what_happened()

    def _write_what_happened(self) -> None:
        """What was done goes into the journal before anything else is decided, however late."""
        if self._unwritten is not None:
            self._write(self._unwritten)
            self._unwritten = None

    def _act(self, side: Side, command: Command) -> Effect:
        if isinstance(command, Announce) and command.by == "host":
            return self._hosts[side].announcer.announce(self.record.move, within=PATIENCE)
        return self._hosts[side].hypervisor.act(command, within=PATIENCE)

    def _intend(self, intent: Intent) -> tuple[Seq, Refused | None]:
        """Write the intent, again if this process stood still meanwhile: a run taken over refuses the write.

        What must not be done without the store has its intent in the store itself: that is the check of the lease.
        Refused: the store was too slow each time, so that the command is not given.
        """
        in_store = self._forbidden is not None
        begins = isinstance(intent.command, BeginMove | RecoverPostCopy | StartPostCopy)
        fresh = INTENT_FRESH_TO_BEGIN if begins else INTENT_FRESH
        written = Seq(0)
        for _ in range(SLOW_WRITES):
            begun = self._clock.ticks()
            written = self._write(intent, in_store=in_store)
            if self._clock.ticks() - begun < fresh:
                return written, None
        why = f"{SLOW_WRITES} times in a row the store took {fresh:.0f} s or more to write an intent; nothing was done"
        return written, Refused(why=why, code="store.unavailable")

    def _end(self, decision: End, look: Look) -> None:
        terms = self._terms()
        verdict = outcome(self.record, decision, look, self._blackout(), terms, self._clock.now())
        held_back = bottleneck(self.record, self._journal.samples(self.record.move.guest), terms)
        verdict = replace(verdict, bottleneck=held_back)
        self._write(Ended(guest=self.record.move.guest, outcome=verdict))

    def _trace(self) -> None:
        """Write down by which way the memory leaves, if that is new, and have it looked at as long as some does."""
        found = self._tracing.take()
        if found is not None:
            self._write(found)
        self._tracing.follow(self.record)

    def _blackout(self) -> Blackout | Unknown:
        if self._watch is not None:
            self._silence = self._silence or self._watch.stop()  # once: a verdict may have to be written again
            return self._silence
        return TAKEN_OVER if self.record.move.probe_address else NO_ADDRESS

    def _write(self, entry: Entry, *, in_store: bool = False) -> Seq:
        recorded = self._journal.append(entry) if in_store else self._journal.write(entry)
        self.record = advance(self.record, entry, recorded.at)
        return recorded.seq
