"""The long call: issued once, watched, never issued late."""

import threading
import time
from typing import Any, cast

import libvirt
import pytest

from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.line import NoAnswerError
from orchestrator.hypervisor.moves import Moves
from orchestrator.model.effect import Done, Effect, Refused, Unclear
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.sighting import Call, InFlight, NotOurs, Returned
from tests.unit.hypervisor.fakes import FakeConnection, FakeDomain, error
from tests.unit.hypervisor.test_flags import order

G = GuestId("g")


class OneLine:
    """The connections of a host that has one for moves, or a reason why not."""

    entry = HostEntry(name=HostName("kvm01"), uri="qemu+ssh://kvm01/system", peer_uri="", ssh="")

    def __init__(self, domain: FakeDomain | None, *, opens: Exception | threading.Event | None = None) -> None:
        self.connection = FakeConnection(domain)
        self.opens = opens
        self.returned = threading.Event()

    def for_move(self, _within: float) -> Any:
        if isinstance(self.opens, Exception):
            raise self.opens
        if self.opens is not None:
            self.opens.wait(10)
        return self.connection

    def give_back(self, _connection: Any) -> None:
        self.returned.set()


def moves(lines: OneLine) -> tuple[Moves, list[GuestId]]:
    told: list[GuestId] = []
    return Moves(cast(HostConnections, lines), told.append), told


def ended(made: Moves) -> Effect:
    for _ in range(200):
        call = made.call(G)
        if isinstance(call, Returned):
            return call.effect
        time.sleep(0.01)
    raise AssertionError("the call has not returned")


def call_of(made: Moves) -> Call:
    return made.call(G)


def test_from_not_ours_over_in_flight_to_returned() -> None:
    gate = threading.Event()
    domain = FakeDomain(migrating=lambda: gate.wait(10))
    lines = OneLine(domain)
    made, told = moves(lines)
    assert call_of(made) == NotOurs()
    assert made.begin(order(), within=1) == Done()
    assert call_of(made) == InFlight()
    assert isinstance(made.begin(order(), within=1), Refused), "one at a time"
    gate.set()
    assert ended(made) == Done()
    assert lines.returned.wait(1) and told == [G]
    assert [step[0] for step in domain.done] == ["migrateSetMaxDowntime", "migrateToURI3"]
    assert domain.done[0][1] == 300


@pytest.mark.parametrize(
    ("raised", "active", "kind"),
    [
        (error(81, "Unsafe migration: Migration without shared storage is unsafe"), True, Refused),
        (error(55, "domain is not running"), False, Unclear),
        (error(38, "Cannot recv data: Connection reset by peer", 7), True, Unclear),
        (error(1, "internal error: client socket is closed", 7), True, Unclear),
    ],
)
def test_how_libvirts_errors_end_a_move(raised: libvirt.libvirtError, active: bool, kind: type[Effect]) -> None:
    domain = FakeDomain(fails={"migrateToURI3": raised}, state_now=(1, 1) if active else (5, 3))
    made, _ = moves(OneLine(domain))
    assert made.begin(order(), within=1) == Done()
    assert isinstance(ended(made), kind)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (OneLine(None), "migration.refused"),
        (OneLine(FakeDomain(fails={"migrateSetMaxDowntime": error(55, "no")})), "migration.refused"),
        (OneLine(FakeDomain(), opens=error(38, "Permission denied (publickey)", 7)), "host.credentials"),
        (OneLine(FakeDomain(), opens=NoAnswerError()), "host.unreachable"),
    ],
)
def test_what_fails_before_the_call_is_refused_and_leaves_no_trace(lines: OneLine, code: str) -> None:
    made, _ = moves(lines)
    effect = made.begin(order(), within=1)
    assert isinstance(effect, Refused) and effect.code == code
    assert call_of(made) == NotOurs()


def test_a_call_that_could_not_be_issued_in_time_is_never_issued() -> None:
    gate, domain = threading.Event(), FakeDomain()
    lines = OneLine(domain, opens=gate)
    made, _ = moves(lines)
    effect = made.begin(order(), within=0.1)
    assert isinstance(effect, Refused) and effect.code == "host.unreachable"
    gate.set()
    assert lines.returned.wait(1)
    assert "migrateToURI3" not in [step[0] for step in domain.done]
    assert call_of(made) == NotOurs()
