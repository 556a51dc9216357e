"""The lab as a fixture, and the rule every test against it obeys: each guest exists exactly once afterwards."""

import os
from collections.abc import Iterator

import pytest

from tests.lab import place, topology
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.postgres import Postgres
from tests.lab.protocol import Lab

_OPT_OUT = "guests_may_differ"


def pytest_configure(config: pytest.Config) -> None:
    text = f"{_OPT_OUT}(reason): this test ends with a guest lost, doubled or defined twice, on purpose"
    config.addinivalue_line("markers", text)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab named by FERRY_LAB_NAME (`test` when unset), one for each worker. One that is up is used, and left up."""
    if os.geteuid():
        pytest.skip("the lab needs root; the rest runs without it: ./lab test --without-lab")
    made = NamespaceLab(place.place_of(place.name_for_tests()), topology.read())
    found = made.is_up()
    if not found:
        made.up()
    yield made
    if not found:
        made.down()


@pytest.fixture(scope="session")
def _server(lab: NamespaceLab) -> Iterator[Postgres]:
    server = Postgres(lab)
    server.create()
    yield server
    server.remove()


@pytest.fixture
def postgres(_server: Postgres) -> Postgres:
    """The lab's PostgreSQL with an empty database `ferry`; it answers, whatever the test before did to it."""
    _server.start()
    _server.create_database("ferry")
    return _server


@pytest.fixture(autouse=True)
def each_guest_exactly_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test with the lab: mends what it broke, looks for every guest on every host, removes its guests."""
    if "lab" not in request.fixturenames:
        yield
        return
    lab: Lab = request.getfixturevalue("lab")
    stayed = {guest.name for seen in lab.guests_everywhere().values() for guest in seen}  # guests of nobody here
    yield
    lab.mend()
    wrong = _wrong(lab, stayed)
    seen = {guest.name for guests in lab.guests_everywhere().values() for guest in guests}
    for name in (seen | set(lab.started_guests())) - stayed:
        lab.destroy_guest(name)
    if request.node.get_closest_marker(_OPT_OUT) is None:
        assert not wrong, "; ".join(wrong)


def _wrong(lab: Lab, stayed: set[str]) -> list[str]:
    places: dict[tuple[str, str], list[str]] = {}
    for host, guests in lab.guests_everywhere().items():
        for guest in guests:
            places.setdefault((guest.name, guest.uuid), []).append(f"{host} ({guest.state})")
    doubled = [f"{name} is on {' and '.join(where)}" for (name, _), where in places.items() if len(where) > 1]
    lost = set(lab.started_guests()) - {name for name, _ in places} - stayed
    return [*doubled, *(f"{name} is nowhere" for name in sorted(lost))]
