"""What holds for every plan of an evacuation, whatever the hosts, guests, rules and cordons."""

from datetime import UTC, datetime
from itertools import chain, combinations

from hypothesis import given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from orchestrator.checks.memory import required_bytes
from orchestrator.model.cordon import Cordon
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.facts import Facts, HostFacts
from orchestrator.model.guest import Guest, Power
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Affinity
from orchestrator.model.settings import Settings
from orchestrator.model.units import Bytes
from orchestrator.planning.evacuate import plan_evacuation
from tests.unit.checks.builders import GIB, MIB, TODAY, guest, host, uuid
from tests.unit.planning.evacuations import site, surveyed

HOSTS = tuple(HostName(f"kvm0{number}") for number in range(1, 6))
SIZES = st.sampled_from([512 * MIB, GIB, 2 * GIB, 3 * GIB, 5 * GIB])
POWERS = st.sampled_from([Power.RUNNING, Power.RUNNING, Power.RUNNING, Power.PAUSED, Power.SHUT_OFF, Power.INCOMING])
NAMES = ("db", "web", "app")
RULES = st.builds(
    lambda kind, names, hard: Affinity(**{kind: tuple(f"{name}-*" for name in sorted(names))}, hard=hard),
    st.sampled_from(["apart", "together"]),
    st.sets(st.sampled_from(NAMES), min_size=1, max_size=2),
    st.sampled_from([True, True, False]),
)
World = tuple[Settings, EvacuationRequest, dict[HostName, HostFacts], list[Cordon]]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to five hosts with guests of all kinds; one or two to be emptied, some cordoned, and rules for some guests."""
    names = HOSTS[: draw(st.integers(min_value=2, max_value=5))]
    emptied = names[: draw(st.integers(min_value=1, max_value=min(2, len(names) - 1)))]
    guests: dict[HostName, list[Guest]] = {name: [] for name in names}
    for number in range(draw(st.integers(min_value=1, max_value=9))):
        one = guest(
            f"{draw(st.sampled_from([*NAMES, 'x', 'y']))}-{number}",
            uuid=uuid(number),
            memory_bytes=draw(SIZES),
            vcpus=draw(st.sampled_from([1, 2, 4])),
            power=draw(POWERS),
        )
        guests[draw(st.sampled_from(names + emptied * 2))].append(one)
    hosts = {
        name: host(name, *guests[name], memory_free_bytes=draw(st.integers(min_value=0, max_value=12)) * GIB)
        for name in names
    }
    cordoned = draw(st.sets(st.sampled_from(names), max_size=2))
    at = datetime(2026, 11, 21, tzinfo=UTC)
    cordons = [Cordon(host=name, by="anna", at=at, because="x") for name in sorted(cordoned)]
    policy = {
        "memory_reserve": Bytes(draw(st.sampled_from([0, GIB]))),
        "affinity": tuple(draw(st.lists(RULES, max_size=2))),
        "vcpu_ratio": draw(st.sampled_from([None, 0.5, 1.0])),
    }
    request = EvacuationRequest(hosts=emptied, swaps=draw(st.booleans()))
    return site(*names, **policy), request, hosts, cordons


def planned(world: World) -> Plan:
    rules, request, hosts, cordons = world
    return plan_evacuation(request, rules, surveyed(request, rules, hosts, cordons), TODAY, cordons=cordons)


def by_name(hosts: dict[HostName, HostFacts]) -> dict[str, Guest]:
    return {g.name: g for answer in Facts(hosts=hosts).answering().values() for g in answer.guests}


@given(worlds())
@tuned(max_examples=80, deadline=None)
def test_every_guest_of_the_hosts_moves_or_is_said_to_stay(world: World) -> None:
    _, request, hosts, cordons = world
    plan = planned(world)
    there = sorted(g.name for name in request.hosts for g in hosts[name].guests)
    leaving = [move.name for move in plan.moves if move.source in request.hosts]
    assert sorted([*leaving, *(s.name for s in plan.staying)]) == there
    closed = {*request.hosts, *(cordon.host for cordon in cordons)}
    assert not [move for move in plan.moves if move.destination in closed]
    assert request.swaps or all(move.source in request.hosts for move in plan.moves)
    assert len({move.guest for move in plan.moves}) == len(plan.moves)
    assert (plan.proof is None) or all(name in {s.name for s in plan.staying} for name in plan.proof.left)


@given(worlds())
@tuned(max_examples=80, deadline=None)
def test_no_host_is_overfull_at_any_moment(world: World) -> None:
    """Of moves that make room for others any may be over, but for what waits for them, at any moment."""
    rules, _, hosts, _ = world
    plan, guests = planned(world), by_name(hosts)
    for name, answer in hosts.items():
        arriving = [move for move in plan.moves if move.destination == name]
        leaving = {move.guest: move for move in plan.moves if move.source == name}
        makers = sorted({uuid for move in arriving for uuid in move.after if uuid in leaving})
        coming = [g for g in answer.guests if g.power is Power.INCOMING]
        live = [g for g in answer.guests if g.power in (Power.RUNNING, Power.PAUSED)]
        for over in chain.from_iterable(combinations(makers, size) for size in range(len(makers) + 1)):
            here = [guests[move.name] for move in arriving if set(move.after) & set(makers) <= set(over)]
            gone = [guests[leaving[uuid].name] for uuid in over]
            taken = sum(map(required_bytes, [*here, *coming])) - sum(map(required_bytes, gone))
            assert not here or taken <= answer.memory_free_bytes - rules.policy.memory_reserve
            if rules.policy.vcpu_ratio is not None and here:
                vcpus = sum(g.vcpus for g in [*live, *coming, *here]) - sum(g.vcpus for g in gone)
                assert vcpus <= int(rules.policy.vcpu_ratio * answer.cpus)


def _against(rules: Settings, one: str, other: str, how: str) -> bool:
    """Whether a hard rule wants these two so."""
    hard = (rule for rule in rules.policy.affinity if rule.hard and getattr(rule, how))
    return any(rule.concerns(one) and rule.concerns(other) for rule in hard)


@given(worlds())
@tuned(max_examples=80, deadline=None)
def test_no_hard_rule_is_broken_that_was_kept_before(world: World) -> None:
    rules, _, hosts, _ = world
    plan = planned(world)
    live = {g.name: name for name, of in hosts.items() for g in of.guests if g.power is not Power.SHUT_OFF}
    after = {**live, **{move.name: move.destination for move in plan.moves}}
    moved = {move.name for move in plan.moves}
    for rule in rules.policy.affinity:
        meant = [name for name in live if rule.hard and rule.concerns(name)]
        for one, other in combinations(meant, 2):
            if {_against(rules, one, other, "apart"), _against(rules, one, other, "together")} == {True}:
                continue  # two rules that contradict each other cannot both be kept
            if rule.apart and live[one] != live[other]:
                assert after[one] != after[other], rule
            if rule.apart and {one, other} & moved:
                assert after[one] != after[other], rule
            if rule.together and live[one] == live[other]:
                assert after[one] == after[other], rule


@given(worlds())
@tuned(max_examples=60, deadline=None)
def test_turns_keep_what_waits_for_what_and_plans_are_the_same_twice(world: World) -> None:
    plan = planned(world)
    assert plan == planned(world)
    begins = {move.guest: move.begins_seconds for move in plan.moves}
    times = [move.begins_seconds for move in plan.moves if move.begins_seconds is not None]
    assert times == sorted(times)
    for move in plan.moves:
        for before in move.after:
            first, then = begins[before], move.begins_seconds
            assert first is not None and then is not None and first < then
    if plan.forecast_seconds is not None and plan.bound_seconds is not None:
        assert plan.bound_seconds <= plan.forecast_seconds + 1e-6
