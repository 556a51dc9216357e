"""Evacuations on record that have not concluded: what a new one, or a change of mind, leaves of them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from orchestrator.evacuation.due import Silence, rests_until
from orchestrator.model.errand import OpenErrand
from orchestrator.model.host import HostName
from orchestrator.model.run import Run

Errands = tuple[OpenErrand, ...]


def without(errands: Iterable[OpenErrand], hosts: Iterable[HostName]) -> tuple[Errands, Errands]:
    """Which of them have any of these hosts, and what is left of those: the rest of their hosts, or nothing."""
    gone = frozenset(hosts)
    concerned = tuple(one for one in errands if not gone.isdisjoint(one.request.hosts))
    return concerned, tuple(_left(concerned, gone))


def _left(errands: Errands, gone: frozenset[HostName]) -> Iterator[OpenErrand]:
    for one in errands:
        rest = tuple(host for host in one.request.hosts if host not in gone)
        if rest:
            yield replace(one, request=replace(one.request, hosts=rest))


def part_of(errand: OpenErrand, run: Run) -> bool:
    """Whether the run was one of those that the evacuation came to."""
    emptying = run.purpose == "evacuate" and not set(run.emptied).isdisjoint(errand.request.hosts)
    return emptying and run.started_at >= errand.started_at


def too_late(errand: OpenErrand, now: datetime) -> bool:
    """Whether its time is over, so that nothing of it may begin any more."""
    return errand.deadline is not None and now >= errand.deadline


def rests(errand: OpenErrand, now: datetime) -> datetime | None:
    """Until when nobody asks its silent host again unbidden; None: it is to be asked now."""
    if errand.silent_since is None or errand.silent_last is None or too_late(errand, now):
        return None
    until = rests_until(Silence(since=errand.silent_since, last=errand.silent_last))
    return until if now < until else None


def sentence(errand: OpenErrand) -> str:
    """Which one is meant: the evacuation of kvm01 that anna on ctl1 began 2026-11-22 01:30 UTC."""
    hosts = ", ".join(errand.request.hosts)
    return f"the evacuation of {hosts} that {errand.by} began {errand.started_at:%Y-%m-%d %H:%M} UTC"
