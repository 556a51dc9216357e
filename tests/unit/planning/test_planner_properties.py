"""What holds for every plan, whatever the hosts, guests and request."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.checks.memory import required_bytes
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.guest import Power
from orchestrator.model.request import MoveRequest
from orchestrator.planning.planner import plan
from orchestrator.planning.verdict import exit_code
from tests.unit.checks.builders import GIB, MIB, TODAY, guest, host, settings, uuid
from tests.unit.planning.worlds import surveyed

HOSTS = ("kvm01", "kvm02", "kvm03", "kvm04")
SIZES = st.sampled_from([256 * MIB, GIB, 3 * GIB, 7 * GIB])
FREE = st.integers(min_value=0, max_value=24 * GIB)


@st.composite
def worlds(draw: st.DrawFn):
    """Hosts with free memory, some silent; guests on kvm01 and kvm02, some not live; a request for some of them."""
    number = draw(st.integers(min_value=1, max_value=10))
    guests = [
        guest(
            f"g{n}",
            uuid=uuid(n),
            memory_bytes=draw(SIZES),
            power=draw(st.sampled_from([Power.RUNNING, Power.RUNNING, Power.PAUSED, Power.SHUT_OFF])),
        )
        for n in range(number)
    ]
    homes = [draw(st.sampled_from(HOSTS[:2])) for _ in guests]
    hosts = {
        name: host(
            name, *(g for g, home in zip(guests, homes, strict=True) if home == name), memory_free_bytes=draw(FREE)
        )
        for name in HOSTS
    }
    for name in draw(st.sets(st.sampled_from(HOSTS[2:]))):
        hosts[name] = Unknown(why="down")
    named = draw(st.lists(st.sampled_from(guests), min_size=1, max_size=12))
    to = draw(st.sampled_from([None, *HOSTS[2:]]))
    names = tuple(draw(st.sampled_from([g.name, g.uuid])) for g in named)
    return hosts, {g.uuid for g in named}, MoveRequest(guests=names, to=to)


@given(worlds())
def test_every_guest_exactly_once_and_no_host_overfull(world) -> None:
    hosts, named, request = world
    rules = settings(*HOSTS)
    facts = surveyed(request, rules, hosts)
    result = plan(request, rules, facts, TODAY)
    answering = Facts(hosts=hosts).answering()
    all_guests = {g.name: g for answer in answering.values() for g in answer.guests}

    moving = Counter(move.guest for move in result.moves)
    refused = {all_guests[finding.guest].uuid for finding in result.blockers()}
    assert all(count == 1 for count in moving.values())
    assert set(moving) | refused == named
    assert not set(moving) & refused

    for move in result.moves:
        assert move.destination in answering
        assert move.destination != move.source
        assert request.to in (None, move.destination)
        assert all_guests[move.name].power in (Power.RUNNING, Power.PAUSED)
        assert move.because

    for name, answer in answering.items():
        taken = sum(required_bytes(all_guests[m.name]) for m in result.moves if m.destination == name)
        assert not taken or taken <= answer.memory_free_bytes - rules.policy.memory_reserve

    assert (exit_code(result) == 0) == (not refused)


@given(worlds())
def test_the_same_facts_give_the_same_plan(world) -> None:
    hosts, _, request = world
    rules = settings(*HOSTS)
    assert plan(request, rules, surveyed(request, rules, hosts), TODAY) == plan(
        request, rules, surveyed(request, rules, dict(reversed(hosts.items()))), TODAY
    )
