"""The way home: one place for each guest, and none is overfilled, breaks a rule, or waits for a home out of reach."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from orchestrator.checks.memory import required_bytes
from orchestrator.model.cordon import Cordon
from orchestrator.model.cpu import CpuAnswer
from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.guest import Guest, GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Affinity
from orchestrator.model.restored import HomeRequest
from orchestrator.model.settings import Settings
from orchestrator.model.transport import Mode
from orchestrator.planning.homecoming import homecoming_pairs, is_gone, place_of, plan_homecoming
from tests.unit.checks.builders import GIB, SILENT, TODAY, guest, host, link, pair, uuid
from tests.unit.planning.evacuations import places, roomy, site

A, B, C = HostName("kvm01"), HostName("kvm02"), HostName("kvm03")
Hosts = Mapping[HostName, HostFacts | Unknown]


def surveyed(
    request: HomeRequest, given: Settings, hosts: Hosts, cordons: Sequence[Cordon] = (), **found: Any
) -> Facts:
    """Host facts, and all that homecoming_pairs() asks for, all well except for `found`."""
    ways = [(here, there) for here in hosts for there in hosts if here != there]
    links = {(here, there, "migration"): link(here, there) for here, there in ways}
    facts = Facts(hosts=hosts, links=links)
    guests = {g.uuid: g for answer in facts.answering().values() for g in answer.guests}
    asked = homecoming_pairs(request, given, facts, TODAY, cordons)
    pairs = {(a.guest, a.destination): pair(guests[a.guest], a.source, a.destination, **found) for a in asked}
    return replace(facts, pairs=pairs)


def planned(
    hosts: Sequence[HostFacts],
    homes: Mapping[GuestId, HostName],
    *,
    silent: Sequence[HostName] = (),
    cordons: Sequence[Cordon] = (),
    opened: Sequence[HostName] = (),
    found: Mapping[str, Any] | None = None,
    **policy: Any,
) -> Plan:
    by_name: Hosts = {**{one.name: one for one in hosts}, **dict.fromkeys(silent, SILENT)}
    request, rules = HomeRequest(homes=homes, opened=frozenset(opened)), site(*by_name, **policy)
    facts = surveyed(request, rules, by_name, cordons, **(found or {}))
    return plan_homecoming(request, rules, facts, TODAY, cordons=cordons)


def one(number: int, name: str = "", **changes: Any) -> Guest:
    return guest(name or f"web-{number}", uuid=uuid(number), **changes)


def why(plan: Plan) -> dict[str, str]:
    return {stays.name: stays.why for stays in plan.staying}


def test_each_goes_to_its_home() -> None:
    plan = planned([host(A), host(B), host(C, one(1), one(2))], {uuid(1): A, uuid(2): B})
    assert (places(plan), plan.staying) == ({"web-1": A, "web-2": B}, ())
    assert plan.moves[0].because.startswith("kvm01 is its home; ")
    assert plan.forecast_seconds is not None


def test_nobody_who_is_home_or_lost_moves() -> None:
    twice = one(3)
    plan = planned([host(A, one(1), twice), host(B, twice)], {uuid(1): A, uuid(2): A, uuid(3): B})
    assert (plan.moves, plan.staying) == ((), ())


def test_all_that_come_home_together_have_room_there_together() -> None:
    away = [one(1, memory_bytes=3 * GIB), one(2, memory_bytes=GIB), one(3, memory_bytes=2 * GIB)]
    plan = planned([host(A, **roomy(4)), host(B, *away[:2]), host(C, away[2])], {uuid(n): A for n in (1, 2, 3)})
    assert len(plan.moves) == 2, "from two hosts, and as many as there is a way for"
    assert why(plan).keys() == {"web-1"}
    assert why(plan)["web-1"].startswith("no room at home: web-1 needs 3")


@pytest.mark.parametrize(("hard", "home"), [(True, 1), (False, 2)])
def test_two_that_must_be_apart_do_not_come_to_one_home(hard: bool, home: int) -> None:
    rule = Affinity(apart=("web-*",), hard=hard)
    plan = planned([host(A), host(B, one(1)), host(C, one(2))], {uuid(1): A, uuid(2): A}, affinity=(rule,))
    assert len(plan.moves) == home
    said = "no room at home: kvm01 receives a guest that it must be apart from"
    assert list(why(plan).values()) == [said] * (2 - home)


def test_who_lives_at_home_meanwhile_counts_too() -> None:
    rule = Affinity(apart=("web-*",), hard=True)
    plan = planned([host(A, one(9)), host(B, one(1))], {uuid(1): A}, affinity=(rule,))
    assert (plan.moves, why(plan)["web-1"].split(": ")[0]) == ((), "affinity")


def test_those_that_must_be_together_come_together_or_not_at_all() -> None:
    rule = Affinity(together=("web-*",), hard=True)
    away = [host(B, one(1, memory_bytes=2 * GIB), one(2, memory_bytes=2 * GIB))]
    homes = {uuid(1): A, uuid(2): A}
    assert len(planned([host(A), *away], homes, affinity=(rule,)).moves) == 2
    assert planned([host(A, **roomy(3)), *away], homes, affinity=(rule,)).moves == ()
    apart = planned([host(A), *away, host(C)], {uuid(1): A, uuid(2): C}, affinity=(rule,))
    assert (apart.moves, why(apart)["web-1"]) == (
        (), "it must be together with web-2, and kvm01 does not take all of them",
    )  # fmt: skip
    alone = planned([host(A), *away], {uuid(1): A}, affinity=(rule,))
    assert (alone.moves, why(alone)) == ((), {"web-1": "it must be together with web-2, which stays"})
    parted = planned([host(A), host(B, one(1)), host(C, one(2))], {uuid(1): A}, affinity=(rule,))
    assert (parted.moves, why(parted)) == ((), {"web-1": "it must be with a guest that is not on kvm01"})
    silent = planned(away, {uuid(1): A, uuid(2): C}, silent=(A, C), affinity=(rule,))
    assert len(silent.staying) == 2
    one_silent = planned([host(A), *away], {uuid(1): A, uuid(2): C}, silent=(C,), affinity=(rule,))
    assert (one_silent.moves, why(one_silent)["web-1"]) == ((), "it must be together with web-2, which stays")


def test_a_home_out_of_reach_keeps_its_own_guests_and_no_others() -> None:
    gone = HostName("kvm09")
    at = datetime(2026, 11, 21, tzinfo=UTC)
    cordon = Cordon(host=B, by="eve", at=at, because="a broken fan")
    away = [one(number) for number in (1, 2, 3, 4)]
    homes = {uuid(1): HostName("kvm04"), uuid(2): gone, uuid(3): B, uuid(4): A}
    hosts = [host(A), host(B), host(C, *away)]
    plan = planned(hosts, homes, silent=(HostName("kvm04"),), cordons=(cordon,))
    assert places(plan) == {"web-4": A}
    said = {stays.name: (stays.why, stays.fix) for stays in plan.staying}
    assert said["web-1"] == (f"kvm04 does not answer: {SILENT.why}", "Once kvm04 answers: ferry restore kvm04")
    assert said["web-2"] == ("kvm09, its home, is configured no longer", "Name kvm09 in /etc/ferry/ferry.yaml again")
    assert said["web-3"] == (str(cordon), "ferry uncordon kvm02")
    opened = planned(hosts, homes, silent=(HostName("kvm04"),), cordons=(cordon,), opened=(B,))
    assert places(opened) == {"web-4": A, "web-3": B}


def test_what_the_checks_refuse_is_said_with_the_check() -> None:
    no = {"cpu": CpuAnswer(offered=False, missing=("avx2",))}
    plan = planned([host(A), host(B, one(1))], {uuid(1): A}, found=no)
    assert (plan.moves, why(plan)["web-1"].split(": ")[0]) == ((), "cpu")
    (stays,) = plan.staying
    assert (stays.host, stays.live, bool(stays.fix)) == (B, True, True)


def test_definitions_come_home_too_but_not_while_a_host_is_silent() -> None:
    off = one(1, power=Power.SHUT_OFF)
    plan = planned([host(A), host(B, off)], {uuid(1): A})
    assert [(move.destination, move.transport.mode) for move in plan.moves] == [(A, Mode.OFFLINE)]
    perhaps = planned([host(A), host(B, off)], {uuid(1): A}, silent=(C,))
    assert (perhaps.moves, why(perhaps)["web-1"].split(": ")[0]) == ((), "guest-state")
    assert not perhaps.staying[0].live


def test_two_that_stand_in_each_others_way_wait_for_a_free_host() -> None:
    """Neither counts on room that the other has not left yet: operations.restore moves one of them aside first."""
    here, there = one(1, memory_bytes=2 * GIB), one(2, memory_bytes=2 * GIB)
    hosts = [host(A, there, **roomy(1)), host(B, here, **roomy(1)), host(C)]
    plan = planned(hosts, {uuid(1): A, uuid(2): B})
    assert (plan.moves, len(plan.staying)) == ((), 2)


def test_where_a_guest_is_and_whether_it_is_gone() -> None:
    facts = Facts(hosts={A: host(A, one(1)), B: host(B, one(2, power=Power.SHUT_OFF), one(3, power=Power.ABSENT))})
    assert [place_of(uuid(n), facts) for n in (1, 2, 3)] == [(A, Mode.LIVE), (B, Mode.OFFLINE), None]
    assert [is_gone(uuid(n), facts) for n in (1, 2, 3, 4)] == [False, False, True, True]
    assert not is_gone(uuid(4), Facts(hosts={**facts.hosts, C: SILENT})), "kvm03 may have it"
    arriving = Facts(hosts={A: host(A, one(1, power=Power.INCOMING))})
    assert (place_of(uuid(1), arriving), is_gone(uuid(1), arriving)) == (None, False)


NAMES = ("db", "web")
RULES = st.builds(
    lambda kind, names, hard: Affinity(**{kind: tuple(f"{name}-*" for name in sorted(names))}, hard=hard),
    st.sampled_from(["apart", "together"]),
    st.sets(st.sampled_from(NAMES), min_size=1, max_size=2),
    st.booleans(),
)


@st.composite
def ways_home(draw: st.DrawFn) -> tuple[list[HostFacts], dict[GuestId, HostName], dict[str, Any]]:
    names = [HostName(f"kvm0{number}") for number in range(1, draw(st.integers(min_value=3, max_value=5)))]
    guests: dict[HostName, list[Guest]] = {name: [] for name in names}
    homes: dict[GuestId, HostName] = {}
    for number in range(draw(st.integers(min_value=1, max_value=8))):
        size = draw(st.sampled_from([GIB, 2 * GIB, 3 * GIB]))
        guests[draw(st.sampled_from(names))].append(one(number, f"{draw(st.sampled_from([*NAMES, 'x']))}-{number}",
                                                        memory_bytes=size))  # fmt: skip
        if draw(st.booleans()):
            homes[uuid(number)] = draw(st.sampled_from(names))
    hosts = [host(n, *guests[n], memory_free_bytes=draw(st.integers(min_value=0, max_value=7)) * GIB) for n in names]
    return hosts, homes, {"affinity": tuple(draw(st.lists(RULES, max_size=2)))}


@given(ways_home())
@tuned(max_examples=120, deadline=None)
def test_every_way_home_keeps_the_rules_and_the_room(world: Any) -> None:
    hosts, homes, policy = world
    plan = planned(hosts, homes, **policy)
    assert plan == planned(hosts, homes, **policy)
    live = {g.uuid: one.name for one in hosts for g in one.guests}
    guests = {g.uuid: g for one in hosts for g in one.guests}
    away = {gone for gone, home in homes.items() if live[gone] != home}
    assert {move.guest for move in plan.moves} | {stays.guest for stays in plan.staying} == away
    assert len(plan.moves) + len(plan.staying) == len(away)
    assert all(move.destination == homes[move.guest] for move in plan.moves)
    for one in hosts:
        comes = sum(required_bytes(guests[move.guest]) for move in plan.moves if move.destination == one.name)
        assert comes == 0 or comes <= one.memory_free_bytes
    after, moved = {**live, **{m.guest: m.destination for m in plan.moves}}, {m.guest for m in plan.moves}
    hard = [rule for rule in policy["affinity"] if rule.hard]
    for first, other in combinations(sorted(live), 2):
        kinds = {bool(r.apart) for r in hard if all(r.concerns(guests[g].name) for g in (first, other))}
        if kinds == {True} and {first, other} & moved:
            assert after[first] != after[other]
        if kinds == {False} and live[first] == live[other]:
            assert after[first] == after[other]
