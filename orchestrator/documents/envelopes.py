"""From the values of the model to documents, ready to be written as JSON."""

from collections.abc import Sequence
from typing import Any

from orchestrator.catalogue import CATALOGUE
from orchestrator.documents import shapes
from orchestrator.documents.adapters import adapter
from orchestrator.documents.digest import plan_digest
from orchestrator.errors import OrchestratorError, Place, Problem
from orchestrator.model.cordon import Cordon, Cordoning
from orchestrator.model.emptied import Emptied
from orchestrator.model.entry import Recorded
from orchestrator.model.event import Event, Guarded, Opened, Progress, Retrying
from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.given import Given
from orchestrator.model.hold import Hold
from orchestrator.model.host import HostEntry
from orchestrator.model.plan import Plan
from orchestrator.model.released import Freed
from orchestrator.model.repaired import Repaired
from orchestrator.model.report import RunReport
from orchestrator.model.roll import Roll
from orchestrator.model.settings import Settings
from orchestrator.model.slots import Slots
from orchestrator.model.unfinished import OpenEvacuation, OpenRoll
from orchestrator.planning.audit import Audit

Document = dict[str, Any]


def hosts_document(facts: Facts, settings: Settings, cordons: tuple[Cordon, ...] | Unknown = ()) -> Document:
    """ferry.hosts: every host that was asked. cordons: of hosts that take no guests."""
    rows = tuple(_host(settings.hosts[name], said) for name, said in facts.hosts.items())
    names = settings.migration_networks
    first = next(iter(names), "")
    put = None if isinstance(cordons, Unknown) else cordons
    return _plain(shapes.Hosts(migration_network=first, migration_networks=names, hosts=rows, cordons=put))


def guests_document(facts: Facts) -> Document:
    """ferry.guests: every guest of the hosts that answered, and who did not."""
    found = tuple(
        shapes.GuestOnHost(host=name, guest=guest)
        for name, said in facts.answering().items()
        for guest in sorted(said.guests, key=lambda g: (g.name, g.uuid))
    )
    silent = tuple(
        shapes.Silence(host=name, why=said.why, code=said.code, leg=said.leg)
        for name, said in facts.hosts.items()
        if isinstance(said, Unknown)
    )
    return _plain(shapes.Guests(guests=found, silent=silent))


def plan_document(plan: Plan) -> Document:
    """ferry.plan: moves, findings, and what was rejected."""
    return _plain(shapes.Proposal(digest=plan_digest(plan), plan=plan))


def audit_document(found: Audit) -> Document:
    """ferry.doctor: traits and findings of all hosts."""
    return _plain(shapes.Doctor(audit=found))


def repairs_document(repaired: Sequence[Repaired]) -> Document:
    """ferry.repairs: what became of every remedy."""
    return _plain(shapes.Repairs(repairs=tuple(repaired)))


def run_document(report: RunReport, before: Sequence[RunReport] = ()) -> Document:
    """ferry.run: one run and what became of its moves. before: the runs whose failed moves it has tried again."""
    return _plain(shapes.Run(run=report, before=tuple(before)))


def history_document(reports: Sequence[RunReport]) -> Document:
    """ferry.history: runs, newest first."""
    return _plain(shapes.History(runs=tuple(reports)))


def status_document(
    reports: Sequence[RunReport],
    slots: Slots | None = None,
    cordons: Sequence[Cordon] = (),
    holds: Sequence[Hold] = (),
    evacuations: Sequence[OpenEvacuation] = (),
    rolls: Sequence[OpenRoll] = (),
) -> Document:
    """ferry.status: what is open, cordons, holds. slots: what is taken of the limits, where that was asked for."""
    return _plain(
        shapes.Status(
            runs=tuple(reports),
            slots=slots,
            cordons=tuple(cordons),
            holds=tuple(holds),
            evacuations=tuple(evacuations),
            rolls=tuple(rolls),
        )
    )


def resumed_document(reports: Sequence[RunReport], emptied: Sequence[Emptied], rolled: Sequence[Roll]) -> Document:
    """ferry.status: the runs, evacuations and rolls that were taken up, and what came of them."""
    return _plain(shapes.Status(runs=tuple(reports), emptied=tuple(emptied), rolled=tuple(rolled)))


def order_document(given: Given, report: RunReport | None = None) -> Document:
    """ferry.order: an order and what came of it. report: of the run, where this process drove it."""
    return _plain(shapes.OrderGiven(given=given, run=report))


def release_document(freed: Freed) -> Document:
    """ferry.release: the end of a slot that a person declared free."""
    return _plain(shapes.Release(release=freed))


def cordon_document(cordoning: Cordoning) -> Document:
    """ferry.cordon: a host that takes no guests from now on, or takes them again."""
    return _plain(shapes.CordonPut(cordoning=cordoning))


def error_document(error: OrchestratorError) -> Document:
    """ferry.error: all problems, with the words of the catalogue where the problem has none of its own."""
    problems = tuple(_trouble(problem) for problem in error.problems)
    return _plain(shapes.Error(problems=problems, exit_code=error.exit_code))


def event_document(event: Event) -> Document:
    """ferry.event: something that happened in a run."""
    if isinstance(event, Opened):
        return _plain(shapes.Line(kind="opened", event=event))
    if isinstance(event, Recorded):
        return _plain(shapes.Line(kind="recorded", event=event))
    if isinstance(event, Guarded):
        return _plain(shapes.Line(kind="guarded", event=event))
    if isinstance(event, Retrying):
        return _plain(shapes.Line(kind="retrying", event=event))
    return _plain(shapes.Line(kind="progress" if isinstance(event, Progress) else "waiting", event=event))


def _host(entry: HostEntry, said: HostFacts | Unknown) -> shapes.Host | shapes.SilentHost:
    if isinstance(said, Unknown):
        return shapes.SilentHost(name=entry.name, addresses=entry.addresses, why=said.why, code=said.code, leg=said.leg)
    return shapes.Host(
        name=entry.name,
        addresses=entry.addresses,
        identity=said.identity,
        hostname=said.hostname,
        libvirt_version=_version(said.libvirt_version),
        qemu_version=_version(said.qemu_version),
        arch=said.arch,
        cpu_model=said.cpu_model,
        cpus=said.cpus,
        memory_total_bytes=said.memory_total_bytes,
        memory_free_bytes=said.memory_free_bytes,
        networks=None if isinstance(said.active_networks, Unknown) else tuple(sorted(said.active_networks)),
        bridges=None if isinstance(said.bridges, Unknown) else tuple(sorted(said.bridges)),
        guests=tuple(sorted(guest.name for guest in said.guests)),
    )


def _version(number: int) -> str:
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def _trouble(problem: Problem) -> shapes.Trouble:
    known = CATALOGUE[problem.code]
    return shapes.Trouble(
        code=problem.code,
        symptom=known.symptom,
        saw=problem.saw,
        now=problem.now,
        cause=problem.cause or known.causes,
        fix=problem.fix or known.fix,
        place=_position(problem.place),
        exit_code=known.exit_code,
    )


def _position(place: Place | None) -> shapes.Position | None:
    if place is None:
        return None
    return shapes.Position(file=place.file, line=place.line, column=place.column, excerpt=place.excerpt)


def _plain(document: object) -> Document:
    """The document as plain values, its schema first."""
    form: Any = type(document)
    plain: Document = adapter(form).dump_python(document, mode="json")
    return {"schema": plain.pop("schema"), **plain}
