"""Carry a plan out: one run, journaled from the first line to the verdict."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from orchestrator.catalogue import CATALOGUE
from orchestrator.engine.driver import Driver
from orchestrator.engine.journal import Journal, taken_over
from orchestrator.engine.orders import Orders
from orchestrator.engine.runner import LEASE_LASTS, Runner
from orchestrator.engine.stop import Stop
from orchestrator.engine.tickets import Tickets
from orchestrator.engine.tools import HostDoors, Outside, Tools, Works
from orchestrator.engine.tracing import Tracing
from orchestrator.errors import OrchestratorError
from orchestrator.migration.path import Expected
from orchestrator.migration.record import MoveRecord, fold
from orchestrator.model.entry import Ended
from orchestrator.model.event import Opened
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence
from orchestrator.model.move import Move, Outcome, State
from orchestrator.model.open_move import OpenMove
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Policy
from orchestrator.model.report import RunReport
from orchestrator.model.run import Retry, Run, RunId, Who
from orchestrator.operations.bounds import Bounds, last_look
from orchestrator.operations.doors import Doors
from orchestrator.operations.errand import Errand
from orchestrator.operations.history import report
from orchestrator.operations.hooks import AfterGuests
from orchestrator.operations.limiting import demand_raise, rules
from orchestrator.operations.liveness import dead
from orchestrator.operations.open_moves import counts, opened_before
from orchestrator.operations.removed import RemovedHost
from orchestrator.ports import EventSink, Loop

PULSE_LASTS = 5.0  # seconds that reading a host for a guard may take
_NOTHING: Mapping[str, int] = {}
_MOVING = Errand()
_NOT_SWITCHED = frozenset({State.PREPARING, State.PRECOPY, State.CANCELLING})


def apply(
    doors: Doors,
    plan: Plan,
    who: Who,
    sinks: Sequence[EventSink],
    stop: Stop,
    retry: Retry | None = None,
    *,
    raised: Mapping[str, int] = _NOTHING,
    errand: Errand = _MOVING,
) -> RunReport:
    """Run the plan's moves. raised: limits that are higher for this run alone. errand: what they are part of.

    Raises usage.override-limits where one of them is not raised by that, store.unavailable before anything was done,
    store.fence-lost when taken over.
    """
    demand_raise(doors.settings.policy, raised)
    run = Run(
        id=RunId(doors.new_run_name()),
        started_at=doors.clock.now(),
        who=who,
        moves=plan.moves,
        policy=doors.settings.policy,
        retry=retry,
        raised=raised,
        purpose=errand.purpose,
        emptied=errand.emptied,
        deadline=errand.deadline,
        at_deadline=errand.at_deadline,
    )
    store = doors.store()
    fence = store.open_run(run, doors.holder, lasts=LEASE_LASTS)
    journal = open_journal(doors, run, fence, sinks)
    elsewhere = opened_before(store, run.id)
    for move in plan.moves:
        theirs = [one for one in elsewhere.get(move.guest, ()) if counts(doors, one)]
        if theirs:
            journal.append(Ended(guest=move.guest, outcome=_taken(move, theirs)))
    entries = store.entries(run.id)
    return drive(doors, run, journal, [fold(move, entries) for move in plan.moves], Orders(stop), errand.beside)


def _taken(move: Move, theirs: Sequence[OpenMove]) -> Outcome:
    """Another run has the guest in hand, opened since the plan was made: two copies of it are never begun."""
    because = f"not begun: {'; '.join(one.sentence for one in theirs)}"
    return Outcome(guest=move.guest, state=State.KEPT, where=None, because=because, code="migration.drifted")


def open_journal(doors: Doors, run: Run, fence: Fence, sinks: Sequence[EventSink]) -> Journal:
    """Begin to write a run's journal and to tell of it."""
    journal = Journal(run.id, fence, doors.store(), doors.clock, sinks, doors.spill())
    journal.tell(Opened(run=run))
    return journal


def drive(
    doors: Doors,
    run: Run,
    journal: Journal,
    records: Sequence[MoveRecord],
    orders: Orders,
    beside: Sequence[Fence] = (),
) -> RunReport:
    """Bring the records of a run, new or adopted, to their verdicts. beside: leases that are prolonged meanwhile.

    Where the store forbids that, the error says which copies go on unwatched and how to take them over.
    """
    store, loop = doors.store(), doors.loop()
    hosts = {h: _host(doors, h) for r in records for h in (r.move.source, r.move.destination)}
    works = Works(store=store, clock=doors.clock, loop=loop)
    tickets = _tickets(doors, run, journal, works)
    runner = Runner(
        run,
        records,
        journal=journal,
        works=works,
        orders=orders,
        tickets=tickets,
        driver=partial(_driver, doors, run, journal, loop, hosts, orders, tickets),
    )
    orders.on_change(partial(loop.poke, runner.key))
    with ExitStack() as listening:
        for host in hosts.values():
            listening.enter_context(host.hypervisor.listen(loop.poke))
        loop.add(runner.key, runner.step)
        _add_beside(doors, loop, run, runner, Bounds(doors, run, orders.stop, runner, beside))
        try:
            loop.run()
        except OrchestratorError as error:
            if taken_over(error):
                runner.leave()
            raise _left(error, run, runner.latest, journal.spilled_to) from error
    return report(store, run, exit_code=runner.exit_code)


def _add_beside(doors: Doors, loop: Loop, run: Run, runner: Runner, bounds: Bounds) -> None:
    """What goes on beside the moves of a run, until it is over."""
    if doors.hooks is not None:
        loop.add(f"hooks of {runner.key}", AfterGuests(doors, run, runner).step)
    if run.purpose != "move":
        loop.add(f"bounds of {runner.key}", bounds.step)


def _tickets(doors: Doors, run: Run, journal: Journal, works: Works) -> Tickets:
    outside = Outside(
        hypervisor=lambda host: _host(doors, host).hypervisor,
        figures=partial(_figures, doors, run.policy),
        dead=partial(dead, doors),
        holder=doors.holder,
    )
    limits = rules(doors.settings, run, [test for _, test in works.store.network_tests()])
    return Tickets(run, journal, limits, works=works, outside=outside)


def _figures(doors: Doors, policy: Policy, host: HostName) -> Mapping[str, float]:
    """What the policy has watched, as far as that host answers."""
    if doors.pulse is None or host not in doors.settings.hosts:
        return {}
    said = doors.pulse().read(host, {rule.watch for rule in policy.guard}, within=PULSE_LASTS)
    return {} if isinstance(said, Unknown) else said.figures


def _host(doors: Doors, host: HostName) -> HostDoors:
    if host not in doors.settings.hosts:
        removed = RemovedHost(host)
        return HostDoors(hypervisor=removed, processes=removed, announcer=removed)
    return HostDoors(
        hypervisor=doors.hypervisor(host), processes=doors.processes(host), announcer=doors.announcer(host)
    )


def _left(
    error: OrchestratorError, run: Run, records: Sequence[MoveRecord], spilled_to: str | None
) -> OrchestratorError:
    """The same error, with where each guest is and what goes on without this process; nothing does where another one
    drives the run. spilled_to: where the last entries wait for the store."""
    if taken_over(error):
        return error
    now = " ".join(map(_place, records))
    if spilled_to is not None:
        now = f"{now} What was done without the store is in {spilled_to}, and is imported by ferry resume."
    then = f"then: ferry resume {run.id}"
    return OrchestratorError(
        tuple(
            replace(p, now=p.now or now, fix=f"{(p.fix or CATALOGUE[p.code].fix).rstrip('.')}; {then}")
            for p in error.problems
        )
    )


def _place(record: MoveRecord) -> str:
    """Where a guest is, in one sentence."""
    move, verdict = record.move, record.outcome
    if verdict is not None:
        return f"{move.name}: {verdict.state.value}, {f'on {verdict.where}' if verdict.where else verdict.because}."
    if not record.begun:
        return f"{move.name} was not begun and is left on {move.source}."
    if record.state is State.CONFIRMING:
        return f"{move.name} has arrived on {move.destination}; that is not confirmed yet."
    return _unwatched(record)


def _unwatched(record: MoveRecord) -> str:
    """What becomes of a copy when this process is gone. One that it drives at both ends is given up by libvirt, which
    clears up behind a client that has gone, as long as the guest has not been switched."""
    move, transport = record.move, record.transport or record.move.transport
    way = f"{move.name} may be on its way from {move.source} to {move.destination}"
    if transport.control == "direct" and record.state in _NOT_SWITCHED:
        return f"{way}, driven by this process: without it the copy breaks off, and the guest stays on {move.source}."
    return f"{way}. What is being copied goes on between the hosts, unwatched."


def _driver(
    doors: Doors,
    run: Run,
    journal: Journal,
    loop: Loop,
    hosts: dict[HostName, HostDoors],
    orders: Orders,
    tickets: Tickets,
    record: MoveRecord,
) -> Driver:
    move, policy = record.move, policy_of(doors, run, record.move)
    return Driver(
        record,
        source=hosts[move.source],
        destination=hosts[move.destination],
        journal=journal,
        tools=Tools(
            clock=doors.clock,
            probe=doors.probe(),
            gauge=doors.gauge(),
            last_look=last_look(doors, run),
            joins=tickets.joins,
        ),
        tracing=Tracing(
            loop, doors.clock, doors.witness() if doors.witness else None, partial(_expected, doors, move.source)
        ),
        crossing=doors.store().crossing(move.source, move.destination),
        terms=lambda: tickets.terms(orders.terms(policy, move.guest), move.guest),
    )


def _expected(doors: Doors, source: HostName, network: str) -> Expected:
    """How the way of a copy can be told from others: by what its source is configured to have on the network."""
    entry, found = doors.settings.hosts.get(source), doors.settings.networks.get(network)
    return Expected(
        network=network,
        address=entry.addresses.get(network) if entry is not None else None,
        ranges=(found.cidr, *found.routed) if found is not None else (),
    )


def policy_of(doors: Doors, run: Run, move: Move) -> Policy:
    """What the site allowed when the run began, with what this guest and its destination settle differently."""
    return replace(doors.settings, policy=run.policy).policy_for(
        guest=move.name, host=move.destination, network=move.transport.network
    )
