"""Random worlds in which much goes wrong, random policies, and a ferry that is killed again and again."""

import random
from dataclasses import dataclass

from orchestrator.errors import OrchestratorError
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.move import Move
from orchestrator.model.order import Change, Order
from orchestrator.model.policy import Convergence, Policy, Stall
from orchestrator.model.report import MoveReport
from orchestrator.model.transport import Method, Mode
from orchestrator.operations.history import report
from orchestrator.simulator.fault import Fault, Mishap, What
from orchestrator.simulator.flight import Phase
from orchestrator.simulator.kill import Killed, Killer
from orchestrator.simulator.speeds import Speeds
from orchestrator.simulator.store_outage import Outage
from tests.scenarios.simulated import LINK, MIB, A, B, Bench

# What ends a guest, or a half of one: afterwards nobody can say that ferry should have it running somewhere.
DEADLY = frozenset({What.QEMU_KILLED, What.HOST_DOWN, What.GUEST_ENDS, What.GUEST_CRASHES})
# What can leave both hosts with a copy, or one of them without an answer.
LOSSY = frozenset({What.LOSE_REPLY, What.PARTITION, What.DAEMON_FROZEN, What.DAEMON_KILLED, What.HOST_DOWN})
_OF_A_HOST = (What.DAEMON_KILLED, What.DAEMON_FROZEN, What.QEMU_KILLED, What.HOST_DOWN)
MOST_DEATHS = 8
MOST_RESUMES = 25


@dataclass(frozen=True)
class Life:
    """What became of one guest. of_what: the kinds of mishaps that were in the world."""

    bench: Bench
    guest: GuestId
    move: Move
    told: MoveReport
    of_what: frozenset[What]
    deaths: int


def live(seed: int) -> Life:
    """One world, from the seed alone."""
    dice = random.Random(seed)
    bench = _world(dice)
    mode = dice.choice([Mode.LIVE, Mode.LIVE, Mode.LIVE, Mode.PAUSE])
    power = Power.RUNNING if mode is Mode.PAUSE else dice.choice([Power.RUNNING] * 4 + [Power.PAUSED])
    guest = bench.guest(
        1,
        memory=dice.choice([64, 256, 512]) * MIB,
        dirty=dice.choice([0.0, 0.3, 0.9, 1.5]) * LINK,
        power=power,
        persistent=dice.random() < 0.7,
        autostart=dice.random() < 0.3,
    )
    held = bench.policy.start_at_destination == "verified" and power is Power.RUNNING
    postcopy = bench.policy.postcopy and mode is Mode.LIVE and power is Power.RUNNING and not held
    method = dice.choice([Method.TCP, Method.TCP, Method.XBZRLE])
    cache = 64 * MIB if method is Method.XBZRLE else None
    move = bench.move(guest, mode=mode, postcopy=postcopy, held=held, method=method, xbzrle_cache_bytes=cache)
    for _ in range(dice.choice([0, 0, 1, 2])):
        _order_later(bench, dice, guest)
    bench.outages += _outages(dice)
    deaths = _through(bench, dice, move)
    bench.pass_time(3000.0)  # whatever was still in flight comes to its end: a verdict given too early shows
    (run,) = bench.store.runs()
    kinds = frozenset(one.what for one in bench.fault.mishaps)
    return Life(bench, guest, move, report(bench.store, run).moves[0], kinds, deaths)


def _world(dice: random.Random) -> Bench:
    silent = []
    for host in (A, B):
        if dice.random() < 0.2:
            start = dice.uniform(0, 20)
            silent.append((host, start, start + dice.choice([1.0, 5.0, 15.0, 60.0, 200.0])))
    fault = Fault(
        mishaps=tuple(_mishap(dice) for _ in range(dice.choice([0, 0, 1, 1, 2, 3]))),
        silent=tuple(silent),
        begins_late=dice.choice([0.0, 0.0, 0.5, 1.5]),
        answers_after=dice.choice([0.0, 0.01, 0.2]),
        blocks_at_destination=dice.random() < 0.2,
    )
    policy = Policy(
        name="mishaps",
        postcopy=dice.random() < 0.6,
        start_at_destination=dice.choice(["at-once", "verified"]),
        double_run=dice.choice(["suspend-source", "suspend-both"]),
        convergence=Convergence(pause=dice.random() < 0.3, measure=dice.choice(["auto", "never"])),
        stall=Stall(then=dice.choice(["abort", "wait"])),
    )
    speeds = Speeds(letting_go=dice.choice([0.08, 0.5, 3.0]), reply=dice.choice([0.02, 0.5]))
    return Bench(fault=fault, policy=policy, max_duration="3m", speeds=speeds)


def _outages(dice: random.Random) -> list[Outage]:
    """The store goes away now and then, and is back before ferry gives up; a run is opened first."""
    found = []
    for _ in range(dice.choice([0, 0, 1, 1, 2, 3])):
        begins = dice.choice([dice.uniform(0.001, 3.0), dice.uniform(0.001, 25.0)])
        lasts = dice.choice([0.05, 1.0, 6.0, 20.0, 50.0, 150.0])
        found.append(Outage(begins=begins, ends=begins + lasts, answers_lost=dice.random() < 0.3))
    return found


def _mishap(dice: random.Random) -> Mishap:
    what = dice.choice([*What])
    step = dice.choice([None, *Phase])
    host = dice.choice([A, B]) if what in _OF_A_HOST else None
    lasts = None if what is What.PATH_RESET else dice.choice([0.3, 2.0, 6.0, 20.0, 40.0, 120.0])
    after = dice.choice([0.0, 0.01, 0.3, 2.0, 8.0]) if step else dice.uniform(0, 25)
    return Mishap(what=what, host=host, step=step, after=after, lasts=lasts)


def _order_later(bench: Bench, dice: random.Random, guest: GuestId) -> None:
    change = dice.choice(
        [
            Change(postcopy=True),
            Change(downtime_ms=50),
            Change(bandwidth_bytes_per_second=MIB),
            Change(max_duration_ms=2000),
        ]
    )
    kind = dice.choice(["stop", "abort", "set", "set"])
    order = Order(kind=kind, by="bob", guest=guest, change=change if kind == "set" else None)

    def give() -> None:
        for run in bench.store.runs():
            bench.store.order(run.id, order, at=bench.clock.now())

    bench.world.later(dice.uniform(0.5, 20), give)


def _killer(dice: random.Random) -> Killer:
    call = frozenset({dice.choice([dice.randint(1, 25), dice.randint(1, 150), dice.randint(1, 400)])})
    return Killer(before=call) if dice.random() < 0.5 else Killer(after=call)


def _through(bench: Bench, dice: random.Random, move: Move) -> int:
    """Begin the move, and resume it until nothing is open; answer how often ferry died."""
    deaths, reports = 0, ()
    try:
        reports = (bench.apply(move, killer=_killer(dice)),)
    except (Killed, OrchestratorError) as end:
        deaths = _death(end)
    for _ in range(MOST_RESUMES):
        outcome = reports[0].moves[0].outcome if reports else None
        if outcome is not None and not outcome.open:
            break
        bench.pass_time(dice.choice([0.0, 0.05, 1.0, 10.0, 100.0]))
        try:
            reports = bench.resume(killer=_killer(dice) if deaths < MOST_DEATHS else Killer())
        except (Killed, OrchestratorError) as end:
            deaths, reports = deaths + _death(end), ()
            if isinstance(end, OrchestratorError):  # nobody asks a store that is away all the time
                bench.pass_time(30.0)
            continue
        if not reports and bench.store.runs():
            break
        if not reports:  # it died before the head of the run was written: nothing was begun
            bench.outages.clear()
            reports = (bench.apply(move),)
    return deaths


def _death(end: Killed | OrchestratorError) -> int:
    """A process that leaves because its store is away has not died, and has said so."""
    if isinstance(end, Killed):
        return 1
    assert {p.code for p in end.problems} == {"store.unavailable"}, end
    return 0
