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
from orchestrator.model.transport import Method, Mode
from tests.unit.hypervisor.fakes import FakeConnection, FakeDomain, error
from tests.unit.hypervisor.test_flags import order, recovery

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

    def for_arrival(self, within: float) -> Any:
        return self.for_move(within)


def moves(lines: OneLine, there: OneLine | None = None) -> tuple[Moves, list[GuestId]]:
    told: list[GuestId] = []

    def others(host: HostName) -> HostConnections:
        assert there is not None, host
        return cast(HostConnections, there)

    return Moves(cast(HostConnections, lines), others, told.append), told


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
    domain = FakeDomain()

    def fail() -> None:
        domain.state_now = (1, 1) if active else (5, 3)
        raise raised

    domain.migrating = fail
    made, _ = moves(OneLine(domain))
    assert made.begin(order(), within=1) == Done()
    assert isinstance(ended(made), kind)


@pytest.mark.parametrize(
    ("raised", "alive", "cut"),
    [
        (error(38, "Cannot recv data: Connection reset by peer", 7), False, True),
        (error(38, "unable to connect to server at 'kvm02:16514'", 7), True, False),
        (error(9, "operation failed: job 'migration out' failed"), False, False),
    ],
    ids=["the connection to the source broke", "the source's daemon tells of its own", "the daemon has answered"],
)
def test_a_call_that_was_cut_off_is_told_from_one_that_was_answered(
    raised: libvirt.libvirtError, alive: bool, cut: bool
) -> None:
    domain = FakeDomain()
    lines = OneLine(domain)

    def fail() -> None:
        lines.connection.alive = alive
        raise raised

    domain.migrating = fail
    made, _ = moves(lines)
    assert made.begin(order(), within=1) == Done()
    effect = ended(made)
    assert isinstance(effect, Unclear)
    assert effect.cut is cut


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


def test_driven_from_here_over_a_connection_to_the_destination() -> None:
    domain, there = FakeDomain(), OneLine(None)
    made, _ = moves(OneLine(domain), there)
    assert made.begin(order(control="direct"), within=1) == Done()
    assert ended(made) == Done()
    (call,) = [step for step in domain.done if step[0].startswith("migrate3")]  # type: ignore[attr-defined]
    assert call[1] is there.connection and call[3] == libvirt.VIR_MIGRATE_LIVE
    assert there.connection.closed.wait(1), "nobody else uses it"


@pytest.mark.parametrize(
    ("opens", "code"),
    [(error(38, "Permission denied (publickey)", 7), "host.credentials"), (NoAnswerError(), "host.unreachable")],
)
def test_a_destination_that_cannot_be_reached_from_here(opens: Exception, code: str) -> None:
    lines = OneLine(FakeDomain())
    made, _ = moves(lines, OneLine(None, opens=opens))
    effect = made.begin(order(control="direct"), within=1)
    assert isinstance(effect, Refused) and effect.code == code
    assert call_of(made) == NotOurs() and lines.returned.wait(1)


def test_a_broken_post_copy_is_taken_up_again_after_the_first_call_has_returned() -> None:
    broken = error(9, "operation failed: job 'migration out' failed in post-copy phase")
    domain = FakeDomain(fails={"migrateToURI3": broken})
    made, _ = moves(OneLine(domain))
    made.begin(order(postcopy=True), within=1)
    assert isinstance(ended(made), Unclear)
    domain.fails, domain.done, domain.state_now = {}, [], (3, 13)
    assert made.begin(recovery(postcopy=True), within=1) == Done()
    assert ended(made) == Done()
    ((name, _uri, params, flags),) = domain.done
    assert name == "migrateToURI3" and set(cast(Any, params)) == {"migrate_uri", "bandwidth.postcopy"}
    assert cast(int, flags) & libvirt.VIR_MIGRATE_POSTCOPY_RESUME


def test_what_a_host_does_not_know_is_told_from_other_refusals() -> None:
    unknown = error(74, "argument unsupported: parameter 'compression.zstd.level' not supported")
    made, _ = moves(OneLine(FakeDomain(fails={"migrateToURI3": unknown})))
    made.begin(order(), within=1)
    effect = ended(made)
    assert isinstance(effect, Refused) and effect.unsupported


@pytest.mark.parametrize(
    ("changes", "state"), [({"mode": Mode.OFFLINE}, (1, 1)), ({"mode": Mode.COLD}, (3, 1)), ({}, (5, 1))]
)
def test_a_guest_that_is_not_as_the_move_wants_it(changes: dict[str, Any], state: tuple[int, int]) -> None:
    domain = FakeDomain(state_now=state)
    made, _ = moves(OneLine(domain))
    assert isinstance(made.begin(order(**changes), within=1), Refused)
    assert not domain.done and call_of(made) == NotOurs()


def test_a_definition_moves_without_a_downtime_limit() -> None:
    domain = FakeDomain(state_now=(5, 1))
    made, _ = moves(OneLine(domain))
    assert made.begin(order(mode=Mode.OFFLINE, persistent=True), within=1) == Done()
    assert ended(made) == Done()
    assert [step[0] for step in domain.done] == ["migrateToURI3"]


@pytest.mark.parametrize(
    ("limit", "needed", "refused"),
    [("", None, True), ("", 1024, True), ("1", 1025, True), ("1", 1024, False), ("1", None, False)],
)
def test_rdma_needs_a_hard_memory_limit(limit: str, needed: int | None, refused: bool) -> None:
    memtune = f"<memtune><hard_limit unit='KiB'>{limit}</hard_limit></memtune>" if limit else ""
    made, _ = moves(OneLine(FakeDomain(xml=f"<domain>{memtune}</domain>")))
    effect = made.begin(order(method=Method.RDMA, memory_limit_bytes=needed), within=1)
    assert isinstance(effect, Refused) is refused
    if isinstance(effect, Refused):
        assert "hard memory limit" in effect.why and not effect.unsupported
