"""How fast a guest travels is settled for that guest and its destination, and the reason says by whom."""

from typing import Any

import pytest

from orchestrator.migration.conflicts import conflicts
from orchestrator.migration.transport import choose, downtime_limit
from orchestrator.model.guest import Guest, Power
from orchestrator.model.host import HostName
from orchestrator.model.inheritance import Layer, Override, Setting
from orchestrator.model.offer import Offers
from orchestrator.model.policy import Policy
from orchestrator.model.transport import Method, Mode, Transport
from orchestrator.model.units import BytesPerSecond, Milliseconds
from tests.unit.checks.builders import guest, pair, settings

OFFERS = Offers()
GIVEN = settings(
    overrides=(
        Override(
            layer=Layer.HOST,
            name="kvm02",
            settings=(Setting(path=("bandwidth",), value=BytesPerSecond.parse("400Mbit"), layer=Layer.HOST),),
        ),
        Override(
            layer=Layer.GUESTS,
            name="db-*",
            settings=(Setting(path=("downtime_budget",), value=Milliseconds(250), layer=Layer.GUESTS),),
        ),
    )
)


def test_the_destination_and_the_guest_are_obeyed() -> None:
    moving = guest("db-01")
    transport = choose(moving, GIVEN.hosts["kvm02"], GIVEN, pair(moving), Offers(), "migration")
    assert (transport.downtime_limit_ms, transport.bandwidth_bytes_per_second) == (112, 50_000_000)
    assert "the policy default with host kvm02, guests db-* allows a pause of 250ms" in transport.because


def test_another_guest_at_another_host_has_the_policy_of_the_site() -> None:
    moving = guest("web")
    transport = choose(moving, GIVEN.hosts["kvm01"], GIVEN, pair(moving), Offers(), "migration")
    assert (transport.downtime_limit_ms, transport.bandwidth_bytes_per_second) == (300, None)


def by(moving: Guest, offers: Offers = OFFERS, mode: Mode = Mode.LIVE, **allowed: Any) -> Transport:
    given = settings(policy=Policy(name="p", **allowed))
    return choose(moving, given.hosts[HostName("kvm02")], given, pair(moving), offers, "migration", mode=mode)


def test_what_ferry_is_to_choose_begins_as_a_single_stream() -> None:
    assert by(guest()).method is Method.TCP
    assert by(guest()).throttle is not None


@pytest.mark.parametrize("method", Method)
def test_a_method_that_the_policy_names_is_planned_whole(method: Method) -> None:
    planned = by(guest(), transport=method.value, encryption="preferred")
    assert planned.method is method
    assert planned.way
    assert planned.because[0] == "10.0.2.2 is the address of kvm02 on the migration network migration"
    assert conflicts(planned) == ()


def test_a_guest_that_ferry_is_to_start_itself_is_held_unless_it_is_paused() -> None:
    assert by(guest(), start_at_destination="verified").held
    assert by(guest(), start_at_destination="verified", mode=Mode.PAUSE).held
    assert not by(guest(power=Power.PAUSED), start_at_destination="verified").held
    assert not by(guest(), start_at_destination="verified", mode=Mode.OFFLINE).held
    assert "ferry starts it once the source is seen without it" in " ".join(
        by(guest(), start_at_destination="verified").because
    )


def test_ferry_drives_both_hosts_where_the_policy_says_so() -> None:
    assert by(guest()).control == "p2p"
    assert by(guest(), control="direct").control == "direct"


def test_of_the_budget_the_hand_over_is_taken_off() -> None:
    assert [downtime_limit(500, Method.TCP, handover) for handover in (100, 340, 700)] == [300, 120, 1]


def test_of_several_streams_qemu_promises_too_much() -> None:
    assert downtime_limit(500, Method.PARALLEL) == downtime_limit(500, Method.COMPRESSED) == 150
    assert downtime_limit(2000, Method.PARALLEL) == 1275
    assert downtime_limit(200, Method.PARALLEL) == 15
    assert downtime_limit(500, Method.XBZRLE) == downtime_limit(500, Method.TCP) == 300
