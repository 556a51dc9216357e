"""Several ferry processes at once, over one store and one simulated world; each can be killed with -9."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from orchestrator.engine.journal import taken_over
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.event import Event, Guarded, Waiting
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Standing, Ticket
from orchestrator.model.move import Move, Outcome
from orchestrator.model.network import Network
from orchestrator.model.plan import Plan
from orchestrator.model.policy import GuardRule, Limits, Policy
from orchestrator.model.pulse import Readings
from orchestrator.model.run import Run, RunId
from orchestrator.operations.apply import apply
from orchestrator.operations.history import report
from orchestrator.operations.resume import resume
from orchestrator.simulator.clock import SimLoop
from tests.scenarios.simulated import WHO, Bench


@dataclass
class Part:
    """The loop as one process sees it: its steps end with it. taken_over: what told it that its run was taken."""

    loop: SimLoop
    name: str
    now: Callable[[], float]
    killed: bool = False
    asleep_until: float = 0.0
    taken_over: OrchestratorError | None = None

    def add(self, key: str, step: Callable[[], float | None]) -> None:
        def alive() -> float | None:
            if self.killed or self.now() < self.asleep_until:
                return None if self.killed else self.asleep_until - self.now()
            try:
                return step()
            except OrchestratorError as error:
                if not taken_over(error):
                    raise
                self.taken_over, self.killed = error, True
                return None

        self.loop.add(f"{self.name} {key}", alive)

    def poke(self, key: str) -> None:
        self.loop.poke(f"{self.name} {key}")

    def run(self) -> None:
        """All processes run together, when the test says so."""


@dataclass
class Process:
    """One ferry."""

    run: RunId
    part: Part
    events: list[Event] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        self.events.append(event)

    @property
    def reasons(self) -> list[str]:
        """Why its moves have waited."""
        return list(dict.fromkeys(e.because for e in self.events if isinstance(e, Waiting)))

    @property
    def guarded(self) -> list[int]:
        return [e.level for e in self.events if isinstance(e, Guarded)]


@dataclass
class Sample:
    """What was true at one moment: migrations by host, those in all, slots taken, and whether work waits."""

    at: float
    by_host: Counter[HostName]
    flights: int
    holding: int
    waits: bool
    caps: Mapping[GuestId, float | None]


class Together:
    """limits: of the policy of all of them."""

    def __init__(self, limits: Limits, *, networks: Sequence[Network] = (), guard: Sequence[GuardRule] = (), **bench):
        self.bench = Bench(**bench)
        self.policy = Policy(name="together", limits=limits, guard=tuple(guard))
        self.networks = {network.name: network for network in networks}
        self.loop = SimLoop(self.bench.clock)
        self.processes: list[Process] = []
        self.samples: list[Sample] = []
        self.pending = 0
        self.figures: dict[HostName, dict[str, float]] = {}
        self.loop.add("sampler", self._sample)

    def begin(self, *moves: Move, raised: Mapping[str, int] = {}) -> Process:
        """A process that carries these moves out from now on."""
        return self._start(lambda doors, process: apply(
            doors, Plan(moves=moves, findings=()), WHO, (process,), Stop(), raised=raised
        ))  # fmt: skip

    def resume(self, run: RunId) -> Process:
        """A process that takes over what is left of a run."""
        return self._start(lambda doors, process: resume(
            doors, None, WHO, (process,), Stop(), unbegun=lambda _doors, _moves: ()
        ), run)  # fmt: skip

    def _start(self, go: Callable, run: RunId | None = None) -> Process:
        doors = self.bench.doors()
        part = Part(self.loop, f"process {doors.holder.pid}", self.bench.clock.ticks)
        process = Process(run or RunId(doors.new_run_name()), part)
        self.processes.append(process)
        dead = lambda holder: self.processes[holder.pid - 1].part.killed  # noqa: E731
        settings = replace(doors.settings, policy=self.policy, networks=self.networks)
        go(
            replace(
                doors, settings=settings, loop=lambda: part, lives=lambda holder: not dead(holder), pulse=lambda: self
            ),
            process,
        )
        return process

    def read(self, host: HostName, watched, *, within: float) -> Readings:
        """The Pulse of all hosts."""
        return Readings(figures={name: self.figures.get(host, {}).get(name, 0.0) for name in watched})

    def at(self, seconds: float, do: Callable[[], object]) -> None:
        """Have something done at that moment."""
        due = iter([seconds - self.bench.clock.ticks()])
        self.pending += 1

        def step() -> float | None:
            wait = next(due, None)
            if wait is None:
                self.pending -= 1
                do()
            return wait

        self.loop.add(f"at {seconds} {id(do)}", step)

    def kill(self, process: Process) -> None:
        process.part.killed = True

    def sleep(self, process: Process, seconds: float) -> None:
        """It stands still from now on, for so long, in the middle of what it does."""
        process.part.asleep_until = self.bench.clock.ticks() + seconds

    def go(self) -> None:
        """Until every process has ended, or is dead, and nothing is on its way any more."""
        self.loop.run()

    def tickets(self) -> Sequence[Ticket]:
        return self.bench.store.ledger().tickets

    def holding(self, process: Process) -> bool:
        return any(t.run == process.run and t.standing is Standing.HOLDING for t in self.tickets())

    def run(self, process: Process) -> Run:
        return next(run for run in self.bench.store.runs() if run.id == process.run)

    def outcomes(self, process: Process) -> list[Outcome | None]:
        return [move.outcome for move in report(self.bench.store, self.run(process)).moves]

    def living(self) -> list[Process]:
        over = {run.id for run in self.bench.store.runs()} - {r.id for r in self.bench.store.runs(unfinished=True)}
        return [p for p in self.processes if not p.part.killed and p.run not in over]

    def _sample(self) -> float | None:
        world = self.bench.world
        world.turn()
        by_host: Counter[HostName] = Counter()
        for flight in world.flights.values():
            by_host.update((flight.source, flight.destination))
        alive = {p.run for p in self.living()}
        tickets = self.tickets()
        self.samples.append(
            Sample(
                at=self.bench.clock.ticks(),
                by_host=by_host,
                flights=len(world.flights),
                holding=sum(t.standing is Standing.HOLDING for t in tickets),
                waits=any(t.standing is Standing.WAITING and t.run in alive for t in tickets),
                caps={guest: flight.cap for guest, flight in world.flights.items()},
            )
        )
        return None if not (alive or world.flights or self.pending) else 0.05
