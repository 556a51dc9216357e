"""Evacuations to plan: hosts with guests, and a survey that found nothing wrong unless told otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.model.cordon import Cordon
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Policy
from orchestrator.model.settings import Settings
from orchestrator.model.units import Bytes
from orchestrator.planning.evacuate import evacuation_pairs, plan_evacuation
from tests.unit.checks.builders import GIB, TODAY, link, pair, settings

HERE = HostName("kvm01")


def site(*names: str, **policy: Any) -> Settings:
    """These hosts under a policy without a reserve."""
    return settings(*names, policy=Policy(name="default", **{"memory_reserve": Bytes(0), **policy}))


def surveyed(
    request: EvacuationRequest,
    given: Settings,
    hosts: Mapping[HostName, HostFacts | Unknown],
    cordons: Sequence[Cordon] = (),
    *,
    aside: bool = True,
    **found: Any,
) -> Facts:
    """Host facts, and all that evacuation_pairs() asks for, all well except for `found`."""
    facts = Facts(hosts=hosts)
    guests = {g.uuid: g for answer in facts.answering().values() for g in answer.guests}
    ways = [(here, there) for here in hosts for there in hosts if here != there]
    links = {(here, there, "migration"): link(here, there) for here, there in ways}
    asked = evacuation_pairs(request, given, Facts(hosts=hosts, links=links), TODAY, cordons, aside=aside)
    return Facts(
        hosts=hosts,
        links=links,
        pairs={(a.guest, a.destination): pair(guests[a.guest], a.source, a.destination, **found) for a in asked},
    )


def planned(
    hosts: Sequence[HostFacts],
    request: EvacuationRequest | None = None,
    cordons: Sequence[Cordon] = (),
    **policy: Any,
) -> Plan:
    """Plan an evacuation of kvm01 (unless the request says otherwise) over these hosts."""
    by_name = {host.name: host for host in hosts}
    given, asked = site(*by_name, **policy), request or EvacuationRequest(hosts=(HERE,))
    return plan_evacuation(asked, given, surveyed(asked, given, by_name, cordons), TODAY, cordons=cordons)


def places(plan: Plan) -> dict[str, str]:
    """Guest → where the plan sends it."""
    return {move.name: move.destination for move in plan.moves}


def roomy(gib: float) -> dict[str, int]:
    """The facts of a host with so much free; a guest of n GiB takes n GiB + 128 MiB + n/256 GiB of it."""
    return {"memory_free_bytes": int(gib * GIB)}
