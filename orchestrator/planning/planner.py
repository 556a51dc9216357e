"""From a request to a plan: who goes where and why, and who cannot go and what would help."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from orchestrator.checks import host_reachable
from orchestrator.checks.memory import required_bytes
from orchestrator.migration.transport import choose
from orchestrator.model.cordon import Cordon
from orchestrator.model.facts import Asked, Facts, PairFacts, Unknown
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.guest import Power
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.open_move import Coming, OpenMoves
from orchestrator.model.plan import Plan, Rejected
from orchestrator.model.request import MoveRequest
from orchestrator.model.settings import Settings
from orchestrator.planning.appraisal import Appraisal, Outlook, Promised, blocked
from orchestrator.planning.labelled import with_labels
from orchestrator.planning.network_score import Known
from orchestrator.planning.placement import because, best, rejected
from orchestrator.planning.promised import promised
from orchestrator.planning.wanted import Wanted, wanted

_NONE: OpenMoves = MappingProxyType({})
_NOTHING = Known()


def candidates(request: MoveRequest, settings: Settings, facts: Facts, today: date) -> tuple[Asked, ...]:
    """The pairs a survey must look at before plan() can decide: no more than the host facts leave possible.

    A destination that the operator named is always looked at, and with a thorough request every one.
    """
    settings = with_labels(settings, facts)
    outlook = _outlook(request, settings, facts, today)
    on_their_way, answering, networks = promised(facts), facts.answering(), frozenset(settings.networks_in_question)
    closely = request.thorough or request.to is not None
    return tuple(
        Asked(guest=one.guest.uuid, source=one.source, destination=to)
        for one in wanted(request, settings, facts)
        if one.movable and (closely or not blocked(outlook.guest(one)))
        for to in _destinations(one, request, settings, facts)
        if to in answering and _meet(settings, networks, one.source, to)
        if closely or not blocked(outlook.hosts(one, to, on_their_way[to]))
    )


def _meet(settings: Settings, networks: frozenset[str], *hosts: HostName) -> bool:
    """Whether there is a network that all of them have an address on."""
    return bool(networks.intersection(*(settings.hosts[host].addresses for host in hosts)))


def plan(
    request: MoveRequest,
    settings: Settings,
    facts: Facts,
    today: date,
    open_moves: OpenMoves | Unknown = _NONE,
    known: Known = _NOTHING,
    cordons: tuple[Cordon, ...] | Unknown = (),
    coming: Sequence[Coming] = (),
) -> Plan:
    """Decide for every guest of the request. Raises usage.* and host.unreachable for what it names wrongly.

    open_moves: what is on record of moves that are not over. known: what is on record of networks. cordons: of
    hosts that take no guests. coming: other guests whose moves have begun, or may begin at any moment.
    """
    settings = with_labels(settings, facts)
    outlook = _outlook(request, settings, facts, today, open_moves, known, cordons)
    guests = wanted(request, settings, facts)
    mine = {one.guest.uuid for one in guests}
    on_their_way = promised(facts, [one for one in coming if one.guest not in mine])
    verdicts: dict[str, _Verdict] = {}
    # The largest first: it has the fewest places, and the small ones fit around it. Shown in the order asked for.
    for one in sorted(guests, key=lambda w: (-w.guest.memory_bytes, w.guest.name)):
        verdict = _decide(one, request, outlook, on_their_way)
        if verdict.move is not None:
            to = verdict.move.destination
            on_their_way[to] = on_their_way[to].plus(required_bytes(one.guest), one.guest.vcpus, one.guest.name)
        verdicts[one.guest.uuid] = verdict
    ordered = [verdicts[one.guest.uuid] for one in guests]
    moves = tuple(v.move for v in ordered if v.move is not None)
    return Plan(
        moves=moves,
        # What is said of a host or a link holds for every guest, and is said once.
        findings=tuple(dict.fromkeys((*(finding for v in ordered for finding in v.findings), *outlook.plan(moves)))),
        rejected=tuple(r for v in ordered for r in v.rejected),
    )


def _outlook(
    request: MoveRequest,
    settings: Settings,
    facts: Facts,
    today: date,
    open_moves: OpenMoves | Unknown = _NONE,
    known: Known = _NOTHING,
    cordons: tuple[Cordon, ...] | Unknown = (),
) -> Outlook:
    return Outlook(
        settings=settings,
        facts=facts,
        today=today,
        chosen=request.to is not None,
        only=request.only,
        mode=request.mode,
        open_moves=open_moves,
        known=known,
        cordons=cordons,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    move: Move | None
    findings: tuple[Finding, ...]
    rejected: tuple[Rejected, ...] = ()


def _decide(one: Wanted, request: MoveRequest, outlook: Outlook, on_their_way: dict[HostName, Promised]) -> _Verdict:
    about_guest = outlook.guest(one)
    hopeless = blocked(about_guest)
    if hopeless and request.to is None:
        return _Verdict(move=None, findings=about_guest)
    appraisals = [
        outlook.appraise(one, to, on_their_way.get(to, Promised()))
        for to in _destinations(one, request, outlook.settings, outlook.facts)
    ]
    chosen = None if hopeless else best(appraisals)
    if chosen is None or chosen.pair is None:
        against = tuple(finding for a in appraisals for finding in a.findings)
        if not appraisals and not hopeless:
            against = (outlook.alone(one),)
        return _Verdict(
            move=None, findings=(*about_guest, *against), rejected=rejected(one.guest.name, None, appraisals)
        )
    why = "asked for" if request.to is not None else because(chosen, appraisals)
    return _Verdict(
        move=move_of(one, chosen.host, chosen.pair, outlook, request, why),
        findings=(*about_guest, *chosen.findings, *_silent(appraisals)),
        rejected=rejected(one.guest.name, chosen, appraisals),
    )


def _silent(appraisals: Sequence[Appraisal]) -> Iterator[Finding]:
    """Hosts that were passed over because they do not answer: they might have been the better choice."""
    for appraisal in appraisals:
        for finding in appraisal.findings:
            if finding.check == host_reachable.RULE.name:
                yield replace(finding, severity=Severity.NOTE, saw=f"Passed over: {finding.saw}")


def _destinations(one: Wanted, request: MoveRequest, settings: Settings, facts: Facts) -> Iterable[HostName]:
    if request.to is not None:
        return () if request.to == one.source else (request.to,)
    out = {one.source, *request.avoid.get(one.guest.uuid, ())}
    return tuple(host for host in settings.hosts if host not in out and host in facts.hosts)


def move_of(one: Wanted, to: HostName, pair: PairFacts, outlook: Outlook, request: MoveRequest, why: str) -> Move:
    """The move of a guest to a host that it was found fit for."""
    guest, entry, over = one.guest, outlook.settings.hosts[to], outlook.network(one, to)
    offered = outlook.offers(one, to, over.network)
    transport = choose(
        guest, entry, outlook.settings, pair, offered, over.network, mode=request.mode, over=over.because
    )
    return Move(
        guest=guest.uuid,
        name=guest.name,
        source=one.source,
        destination=to,
        peer_uri=entry.peer_uri,
        memory_bytes=guest.memory_bytes,
        persistent=guest.persistent,
        autostart=guest.autostart,
        paused=guest.power is Power.PAUSED,
        transport=replace(transport, shutdown_timeout_ms=request.shutdown_timeout_ms),
        probe_address=guest.probe_address,
        because=why,
        vcpu_time_ns=guest.vcpu_time_ns,
        offers=offered,
        pools=tuple(sorted({disk.pool for disk in guest.disks if disk.pool is not None})),
    )
