"""Whether memory takes the way that was ordered: sockets and counters against the configuration."""

from orchestrator.migration.path import Expected, PathVerdict, proven
from orchestrator.model.path import PathSeen, Way

MIB = 2**20
ORDERED = Expected(network="migration", address="10.77.2.11", ranges=("10.77.2.0/24",))


def seen(
    sent: int = 0,
    counted: int | None = None,
    *,
    local: str = "10.77.2.11",
    device: str = "eth1",
    home: str | None = None,
) -> PathSeen:
    counter = 5000 + (sent if counted is None else counted)
    way = Way(
        local=local,
        remote="10.77.2.14",
        sockets=1,
        sent_bytes=sent,
        device=device,
        device_bytes=counter,
        home=home,
    )
    return PathSeen(ways=(way,))


def test_a_wrong_address_shows_at_the_first_look() -> None:
    verdict = proven(ORDERED, None, seen(1, local="10.77.1.11", device="eth0"))
    assert verdict == PathVerdict(
        fits=False, says="its memory leaves through eth0 (10.77.1.11), and not over network migration (10.77.2.11)"
    )


def test_one_stream_astray_is_enough() -> None:
    both = PathSeen(ways=(*seen(9 * MIB).ways, *seen(1, local="10.77.1.11", device="eth0").ways))
    assert proven(ORDERED, seen(), both).fits is False


def test_a_route_that_leads_through_another_device_than_the_one_with_the_address() -> None:
    verdict = proven(ORDERED, seen(home="eth1"), seen(50 * MIB, device="eth0", home="eth1"))
    assert verdict == PathVerdict(
        fits=False, says="its memory leaves through eth0 (10.77.2.11), and not over network migration (10.77.2.11)"
    )
    assert proven(ORDERED, None, seen(home="eth1")) == PathVerdict()


def test_one_look_proves_nothing_right() -> None:
    assert proven(ORDERED, None, seen(900 * MIB)) == PathVerdict()


def test_the_counter_of_the_device_proves_it() -> None:
    verdict = proven(ORDERED, seen(3 * MIB), seen(50 * MIB, counted=51 * MIB))
    assert verdict == PathVerdict(fits=True, says="its memory leaves through eth1, network migration")


def test_a_device_that_has_not_carried_it() -> None:
    verdict = proven(ORDERED, seen(3 * MIB, counted=0), seen(53 * MIB, counted=2 * MIB))
    assert verdict == PathVerdict(fits=False, says="its sockets have sent 50 MiB, of which eth1 has carried 2 MiB")


def test_a_copy_that_hardly_moves_proves_nothing() -> None:
    assert proven(ORDERED, seen(MIB), seen(2 * MIB - 1, counted=0)) == PathVerdict()


def test_another_address_of_the_same_network_fits() -> None:
    assert proven(ORDERED, seen(local="10.77.2.99"), seen(50 * MIB, local="10.77.2.99")).fits is True
    only_named = Expected(network="migration", address="10.77.2.11")
    assert proven(only_named, None, seen(local="10.77.2.99")).fits is False


def test_a_range_reached_through_a_router() -> None:
    wide = Expected(network="wan", ranges=("fd00:2::/64", "10.9.0.0/16"))
    assert wide.holds("10.9.3.4") and wide.holds("fd00:2::7") and not wide.holds("10.8.0.1")


def test_sockets_that_are_gone_or_new_between_two_looks() -> None:
    other = seen(50 * MIB, local="10.77.2.12")
    assert proven(ORDERED, seen(3 * MIB), other) == PathVerdict()


def test_nothing_to_compare_and_nothing_seen() -> None:
    assert not Expected(network="migration").comparable
    assert proven(Expected(network="migration"), None, seen(5, local="10.77.1.11")) == PathVerdict()
    assert proven(ORDERED, None, PathSeen()) == PathVerdict()
