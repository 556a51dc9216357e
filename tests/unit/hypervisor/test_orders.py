"""The short commands: guarded before, honest after."""

import json
from typing import Any, cast

import libvirt
import libvirt_qemu
import pytest

from orchestrator.hypervisor.flags import UNLIMITED_MIB
from orchestrator.hypervisor.issuing import Issuing
from orchestrator.hypervisor.orders import carry_out
from orchestrator.model.command import (
    Announce,
    Cancel,
    Discard,
    PausePostCopy,
    Resume,
    SetAutostart,
    SetBandwidth,
    SetDowntimeLimit,
    Short,
    ShutDown,
    Start,
    StartHeld,
    StartPostCopy,
    Suspend,
    SyncTime,
    Undefine,
)
from orchestrator.model.effect import Done, Effect, Refused, Unclear
from orchestrator.model.guest import GuestId
from tests.unit.hypervisor.fakes import FakeConnection, FakeDomain, error
from tests.unit.hypervisor.test_look import ON_SOURCE_ONLY
from tests.unit.hypervisor.test_statistics import RUNNING

G = GuestId("u-1")
MIB = 2**20
NVRAM, TPM = libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM, 64


def do(order: Short, **fields: Any) -> tuple[Effect, list[tuple[object, ...]]]:
    domain = FakeDomain(**fields)
    return carry_out(cast(Any, FakeConnection(domain)), order, Issuing(10.0)), domain.done


@pytest.mark.parametrize(
    ("order", "done"),
    [
        (Suspend(guest=G), ("suspend",)),
        (Resume(guest=G), ("resume",)),
        (StartHeld(guest=G), ("resume",)),
        (SyncTime(guest=G), ("setTime", {"seconds": 0, "nseconds": 0}, libvirt.VIR_DOMAIN_TIME_SYNC)),
        # by the agent, and by ACPI where that does not help
        (ShutDown(guest=G), ("shutdownFlags", 1 | 2)),
        (SetAutostart(guest=G, on=True), ("setAutostart", 1)),
        (SetAutostart(guest=G, on=False), ("setAutostart", 0)),
    ],
)
def test_done(order: Short, done: tuple[object, ...]) -> None:
    assert do(order) == (Done(), [done])


OUTGOING: list[tuple[Short, tuple[object, ...]]] = [
    (Cancel(guest=G), ("abortJob",)),
    (SetBandwidth(guest=G, bytes_per_second=50 * MIB), ("migrateSetMaxSpeed", 50, 0)),
    (SetBandwidth(guest=G, bytes_per_second=1), ("migrateSetMaxSpeed", 1, 0)),
    (SetBandwidth(guest=G, bytes_per_second=None), ("migrateSetMaxSpeed", UNLIMITED_MIB, 0)),
    (SetBandwidth(guest=G, bytes_per_second=7 * MIB, postcopy=True), ("migrateSetMaxSpeed", 7, 1)),
    (SetBandwidth(guest=G, bytes_per_second=None, postcopy=True), ("migrateSetMaxSpeed", 0, 1)),
    (SetDowntimeLimit(guest=G, limit_ms=70), ("migrateSetMaxDowntime", 70)),
    (StartPostCopy(guest=G), ("migrateStartPostCopy", 0)),
    (PausePostCopy(guest=G), ("abortJobFlags", libvirt.VIR_DOMAIN_ABORT_JOB_POSTCOPY)),
]


@pytest.mark.parametrize(("order", "done"), OUTGOING)
def test_what_is_for_an_outgoing_migration_touches_nothing_else(order: Short, done: tuple[object, ...]) -> None:
    assert do(order, job=RUNNING) == (Done(), [done])
    for fields in ({"job": RUNNING | {"operation": 9}}, {}, {"fails": {"jobStats": ON_SOURCE_ONLY}}):
        effect, did = do(order, **fields)
        assert isinstance(effect, Refused) and not did, fields


def test_a_guest_is_paused_also_while_it_is_copied() -> None:
    assert do(Suspend(guest=G), job=RUNNING) == (Done(), [("suspend",)])


PAUSED, TORN_HERE, TORN_THERE = {"state_now": (3, 1)}, {"state_now": (3, 13)}, {"state_now": (1, 11)}
BUSY, ARRIVING = {"state_now": (3, 2), "job": RUNNING}, {"state_now": (3, 1), "fails": {"jobStats": ON_SOURCE_ONLY}}
SERVING, OFF = {"state_now": (3, 12), "job": RUNNING}, {"state_now": (5, 1)}


@pytest.mark.parametrize("order", [Resume(guest=G), StartHeld(guest=G)])
@pytest.mark.parametrize("fields", [TORN_HERE, TORN_THERE, SERVING, BUSY, ARRIVING, OFF])
def test_what_is_not_let_go_on(order: Short, fields: dict[str, Any]) -> None:
    effect, did = do(order, **fields)
    assert isinstance(effect, Refused) and not did
    assert do(order, **PAUSED) == (Done(), [("resume",)])


@pytest.mark.parametrize("fields", [{}, TORN_HERE, TORN_THERE, SERVING, BUSY, ARRIVING, OFF])
def test_only_a_copy_that_stands_paused_for_itself_is_discarded(fields: dict[str, Any]) -> None:
    effect, did = do(Discard(guest=G), **fields)
    assert isinstance(effect, Refused) and not did
    assert do(Discard(guest=G), **PAUSED) == (Done(), [("destroy",)])


@pytest.mark.parametrize("fields", [BUSY, ARRIVING])
def test_a_guest_that_is_moving_is_not_shut_down(fields: dict[str, Any]) -> None:
    effect, did = do(ShutDown(guest=G), **fields)
    assert isinstance(effect, Refused) and not did


def test_a_guest_is_started_once() -> None:
    assert do(Start(guest=G), **OFF) == (Done(), [("create",)])
    effect, did = do(Start(guest=G))
    assert isinstance(effect, Refused) and not did


def test_announcing_asks_qemu(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(libvirt_qemu, "qemuMonitorCommand", lambda _guest, text, _flags: asked.append(json.loads(text)))
    assert do(Announce(guest=G)) == (Done(), [])
    assert asked == [{"execute": "announce-self", "arguments": {"initial": 50, "max": 550, "rounds": 5, "step": 100}}]


def test_undefine_leaves_an_active_guest_alone() -> None:
    effect, done = do(Undefine(guest=G))
    assert isinstance(effect, Refused) and not done


@pytest.mark.parametrize(
    ("xml", "flags"),
    [
        ("<domain><os/></domain>", 0),
        ("<domain><os><nvram>/x</nvram></os></domain>", NVRAM),
        ("<domain><os/><devices><tpm><backend type='emulator'/></tpm></devices></domain>", TPM),
    ],
)
def test_undefine_keeps_firmware_variables_and_tpm_state(xml: str, flags: int) -> None:
    assert do(Undefine(guest=G), state_now=(5, 4), xml=xml) == (Done(), [("undefineFlags", flags)])


def test_an_absent_guest_is_a_refusal() -> None:
    assert isinstance(carry_out(cast(Any, FakeConnection()), Suspend(guest=G), Issuing(10.0)), Refused)


def test_libvirts_refusal_and_libvirts_silence_are_told_apart() -> None:
    invalid = error(libvirt.VIR_ERR_OPERATION_INVALID, "Requested operation is not valid: domain is not running")
    cut = error(libvirt.VIR_ERR_SYSTEM_ERROR, "Cannot recv data: Connection reset by peer", libvirt.VIR_FROM_RPC)
    assert isinstance(do(Suspend(guest=G), fails={"suspend": invalid})[0], Refused)
    assert isinstance(do(Suspend(guest=G), fails={"suspend": cut})[0], Unclear)


EVERY: tuple[tuple[Short, dict[str, Any]], ...] = (
    (Suspend(guest=G), {}),
    (Discard(guest=G), PAUSED),
    (StartHeld(guest=G), PAUSED),
    (Start(guest=G), OFF),
    (ShutDown(guest=G), {}),
    (SetAutostart(guest=G, on=True), {}),
    (Undefine(guest=G), {"state_now": (5, 4), "xml": "<domain><os/></domain>"}),
    *((order, {"job": RUNNING}) for order, _ in OUTGOING),
)


@pytest.mark.parametrize(("order", "fields"), EVERY, ids=lambda value: getattr(value, "kind", ""))
def test_nothing_is_ordered_once_its_time_is_over(order: Short, fields: dict[str, Any]) -> None:
    domain, late = FakeDomain(**fields), Issuing(-0.001)
    effect = carry_out(cast(Any, FakeConnection(domain)), order, late)
    assert effect == Refused(why="not ordered: libvirt did not answer in time", code="host.unreachable")
    assert not domain.done
