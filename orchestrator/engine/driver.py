"""One move, step by step: look at both hosts, one pure decision, intent, one act, what happened."""

from collections.abc import Callable

from orchestrator.engine.journal import Journal
from orchestrator.migration.decide import decide
from orchestrator.migration.decision import Become, Do, End, Level, Look, Side, Wait
from orchestrator.migration.decision import Watch as Memory
from orchestrator.migration.outcome import outcome
from orchestrator.migration.record import MoveRecord, advance
from orchestrator.migration.states import may
from orchestrator.model.command import BeginMove
from orchestrator.model.entry import Ended, Entry, Happened, Intent, Seen, Seq
from orchestrator.model.facts import Unknown
from orchestrator.model.move import Blackout, Outcome
from orchestrator.model.policy import Policy
from orchestrator.model.sighting import Sighting
from orchestrator.ports import BlackoutProbe, Clock, Hypervisor, Watch

PATIENCE = 10.0  # seconds one question or order to a host may take
INTENT_FRESH = 2.0  # seconds after which an intent no longer proves that this process holds the lease
NO_ADDRESS = Unknown(why="the guest names no address to watch")
TAKEN_OVER = Unknown(why="the process that watched it died")


class Driver:
    """Drives one move to its verdict; never sleeps, owns no thread. Resuming is its first step on an old record."""

    def __init__(
        self,
        record: MoveRecord,
        *,
        source: Hypervisor,
        destination: Hypervisor,
        journal: Journal,
        policy: Policy,
        clock: Clock,
        probe: BlackoutProbe,
        level: Callable[[], Level],
    ) -> None:
        self.record = record
        self._hosts = {Side.SOURCE: source, Side.DESTINATION: destination}
        self._journal = journal
        self._policy = policy
        self._clock = clock
        self._probe = probe
        self._level = level
        self._memory = Memory()
        self._watch: Watch | None = None

    @property
    def outcome(self) -> Outcome | None:
        """The verdict, once there is one."""
        return self.record.outcome

    def step(self) -> float | None:
        """Go as far as possible; answer the seconds until the next look, None after the verdict."""
        while True:
            look = self._look()
            decision, self._memory = decide(self.record, self._memory, look, self._level(), self._policy)
            if isinstance(decision, Wait):
                return decision.seconds
            if isinstance(decision, End):
                self._end(decision, look)
                return None
            if isinstance(decision, Become):
                self._become(decision, look)
            else:
                self._do(decision)

    def _look(self) -> Look:
        """Ask the source first, then the destination: the table of places relies on the order."""
        guest = self.record.move.guest
        source = self._hosts[Side.SOURCE].observe(guest, within=PATIENCE)
        destination = self._hosts[Side.DESTINATION].observe(guest, within=PATIENCE)
        if isinstance(source, Sighting) and source.job is not None:
            self._journal.progress(guest, source.job)
        answering = self._watch.answering() if self._watch else None
        return Look(at=self._clock.ticks(), source=source, destination=destination, answering=answering)

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
        effect = self._hosts[decision.side].act(command, within=PATIENCE)
        self._write(Happened(guest=move.guest, host=host, intent=intent, effect=effect))

    def _intend(self, intent: Intent) -> Seq:
        """Write the intent, again if this process stood still meanwhile: a run taken over refuses the write."""
        while True:
            begun = self._clock.ticks()
            written = self._write(intent)
            if self._clock.ticks() - begun <= INTENT_FRESH:
                return written

    def _end(self, decision: End, look: Look) -> None:
        verdict = outcome(self.record, decision, look, self._blackout(), self._clock.now())
        self._write(Ended(guest=self.record.move.guest, outcome=verdict))

    def _blackout(self) -> Blackout | Unknown:
        if self._watch is not None:
            return self._watch.stop()
        return TAKEN_OVER if self.record.move.probe_address else NO_ADDRESS

    def _write(self, entry: Entry) -> Seq:
        recorded = self._journal.append(entry)
        self.record = advance(self.record, entry, recorded.at)
        return recorded.seq
