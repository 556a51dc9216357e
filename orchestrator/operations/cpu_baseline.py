"""Work out the CPU that a set of hosts can all offer, and what has changed since one was stored."""

from collections.abc import Mapping
from dataclasses import replace

from orchestrator.model.baseline import Baseline
from orchestrator.model.facts import Ask, Asked, Facts, Unknown
from orchestrator.model.guest import Guest
from orchestrator.model.topic import Topic
from orchestrator.operations.agreed_cpu import PATIENCE, able, lacking, largest, named, seen_by
from orchestrator.operations.doors import Doors
from orchestrator.planning.baseline import BaselineRequest, Offered, built, chosen, offered
from orchestrator.planning.baseline_changes import (
    BaselineReport,
    Before,
    Gain,
    Make,
    drifts,
    features_gained,
    gains,
    makes,
    misfits,
    stored_before,
)

_HOSTS = frozenset({Topic.CPU_OFFERS, Topic.KERNEL, Topic.PROCESSOR})


def cpu_baseline(doors: Doors, request: BaselineRequest, *, save: str | None = None) -> BaselineReport:
    """The baseline that was asked for, and its effect on hosts and guests. Stores it where `save` names it.

    Raises usage.*, host.unreachable and its like, host.no-common-cpu, store.*.
    """
    ask = Ask(hosts=chosen(request, doors.settings), topics=_HOSTS)
    facts = doors.survey().facts(ask, within=PATIENCE)
    given = offered(request, ask.hosts, doors.settings, facts)
    features = able(doors, given)
    cpu = largest(doors, given, features) if request.model is None else named(doors, given, request.model)
    new = built(request, given, cpu, features, seen_by(doors, given, cpu), doors.clock.now())
    report = _compared(doors, given, new, stored_before(doors.store().baselines(), new, save), facts)
    if save is None:
        return report
    doors.store().keep_baseline(save, new)
    return replace(report, saved=save)


def _compared(
    doors: Doors, given: Offered, new: Baseline, stored: tuple[str, Baseline] | None, facts: Facts
) -> BaselineReport:
    facts = _with_pairs(doors, new, facts)
    guests = makes(facts, new)
    if stored is None:
        return BaselineReport(baseline=new, misfits=misfits(guests, facts, new, ()))
    name, old = stored
    still = replace(given, offers={host: offer for host, offer in given.offers.items() if host in old.hosts})
    gained = features_gained(old, new)
    changed = drifts(old, new)
    return BaselineReport(
        baseline=new,
        before=Before(name=name, baseline=old, broken=lacking(doors, still, old.cpu.document)),
        drifts=changed,
        gained=gained,
        lost=features_gained(new, old),
        misfits=misfits(guests, facts, new, changed),
        gains=_gains(doors, new, guests, gained),
    )


def _with_pairs(doors: Doors, new: Baseline, facts: Facts) -> Facts:
    """Have each host asked about the CPU of one guest of every make on the others."""
    pairs = tuple(
        Asked(guest=alike[0].uuid, source=host, destination=other)
        for (host, _), alike in makes(facts, new).items()
        for other in new.hosts
        if other != host
    )
    if not pairs:
        return facts
    ask = Ask(hosts=new.hosts, pairs=pairs, known=facts, topics=_HOSTS | {Topic.CPU})
    return doors.survey().facts(ask, within=PATIENCE)


def _gains(
    doors: Doors, new: Baseline, guests: Mapping[Make, list[Guest]], gained: tuple[str, ...]
) -> tuple[Gain, ...]:
    """Which guests run without what was gained. A CPU that its own host cannot spell out is left out."""
    if not gained:
        return ()
    live = {}
    for host, cpu in guests:
        said = doors.inventory(host).common_cpu([cpu], new.arch, new.virt_type, within=PATIENCE)
        if not isinstance(said, Unknown):
            live[host, cpu] = frozenset(said.features)
    return gains(guests, live, gained)
