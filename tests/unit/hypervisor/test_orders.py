"""The short commands: guarded before, honest after."""

from typing import Any, cast

import libvirt
import pytest

from orchestrator.hypervisor.orders import Short, carry_out
from orchestrator.model.command import Cancel, Resume, SetAutostart, Suspend, Undefine
from orchestrator.model.effect import Done, Effect, Refused, Unclear
from orchestrator.model.guest import GuestId
from tests.unit.hypervisor.fakes import FakeConnection, FakeDomain, error
from tests.unit.hypervisor.test_look import ON_SOURCE_ONLY
from tests.unit.hypervisor.test_statistics import RUNNING

G = GuestId("u-1")
NVRAM, TPM = libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM, 64


def do(order: Short, **fields: Any) -> tuple[Effect, list[tuple[object, ...]]]:
    domain = FakeDomain(**fields)
    return carry_out(cast(Any, FakeConnection(domain)), order), domain.done


@pytest.mark.parametrize(
    ("order", "done"),
    [
        (Suspend(guest=G), ("suspend",)),
        (Resume(guest=G), ("resume",)),
        (SetAutostart(guest=G, on=True), ("setAutostart", 1)),
        (SetAutostart(guest=G, on=False), ("setAutostart", 0)),
    ],
)
def test_done(order: Short, done: tuple[object, ...]) -> None:
    assert do(order) == (Done(), [done])


def test_cancel_takes_only_an_outgoing_migration() -> None:
    assert do(Cancel(guest=G), job=RUNNING) == (Done(), [("abortJob",)])
    for fields in ({"job": RUNNING | {"operation": 9}}, {}, {"fails": {"jobStats": ON_SOURCE_ONLY}}):
        effect, done = do(Cancel(guest=G), **fields)
        assert isinstance(effect, Refused) and not done, fields


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
    assert isinstance(carry_out(cast(Any, FakeConnection()), Suspend(guest=G)), Refused)


def test_libvirts_refusal_and_libvirts_silence_are_told_apart() -> None:
    invalid = error(libvirt.VIR_ERR_OPERATION_INVALID, "Requested operation is not valid: domain is not running")
    cut = error(libvirt.VIR_ERR_SYSTEM_ERROR, "Cannot recv data: Connection reset by peer", libvirt.VIR_FROM_RPC)
    assert isinstance(do(Suspend(guest=G), fails={"suspend": invalid})[0], Refused)
    assert isinstance(do(Suspend(guest=G), fails={"suspend": cut})[0], Unclear)
