"""What a move takes, and what there is."""

from typing import Any

import pytest

from orchestrator.limits import resources
from orchestrator.limits.costs import Kind, bill, capacities, costs, kind_of
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.policy import Charge, Costs, Limits
from orchestrator.model.transport import Mode, Transport

A, B = HostName("kvm01.rack1"), HostName("kvm02")
GIB = 2**30
EVERYTHING = Charge(live=1, incoming=2, outgoing=3, storage=4, units=5, network=6, pool=7, total=8)


def move(*, memory: int = GIB, pools: tuple[str, ...] = (), **transport: Any) -> Move:
    way: dict[str, Any] = {"network": "migration", "address": "10.0.0.1", "persistent": True, "paused": False}
    way |= {"downtime_limit_ms": 300, "bandwidth_bytes_per_second": None, "sharing_proven": False}
    return Move(
        guest=GuestId("u"), name="web", source=A, destination=B, peer_uri="", memory_bytes=memory, persistent=True,
        autostart=False, paused=False, transport=Transport(**way | transport), probe_address=None, because="",
        pools=pools,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("transport", "kind"),
    [
        ({}, Kind.LIVE),
        ({"mode": Mode.PAUSE}, Kind.LIVE),
        ({"disks": ("vda",)}, Kind.LIVE_WITH_STORAGE),
        ({"disks": ("vda",), "mode": Mode.PAUSE}, Kind.LIVE_WITH_STORAGE),
        ({"mode": Mode.OFFLINE}, Kind.OFFLINE),
        ({"mode": Mode.COLD}, Kind.OFFLINE),
    ],
)
def test_the_kind_of_a_move(transport: dict[str, Any], kind: Kind) -> None:
    assert kind_of(move(**transport)) is kind


def test_every_counter_is_taken_where_it_is_counted() -> None:
    limits = Limits(costs=Costs(live=EVERYTHING))
    assert costs(move(pools=("ssd", "iso")), limits) == {
        "host:kvm01.rack1.live": 1,
        "host:kvm02.live": 1,
        "host:kvm02.incoming": 2,
        "host:kvm01.rack1.outgoing": 3,
        "host:kvm01.rack1.storage": 4,
        "host:kvm02.storage": 4,
        "host:kvm01.rack1.units": 5,
        "host:kvm02.units": 5,
        "network:migration@kvm01.rack1": 6,
        "network:migration@kvm02": 6,
        "pool:ssd": 7,
        "pool:iso": 7,
        "cluster.live": 8,
    }


def test_what_costs_nothing_is_left_out() -> None:
    assert costs(move(), Limits(costs=Costs(live=Charge(total=1)))) == {"cluster.live": 1}


def test_a_move_within_one_host_takes_its_slots_once() -> None:
    found = bill(Kind.STORAGE, Limits(), source=A, destination=A)
    assert found == {"host:kvm01.rack1.storage": 1}


def test_an_end_that_nobody_knows_is_not_counted() -> None:
    found = bill(Kind.LIVE, Limits(), source=None, destination=B, network="migration")
    assert found == {"host:kvm02.live": 1, "host:kvm02.incoming": 1, "network:migration@kvm02": 1, "cluster.live": 1}


@pytest.mark.parametrize(
    ("memory", "mode", "slots"),
    [(2, Mode.LIVE, 1), (63, Mode.LIVE, 1), (64, Mode.LIVE, 2), (512, Mode.PAUSE, 9), (512, Mode.OFFLINE, 1)],
)
def test_large_guests_take_more_slots_where_the_policy_says_so(memory: int, mode: Mode, slots: int) -> None:
    found = costs(move(memory=memory * GIB, mode=mode), Limits(gib_per_slot=64))
    assert found["host:kvm02.live"] == slots
    assert found["cluster.live"] == 1
    assert costs(move(memory=memory * GIB, mode=mode), Limits())["host:kvm02.live"] == 1


def test_what_there_is() -> None:
    site = Limits(total=9, pool=128, live=4)
    own = {A: Limits(live=10, live_in_cluster=1, storage=3, incoming=2, units=8, network=8), B: site}
    capacity = capacities(site, own.__getitem__, lambda _network, _host: None)
    at_a = ("host:kvm01.rack1.live", "host:kvm01.rack1.storage", "host:kvm01.rack1.incoming", "host:kvm01.rack1.units")
    assert [capacity(resource) for resource in at_a] == [1, 3, 2, 8]
    assert [capacity(r) for r in ("host:kvm02.live", "host:kvm02.outgoing", "cluster.live", "pool:x")] == [
        4,
        None,
        9,
        128,
    ]
    assert [capacity(f"network:migration@{host}") for host in (A, B)] == [8, None]


@pytest.mark.parametrize(("gbit", "moves"), [(10, 8), (25, 8), (9, 4), (1, 4), (None, 4)])
def test_a_slow_network_has_a_limit_of_its_own(gbit: int | None, moves: int) -> None:
    limits = Limits(network=8, network_below_10gbit=4)
    capacity = capacities(limits, lambda _h: limits, lambda _n, _h: None if gbit is None else gbit * 10**9)
    assert capacity("network:migration@kvm02") == moves


@pytest.mark.parametrize("resource", ["host:kvm01.brains", "live", "tape:1", "host.live"])
def test_a_resource_that_no_limit_knows_is_an_error_of_ours(resource: str) -> None:
    with pytest.raises(KeyError):
        capacities(Limits(), lambda _h: Limits(), lambda _n, _h: None)(resource)


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ("host:kvm01.rack1.live", "kvm01.rack1 has 1 of 2 live slots"),
        ("host:kvm02.incoming", "kvm02 has 1 of 2 incoming slots"),
        ("host:kvm02.units", "kvm02 has 1 of 2 units"),
        ("network:migration@kvm02", "network migration at kvm02 has 1 of 2 moves"),
        ("pool:ssd", "pool ssd has 1 of 2 units"),
        ("cluster.live", "all hosts together have 1 of 2 moves"),
    ],
)
def test_a_resource_in_words(resource: str, words: str) -> None:
    assert resources.said(resource, 1, 2) == words


def test_limits_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="wait for ever"):
        Limits(live=0)
