"""Measuring a network on purpose: what is asked wrongly, what is kept, and what is said of it later."""

from dataclasses import replace

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.network import Network, Role
from orchestrator.model.network_test import NetworkTest
from orchestrator.operations.doors import Doors
from orchestrator.operations.network_test import kept, measure
from orchestrator.ports import Store
from orchestrator.simulator.pump import SimPump
from tests.scenarios.simulated import MIB, A, B, Bench


def doors_of(bench: Bench) -> Doors:
    doors = bench.doors()
    entries = {
        host: HostEntry(name=host, uri="", peer_uri="", ssh="", addresses={"migration": f"10.77.2.{number}"})
        for number, host in enumerate(bench.hosts, start=11)
    }
    entries[A] = replace(entries[A], addresses={**entries[A].addresses, "storage": "10.77.3.11"})
    migration = Network(name="migration", cidr="10.77.2.0/24", roles=frozenset({Role.MIGRATION}))
    given = replace(doors.settings, hosts=entries, networks={"migration": migration})
    return replace(doors, settings=given, pump=lambda: SimPump(bench.world))


def test_a_test_is_kept_and_grows_old() -> None:
    bench = Bench(rate=60.0 * MIB)
    doors = doors_of(bench)
    tested = measure(doors, A, B, None, streams=4, seconds=5)
    assert tested.test.bytes_per_second == {1: 60 * MIB, 4: 60 * MIB} and tested.age_seconds == 0
    bench.pass_time(3600)
    (found,) = kept(doors)
    assert found.test == tested.test and found.age_seconds == 3600


def test_beside_a_copy_only_what_is_left() -> None:
    bench = Bench(rate=60.0 * MIB)
    doors = doors_of(bench)
    move = bench.move(bench.guest(1, memory=4096 * MIB))
    bench.world.begin(move.guest, A, B, move.transport)
    bench.pass_time(5)
    tested = measure(doors, A, B, "migration", streams=1, seconds=1)
    assert tested.test.bytes_per_second == {1: 30 * MIB}


@pytest.mark.parametrize(
    ("source", "destination", "network", "code"),
    [
        (A, HostName("kvm99"), None, "usage.unknown-host"),
        (A, A, None, "usage.same-host"),
        (A, B, "wan", "usage.unknown-network"),
        (A, B, "storage", "usage.unknown-network"),
    ],
)
def test_what_is_asked_wrongly(source: HostName, destination: HostName, network: str | None, code: str) -> None:
    bench = Bench()
    with pytest.raises(OrchestratorError) as raised:
        measure(doors_of(bench), source, destination, network)
    assert [problem.code for problem in raised.value.problems] == [code] and not bench.store.network_tests()


def test_a_host_that_is_down_is_the_answer_and_nothing_is_kept() -> None:
    bench = Bench()
    bench.world.machines[B].down = True
    with pytest.raises(OrchestratorError) as raised:
        measure(doors_of(bench), A, B, None)
    assert raised.value.problems[0].code == "host.unreachable" and not bench.store.network_tests()


def test_without_hosts_that_answer() -> None:
    with pytest.raises(OrchestratorError) as raised:
        measure(replace(doors_of(Bench()), pump=None), A, B, None)
    assert raised.value.problems[0].code == "usage.saved-facts"


def test_a_store_that_is_away_costs_the_record_only(caplog: pytest.LogCaptureFixture) -> None:
    def away() -> Store:
        raise OrchestratorError.of("store.unavailable", "it is locked")

    tested = measure(replace(doors_of(Bench()), store=away), A, B, None)
    assert isinstance(tested.test, NetworkTest) and "not kept" in caplog.text
