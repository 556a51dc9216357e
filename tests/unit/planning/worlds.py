"""Whole worlds for planning: hosts with guests, and a survey that found nothing wrong unless told otherwise."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Affinity
from orchestrator.model.request import MoveRequest
from orchestrator.model.settings import Settings
from orchestrator.planning.planner import candidates, plan
from tests.unit.checks.builders import TODAY, link, pair, settings


def surveyed(
    request: MoveRequest, given: Settings, hosts: Mapping[HostName, HostFacts | Unknown], **found: Any
) -> Facts:
    """Host facts, and the pairs that candidates() asks for, all well except for `found`."""
    facts = Facts(hosts=hosts)
    guests = {g.uuid: g for answer in facts.answering().values() for g in answer.guests}
    asked = candidates(request, given, facts, TODAY)
    on_link = {name: found.pop(name) for name in ("peer", "ports") if name in found}
    return Facts(
        hosts=hosts,
        links={(a.source, a.destination, "migration"): link(a.source, a.destination, **on_link) for a in asked},
        pairs={(a.guest, a.destination): pair(guests[a.guest], a.source, a.destination, **found) for a in asked},
    )


Host = HostFacts | tuple[str, Unknown]


def planned(
    names: tuple[str, ...], *hosts: Host, to: str | None = None, affinity: tuple[Affinity, ...] = (), **found: Any
) -> Plan:
    """Plan a request over these hosts, all of which are configured; a silent one is a name with its Unknown."""
    by_name = dict(_named(host) for host in hosts)
    given = settings(*by_name)
    given = replace(given, policy=replace(given.policy, affinity=affinity))
    request = MoveRequest(guests=names, to=None if to is None else HostName(to))
    return plan(request, given, surveyed(request, given, by_name, **found), TODAY)


def _named(host: Host) -> tuple[HostName, HostFacts | Unknown]:
    if isinstance(host, tuple):
        return HostName(host[0]), host[1]
    return host.name, host
