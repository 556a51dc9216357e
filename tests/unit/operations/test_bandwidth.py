"""What the shares of a policy come to on each network."""

from dataclasses import replace

import pytest

from orchestrator.cli.view.bandwidth import bits
from orchestrator.model.host import HostName
from orchestrator.model.inheritance import Layer, Override, Setting
from orchestrator.model.network import Network, Role
from orchestrator.model.policy import Limits
from orchestrator.model.units import BytesPerSecond
from orchestrator.operations.bandwidth import portions
from tests.screens import world

GBIT = BytesPerSecond(125_000_000)
MIB = 2**20


def site(limits: Limits, *networks: Network):
    policy = replace(world.SETTINGS.policy, limits=limits)
    return replace(world.SETTINGS, networks={n.name: n for n in networks}, policy=policy)


def network(name: str = "migration", **more) -> Network:
    return Network(name=name, cidr="10.0.2.0/24", **{"roles": frozenset({Role.MIGRATION}), **more})


@pytest.mark.parametrize(
    ("limits", "own", "percent", "settled_by", "together", "at_once"),
    [
        (Limits(), None, 100, "default", 1192, 40),
        (Limits(share=25), None, 25, "policy", 298, 10),
        (Limits(share=25), 50, 50, "network", 596, 20),
        (Limits(smb_factor=2500), None, 100, "default", 298, 10),
        (Limits(share=10, floor=BytesPerSecond(2 * GBIT)), None, 10, "policy", 119, 1),
    ],
    ids=["nothing is settled", "the policy", "the network counts more", "as Hyper-V writes it", "one is always let in"],
)
def test_of_ten_gigabits(limits, own, percent, settled_by, together, at_once) -> None:
    (found,) = portions(site(limits, network(capacity=BytesPerSecond(10 * GBIT), share=own)))
    assert (found.percent, found.settled_by, found.at_once) == (percent, settled_by, at_once)
    assert found.together == together * MIB


def test_a_network_of_which_nobody_says_what_it_carries() -> None:
    (found,) = portions(site(Limits(share=25), network()))
    assert (found.carries, found.together, found.at_once, found.percent) == (None, None, None, 25)


def test_only_networks_that_moves_may_take() -> None:
    networks = (
        network(),
        network("fast", roles=frozenset({Role.MIGRATION})),
        network("office", roles=frozenset({Role.MANAGEMENT})),
    )
    assert [one.network for one in portions(site(Limits(), *networks))] == ["fast", "migration"]


def test_a_host_may_settle_it_differently() -> None:
    of_host = Setting(path=("limits", "share"), value=10, layer=Layer.HOST, of="kvm01")
    settings = replace(
        site(Limits(share=50), network()),
        overrides=(Override(layer=Layer.HOST, name="kvm01", settings=(of_host,)),),
    )
    assert [portions(settings, host)[0].percent for host in (None, HostName("kvm01"))] == [50, 10]


def test_in_bits() -> None:
    assert bits(BytesPerSecond(298 * MIB)) == "2.5 Gbit/s"
    assert bits(BytesPerSecond(31_250_000)) == "250 Mbit/s"
    assert bits(BytesPerSecond(10 * GBIT)) == "10 Gbit/s"
