"""Which network a move takes: a table of worlds, the choice, and what is said of it."""

from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import pytest

from orchestrator.model.cabling import RdmaDevice
from orchestrator.model.facts import Facts
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Standing
from orchestrator.model.network_test import NetworkTest
from orchestrator.model.policy import NetworkChoice, Policy
from orchestrator.model.request import MoveRequest
from orchestrator.model.settings import Settings
from orchestrator.model.units import BytesPerSecond
from orchestrator.planning.appraisal import Outlook
from orchestrator.planning.network import Selection, all_of
from orchestrator.planning.network_score import Known, Part, ago
from orchestrator.planning.planner import plan
from orchestrator.planning.wanted import Wanted
from tests.unit.checks.builders import TODAY, guest, pair
from tests.unit.planning.wires import (
    ASTRAY,
    CUT,
    FAST,
    FILTERED,
    JUMBO,
    MGMT,
    SLOW,
    STORE,
    UNKNOWN,
    A,
    B,
    M,
    S,
    known,
    measured,
    network,
    site,
    ticket,
    world,
)


def chosen(given: Settings, facts: Facts, known: Known | None = None) -> Selection:
    outlook = Outlook(settings=given, facts=facts, today=TODAY, known=known or Known())
    return outlook.selection(A, B, given.policy)


class Choice(NamedTuple):
    """A site and what is known of it; the network that is taken ("" for none), and a piece of the reason."""

    site: Settings
    takes: str
    because: str = ""
    broken: dict[str, dict[str, Any]] = {}  # noqa: RUF012 - a table of its own for each row
    known: Known = Known()
    cards: dict[str, Any] = {}  # noqa: RUF012


CHOICES = {
    "the only one needs no reason": Choice(site(FAST), "fast"),
    "the faster one": Choice(site(SLOW, FAST), "fast", "best by its score: 10000; slow 1000"),
    "an order before scores": Choice(site(SLOW, FAST, order=("slow",)), "slow", "first usable one in the order"),
    "an order names one of another role": Choice(site(FAST, STORE, order=("store",)), "store", "in the order"),
    "an exclusion before scores": Choice(site(SLOW, FAST, exclude=("fast",)), "slow"),
    "an exclusion before an order": Choice(site(SLOW, FAST, order=("fast",), exclude=("fast",)), "slow"),
    "the next of the order, said": Choice(
        site(SLOW, FAST, order=("fast", "slow")), "slow", "not usable: fast", broken={"fast": FILTERED}
    ),
    "ports that are filtered": Choice(site(SLOW, FAST), "slow", "only usable network", broken={"fast": FILTERED}),
    "a route that leads elsewhere": Choice(site(SLOW, FAST), "slow", "not usable: fast", broken={"fast": ASTRAY}),
    "packets that do not pass": Choice(site(SLOW, FAST), "slow", "not usable: fast", broken={"fast": CUT}),
    "an interface that is down": Choice(site(SLOW, FAST), "slow", "not usable: fast", cards={"fast": {"up": False}}),
    "what could not be decided counts half": Choice(
        site(network("a", M), network("b", M)), "b", "10000; a 5000", broken={"a": UNKNOWN}
    ),
    "what was measured counts more than what is declared": Choice(
        site(SLOW, network("b", M, capacity=BytesPerSecond.parse("2Gbit"))),
        "slow",
        "by its score: 4000; b 2000",
        known=known(measured("slow", 4)),
    ),
    "the way back tells too": Choice(site(FAST, SLOW), "slow", known=known(measured("fast", 0.1, back=True))),
    "what was measured long ago counts nothing": Choice(
        site(FAST, SLOW), "fast", known=known(measured("fast", 0.1, days=31))
    ),
    "a network that is busy": Choice(
        site(network("a", M), network("b", M)), "b", "10000; a 5000", known=known(tickets=(ticket("a"),))
    ),
    "who waits is no load": Choice(
        site(network("a", M), network("b", M)), "a", "written first",
        known=known(tickets=(ticket("a", Standing.WAITING),)),
    ),
    "moves of other hosts are load at the end that they share": Choice(
        site(network("a", M), network("b", M)), "b", known=known(tickets=(ticket("a", source=HostName("kvm09")),))
    ),
    "a share": Choice(site(network("a", M, share=25), network("b", M)), "b", "10000; a 2500"),
    "large packets": Choice(site(network("a", M), network("b", M)), "b", "11000; a 10000", broken={"b": JUMBO}),
    "priority between equals": Choice(site(network("a", M), network("b", M, priority=5)), "b", "of higher priority"),
    "no priority over a better one": Choice(site(network("slow", M, priority=9, capacity=SLOW.capacity), FAST), "fast"),
    "storage's last, however fast": Choice(
        site(network("both", M, S), SLOW), "slow", "the best that no storage is on, by its score: 1000; both 5000"
    ),
    "none, and no other unasked": Choice(site(FAST, STORE, MGMT), "", broken={"fast": FILTERED}),
    "the next best of another role": Choice(
        site(FAST, STORE, MGMT, on_missing="next"), "mgmt", "mgmt stands in", broken={"fast": FILTERED}
    ),
    "storage where nothing else is": Choice(
        site(FAST, STORE, on_missing="next"), "store", "store stands in", broken={"fast": FILTERED}
    ),
    "the management network": Choice(
        site(FAST, STORE, MGMT, on_missing="management"), "mgmt", "on_missing: management", broken={"fast": FILTERED}
    ),
    "nothing stands in where one is usable": Choice(
        site(FAST, SLOW, MGMT, on_missing="next"), "slow", broken={"fast": CUT}
    ),
    "one that can be encrypted, where that is demanded": Choice(
        site(network("a", M, encryption=True), SLOW), "slow", "gives what the policy demands"
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", CHOICES.values(), ids=CHOICES.keys())
def test_choice(row: Choice) -> None:
    found = chosen(row.site, world(row.site, broken=row.broken, cards=row.cards), row.known)
    assert (found.chosen.network if found.chosen else "") == row.takes
    assert row.because in found.because
    assert bool(found.because) is (found.chosen is not None and len(found.candidates) > 1)


def test_rdma_where_the_policy_wants_it() -> None:
    given = site(FAST, SLOW, transport="rdma")
    facts = world(given)
    devices = (RdmaDevice(name="mlx5_0", interface="eth1", state="ACTIVE", link_layer="Ethernet", files=("/dev/a",)),)
    able = {
        name: replace(said, rdma=devices, daemon=replace(said.daemon, cgroup_device_acl=("/dev/a",)))  # type: ignore[type-var]
        for name, said in facts.answering().items()
    }
    found = chosen(given, replace(facts, hosts=able))
    assert found.network == "slow" and "gives what the policy demands" in found.because
    [lacking] = [one for one in found.candidates if one.network == "fast"]
    assert lacking.usable and "no active RDMA device" in lacking.unfit[0]
    barred = replace(given, networks={**given.networks, "slow": replace(SLOW, rdma=False)})
    [barred_one] = [one for one in chosen(barred, replace(facts, hosts=able)).candidates if one.network == "slow"]
    assert "rdma: false" in barred_one.unfit[0]


def test_a_score_shows_what_it_is_made_of() -> None:
    given = site(network("a", M, S, share=50), FAST)
    found = chosen(
        given, world(given, broken={"a": JUMBO | UNKNOWN}), known(measured("a", 8, days=2), tickets=(ticket("a"),))
    )
    [one] = [one for one in found.candidates if one.network == "a"]
    assert [(part.name, round(part.factor, 2)) for part in one.parts] == [
        ("rate", 8000), ("share", 0.5), ("load", 0.5), ("mtu", 1.1), ("storage", 0.5), ("undecided", 0.5)
    ]  # fmt: skip
    assert one.parts[0] == Part(name="rate", factor=8000, because="measured 2 days ago")
    assert one.score == pytest.approx(550)


def test_what_is_passed_over_is_said_as_a_warning() -> None:
    given = site(FAST, SLOW)
    found = chosen(given, world(given, broken={"fast": FILTERED}))
    said = [(f.check, f.severity.value, f.network) for f in found.findings]
    assert said == [("migration-port", "warning", "fast")]
    assert found.findings[0].saw.startswith("fast is passed over: ")


def test_where_none_is_left_all_are_named() -> None:
    given = site(FAST, SLOW)
    found = chosen(given, world(given, broken={"fast": FILTERED, "slow": ASTRAY}))
    assert [(f.check, f.severity.value) for f in found.findings] == [
        ("migration-port", "blocker"), ("route", "blocker"), ("migration-network", "blocker")
    ]  # fmt: skip
    detail = found.findings[-1].detail
    assert [line.split(":")[0] for line in detail] == ["fast", "slow"]


def test_what_stands_in_is_a_warning_and_never_silent() -> None:
    given = site(FAST, MGMT, on_missing="management")
    found = chosen(given, world(given, broken={"fast": FILTERED}))
    assert [(f.check, f.severity.value) for f in found.findings] == [
        ("migration-port", "warning"), ("migration-network", "warning")
    ]  # fmt: skip
    assert "memory would travel over mgmt" in found.findings[-1].saw


def test_a_network_that_one_host_is_not_on_is_passed_over_without_a_word() -> None:
    given = site(FAST, SLOW)
    only_slow = replace(given.hosts[B], addresses={"slow": "10.0.1.2"})
    given = replace(given, hosts={**given.hosts, B: only_slow})
    found = chosen(given, world(given))
    assert found.network == "slow" and found.findings == ()
    [other] = [one for one in found.candidates if one.network == "fast"]
    assert not other.usable and not other.parts and "gives kvm02 no address" in other.rejected[0]


def test_every_configured_network_can_be_asked_for() -> None:
    given = site(FAST, SLOW, STORE, network("unnamed"), exclude=("slow",))
    facts = world(given)
    outlook = Outlook(settings=given, facts=facts, today=TODAY)
    found = all_of(outlook.between(A, B, given.policy), outlook.selection(A, B, given.policy))
    assert [(one.network, one.rejected) for one in found] == [
        ("fast", ()),
        ("slow", ("the policy default excludes it",)),
        ("store", ("it is of role storage, not migration",)),
        ("unnamed", ("it is of no role, not migration",)),
    ]


def moved(given: Settings, facts: Facts):
    """The plan for one guest, and the facts of its move."""
    moving = guest()
    here = replace(facts.answering()[A], guests=(moving,))
    whole = replace(facts, hosts={**facts.hosts, A: here}, pairs={(moving.uuid, B): pair(moving)})
    return plan(MoveRequest(guests=("web",), to=B), given, whole, TODAY)


def test_the_plan_takes_it_and_says_why() -> None:
    given = site(SLOW, FAST)
    [move] = moved(given, world(given)).moves
    assert (move.transport.network, move.transport.address) == ("fast", "10.0.1.2")
    assert any("fast is the best by its score" in why for why in move.transport.because)


def test_the_plan_is_refused_where_no_network_is_left() -> None:
    given = site(SLOW, FAST)
    refused = moved(given, world(given, broken={"fast": FILTERED, "slow": FILTERED}))
    assert not refused.moves and "migration-network" in {f.check for f in refused.findings}


def test_a_network_that_demands_encryption_has_it() -> None:
    given = site(network("secret", M, encryption=True))
    refused = moved(given, world(given))
    assert not refused.moves
    assert "encryption-possible" in {f.check for f in refused.findings if f.severity.value == "blocker"}
    assert given.policy_for(host=B).encryption == "off"
    assert given.policy_for(host=B, network="secret").encryption == "required"


def test_networks_in_question() -> None:
    given = site(FAST, network("first", M, priority=2), STORE, MGMT, network("plain"))
    assert given.migration_networks == ("first", "fast")
    assert given.networks_for(NetworkChoice(order=("plain",), exclude=("fast",))) == ("plain", "first")
    assert given.networks_for(NetworkChoice(on_missing="management")) == ("first", "fast", "mgmt")
    assert set(given.networks_for(NetworkChoice(on_missing="next"))) == set(given.networks)
    assert given.networks_in_question == ("first", "fast")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "5 seconds"), (119, "119 seconds"), (120, "2 minutes"), (7200, "2 hours"), (172_800, "2 days")],
)
def test_ages(seconds: int, words: str) -> None:
    assert ago(seconds) == words


def test_it_is_chosen_once_for_all_guests_of_a_pair_of_hosts() -> None:
    given = site(FAST, SLOW)
    outlook = Outlook(settings=given, facts=world(given), today=TODAY)
    assert outlook.selection(A, B, given.policy) is outlook.selection(A, B, given.policy)
    assert isinstance(given.policy, Policy)


@pytest.mark.parametrize(
    ("tests", "gigabits"),
    [
        ((), 10.0),
        ((measured("migration", 4.0),), 4.0),
        ((measured("migration", 4.0, days=31),), 10.0),
        ((measured("store", 4.0),), 10.0),
    ],
    ids=["none", "of this network", "too old", "of another one"],
)
def test_an_estimate_reckons_with_what_a_test_has_shown(
    tests: tuple[tuple[datetime, NetworkTest], ...], gigabits: float
) -> None:
    given = site(network("migration", M), network("store", S))
    outlook = Outlook(settings=given, facts=world(given), today=TODAY, known=known(*tests))
    found = outlook.offers(Wanted(guest=guest("web"), source=A, lives_on=(A,)), B, "migration")
    assert found.link_bytes_per_second == int(gigabits * 1e9 / 8)
