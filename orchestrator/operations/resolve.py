"""A person chooses which copy of a guest is kept: the evidence, the order, and who carries it out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.migration.decision import Decision, End, Look, Side
from orchestrator.migration.record import MoveRecord
from orchestrator.migration.resolve import foreseen, reopened, resolvable
from orchestrator.model.dispute import CopySeen, Dispute, Told
from orchestrator.model.effect import Done
from orchestrator.model.entry import Adopted, Ended, Happened, Intent, Ordered, Recorded, Seen
from orchestrator.model.facts import Unknown
from orchestrator.model.given import Given
from orchestrator.model.guest import Guest, Power
from orchestrator.model.host import HostName
from orchestrator.model.lease import Held
from orchestrator.model.order import Keep, Order
from orchestrator.model.report import RunReport
from orchestrator.model.run import Run, RunId, Who
from orchestrator.model.sighting import Sighting
from orchestrator.operations.doors import Doors
from orchestrator.operations.history import find
from orchestrator.operations.resume import adopt, verdicts
from orchestrator.ports import EventSink

WITHIN = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMove:
    """A move of a run that is held for a person to choose."""

    run: Run
    record: MoveRecord


def held_move(doors: Doors, name: RunId, guest: str | None) -> HeldMove:
    """Find the move that is meant. Raises usage.unknown-run, usage.nothing-held, usage.ambiguous-guest."""
    store = doors.store()
    run = find(store, name)
    known = verdicts(store, run)
    of_name = [r for r in known if guest in (None, r.move.name, r.move.guest, f"{r.move.source}/{r.move.name}")]
    held = [r for r in of_name if resolvable(r.outcome)]
    if len(held) > 1:
        fix = f"Name one of them: {', '.join(r.move.name for r in held)}"
        raise OrchestratorError.of("usage.ambiguous-guest", f"run {name} holds {len(held)} guests", fix=fix)
    if not held:
        told = "; ".join(f"{r.move.name}: {r.state}, {r.because}" for r in of_name) or f"it does not move {guest}"
        raise OrchestratorError.of("usage.nothing-held", f"run {name}: {told}")
    return HeldMove(run=run, record=held[0])


def evidence(doors: Doors, held: HeldMove, keep: Keep) -> Dispute:
    """Ask both hosts, read the journal, and say what the choice would come to. Changes nothing."""
    move = held.record.move
    source, destination = (_copy(doors, held.record, host) for host in (move.source, move.destination))
    look = Look(at=doors.clock.ticks(), source=source.now, destination=destination.now)
    steps, verdict = foreseen(reopened(held.record), look, keep)
    hosts = {Side.SOURCE: move.source, Side.DESTINATION: move.destination}
    return Dispute(
        run=held.run.id,
        guest=move.guest,
        name=move.name,
        keep=keep,
        source=source,
        destination=destination,
        told=tuple(_told(doors.store().entries(held.run.id), held.record)),
        shared=_shared(source, destination),
        steps=tuple(f"{step.command.kind} on {hosts[step.side]}: {step.because}" for step in steps),
        objection=_objection(verdict, source, destination),
    )


def _objection(verdict: Decision, *copies: CopySeen) -> str | None:
    silent = [f"{copy.host} is silent: {copy.now.why}" for copy in copies if isinstance(copy.now, Unknown)]
    if silent:
        return "; ".join(silent)
    return verdict.because if isinstance(verdict, End) and verdict.doubt is not None else None


def choose(held: HeldMove, dispute: Dispute, who: Who) -> Given:
    """The order for the choice. Raises guest.side-silent or guest.contradiction where it cannot be carried out now."""
    if dispute.objection is not None:
        silent = any(isinstance(copy.now, Unknown) for copy in (dispute.source, dispute.destination))
        code = "guest.side-silent" if silent else "guest.contradiction"
        raise OrchestratorError.of(code, f"{dispute.objection}; nothing was changed")
    order = Order(kind="resolve", by=f"{who.login} on {who.controller}", guest=dispute.guest, keep=dispute.keep)
    return Given(run=held.run.id, order=order, name=dispute.name)


def carry_out(doors: Doors, run: Run, given: Given, who: Who, sinks: Sequence[EventSink], stop: Stop) -> RunReport:
    """Open the run again and drive the held move to its one copy. Raises lease.held, and control.refused where
    another order has resolved it meanwhile."""
    adopted = adopt(doors, run, who, sinks, stop, again=True)
    if not isinstance(adopted, RunReport):
        holder = adopted.holder if isinstance(adopted, Held) else doors.holder
        saw = f"{holder} drives run {run.id} now; the order is queued"
        raise OrchestratorError.of("lease.held", saw)
    for recorded in doors.store().entries(run.id):
        taken = recorded.entry
        if isinstance(taken, Ordered) and taken.queued == given.number and taken.refused is not None:
            raise OrchestratorError.of("control.refused", f"run {run.id}: {taken.refused}")
    return adopted


def _copy(doors: Doors, record: MoveRecord, host: HostName) -> CopySeen:
    guest = record.move.guest
    if host not in doors.settings.hosts:
        return CopySeen(host=host, now=Unknown(why="the configuration has no such host any more"))
    now = doors.hypervisor(host).observe(guest, within=WITHIN)
    if isinstance(now, Unknown):
        return CopySeen(host=host, now=now, process=doors.processes(host).look(guest, within=WITHIN), disks=now)
    told = doors.inventory(host).read(frozenset(), within=WITHIN)
    if isinstance(told, Unknown):
        return CopySeen(host=host, now=now, disks=told)
    found = next((each for each in told.guests if each.uuid == guest), None)
    return CopySeen(host=host, now=now, disks=_disks(found) if found is not None else ())


def _disks(guest: Guest) -> tuple[str, ...]:
    return tuple(f"{d.target} {d.source}" for d in guest.disks if d.source is not None and not d.read_only)


def _shared(source: CopySeen, destination: CopySeen) -> tuple[str, ...]:
    if not _active(source) or not _active(destination):
        return ()
    if isinstance(source.disks, Unknown) or isinstance(destination.disks, Unknown):
        return ()
    return tuple(disk for disk in source.disks if disk in destination.disks)


def _active(copy: CopySeen) -> bool:
    return isinstance(copy.now, Sighting) and copy.now.power not in (Power.ABSENT, Power.SHUT_OFF)


def _told(entries: Sequence[Recorded], record: MoveRecord) -> Iterator[Told]:
    """What was seen and done since the copy was begun; an order is told with its answer."""
    answers = {e.entry.intent: e.entry.effect for e in entries if isinstance(e.entry, Happened)}
    for recorded in entries:
        entry = recorded.entry
        if isinstance(entry, Adopted):
            yield Told(at=recorded.at, what=f"taken over by {entry.by}")
        elif entry.guest != record.move.guest:
            continue
        elif isinstance(entry, Seen):
            yield Told(at=recorded.at, what=f"{entry.state}: {entry.because}")
        elif isinstance(entry, Intent):
            effect = answers.get(recorded.seq)
            came = "" if isinstance(effect, Done) else f" ({'no answer' if effect is None else effect.why})"
            yield Told(at=recorded.at, what=f"{entry.command.kind}{came}: {entry.because}", host=entry.host)
        elif isinstance(entry, Ended):
            yield Told(at=recorded.at, what=f"{entry.outcome.state}: {entry.outcome.because}")
        elif isinstance(entry, Ordered):
            yield Told(at=recorded.at, what=f"{entry.order} ordered by {entry.by}")
