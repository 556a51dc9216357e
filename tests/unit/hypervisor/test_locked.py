"""What needs a guest's lock: asked of guests that answer at once, and Unknown of one that hangs, and of no other."""

import time
from typing import Any

import libvirt
import libvirt_qemu
import pytest

from orchestrator.hypervisor import locked
from orchestrator.model.facts import NOT_ASKED, HostFacts, Unknown
from orchestrator.model.guest import Guest, Power
from tests.unit.hypervisor.fake_host import UNSUPPORTED, FakeHost, inventory
from tests.unit.hypervisor.fakes import FakeDomain, error
from tests.unit.hypervisor.test_statistics import RUNNING as LEAVING

XML = (
    "<domain type='kvm'><devices>"
    "<disk type='file' device='disk'><source file='/a'/><target dev='vda'/></disk>"
    "<disk type='file' device='disk'><source file='/b'/><target dev='vdb'/></disk>"
    "<disk type='file' device='cdrom'><source file='/c'/><target dev='sda'/></disk>"
    "<disk type='file' device='disk'><target dev='vdc'/></disk>"
    "</devices></domain>"
)
PAUSED = (3, 1)
NEEDS_THE_LOCK = {"jobStats", "blockJobInfo", "diskErrors"}
LOST = error(libvirt.VIR_ERR_INTERNAL_ERROR, "client socket is closed", libvirt.VIR_FROM_RPC)
GONE = error(libvirt.VIR_ERR_NO_DOMAIN, "Domain not found")
LOCKED = error(libvirt.VIR_ERR_OPERATION_TIMEOUT, "cannot acquire state change lock (held by monitor=x)")
ON_SOURCE_ONLY = error(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, "only on the source host")


def domain(number: int = 1, **fields: Any) -> FakeDomain:
    return FakeDomain(**{"xml": XML, "uuid": f"u-{number}"} | fields)


def read(*domains: FakeDomain, ask_qemu: tuple[str, ...] = (), alive: bool = True) -> tuple[Guest, ...]:
    said = inventory(FakeHost(*domains, alive=alive)).read(frozenset(), within=30, ask_qemu=ask_qemu)
    assert isinstance(said, HostFacts), said
    return said.guests


def one(ask_qemu: tuple[str, ...] = (), **fields: Any) -> Guest:
    (found,) = read(domain(**fields), ask_qemu=ask_qemu)
    return found


def test_jobs_on_disks_by_kind() -> None:
    said = one(disk_jobs={"vda": {"type": 2, "cur": 1, "end": 9}, "vdb": {"type": 77}, "sda": {"type": 1}})
    assert said.kept.block_jobs == {"vda": "copy", "vdb": "unknown"}
    assert said.unread is None and one().kept.block_jobs == {}


def test_errors_of_a_paused_guest() -> None:
    assert one(state_now=PAUSED, disk_errors={"vda": 2, "vdb": 9}).kept.disk_errors == {
        "vda": "no space",
        "vdb": "unspecified error",
    }
    running = domain(disk_errors={"vda": 2})
    (said,) = read(running)
    assert said.kept.disk_errors == {} and "diskErrors" not in running.asked, "QEMU holds a guest that has one"


@pytest.mark.parametrize(
    ("fields", "power", "job"),
    [
        ({"job": LEAVING}, Power.RUNNING, "outgoing migration"),
        ({"job": LEAVING, "state_now": PAUSED}, Power.PAUSED, "outgoing migration"),
        ({"state_now": PAUSED, "fails": {"jobStats": ON_SOURCE_ONLY}}, Power.INCOMING, "incoming migration"),
        ({"fails": {"jobStats": ON_SOURCE_ONLY}}, Power.RUNNING, "incoming migration"),
    ],
)
def test_nothing_that_would_wait_for_a_job(
    fields: dict[str, Any], power: Power, job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libvirt_qemu, "qemuMonitorCommand", lambda *_arguments: pytest.fail("the monitor was asked"))
    given = domain(disk_jobs={"vda": {"type": 1}}, disk_errors={"vda": 1}, **fields)
    (said,) = read(given, ask_qemu=("*",))
    assert (said.power, said.active_job, said.unread) == (power, job, None)
    assert set(given.asked) & NEEDS_THE_LOCK == {"jobStats"}
    assert (said.kept.block_jobs, said.kept.disk_errors, said.kept.blocked_reasons) == ({}, {}, None)


def test_a_guest_that_is_shut_off_is_asked_nothing() -> None:
    given = domain(state_now=(5, 1))
    read(given)
    assert not set(given.asked) & NEEDS_THE_LOCK


def test_qemu_is_asked_only_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(
        [
            '{"return": {"blocked-reasons": ["VFIO device", "9p"]}, "id": "libvirt-1"}',
            '{"return": {}, "id": "libvirt-412"}',  # as QEMU 7.2 answers where nothing is in the way
        ]
    )
    commands: list[str] = []

    def answer(_domain: object, command: str, _flags: int) -> str:
        commands.append(command)
        return next(answers)

    monkeypatch.setattr(libvirt_qemu, "qemuMonitorCommand", answer)
    assert one().kept.blocked_reasons is None and commands == []
    assert one(ask_qemu=("*",)).kept.blocked_reasons == ("VFIO device", "9p")
    assert one(ask_qemu=("*",)).kept.blocked_reasons == ()
    assert commands == ['{"execute": "query-migrate"}'] * 2


def test_one_question_refused_leaves_the_others() -> None:
    refused = error(libvirt.VIR_ERR_OPERATION_INVALID, "not now")
    said = one(state_now=PAUSED, fails={"blockJobInfo": refused, "diskErrors": refused})
    assert said.unread is None
    for words in (said.kept.block_jobs, said.kept.disk_errors):
        assert set(words) == {"vda", "vdb"}
        assert all(isinstance(word, Unknown) and "not now" in word.why for word in words.values())
    without = one(state_now=PAUSED, fails={"blockJobInfo": UNSUPPORTED, "diskErrors": UNSUPPORTED})
    assert (without.kept.block_jobs, without.kept.disk_errors) == ({}, {})


def test_a_lock_that_is_not_to_be_had_leaves_that_guest_unread() -> None:
    first, second = read(domain(1, fails={"jobStats": LOCKED}), domain(2))
    assert first.unread is not None and "state change lock" in first.unread.why
    assert isinstance(first.kept.block_jobs["vda"], Unknown) and first.hardware == second.hardware
    assert second.unread is None and second.kept.block_jobs == {}


def test_a_guest_that_goes_away_is_left_out() -> None:
    assert [guest.uuid for guest in read(domain(1, fails={"jobStats": GONE}), domain(2))] == ["u-2"]


@pytest.mark.parametrize("hangs", ["jobStats", "blockJobInfo", "diskErrors"])
def test_a_guest_that_hangs_is_unknown_and_no_other(hangs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locked, "_PATIENCE", 0.3)
    hung = domain(0, state_now=PAUSED, hangs=hangs)
    said = read(hung, *(domain(number) for number in range(1, 12)), ask_qemu=())
    hung.freed.set()
    assert len(said) == 12
    (silent,) = [guest for guest in said if guest.unread is not None]
    assert silent.uuid == "u-0" and silent.unread is not None and "hang" in silent.unread.why
    assert silent.disks, "its definition was read"
    assert all(isinstance(word, Unknown) for word in silent.kept.block_jobs.values()) and silent.kept.block_jobs
    assert all(isinstance(word, Unknown) for word in silent.kept.disk_errors.values()) and silent.kept.disk_errors


def test_a_guest_that_hangs_did_not_tell_what_blocks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locked, "_PATIENCE", 0.1)
    hung = domain(hangs="jobStats")
    (said,) = read(hung, ask_qemu=("*",))
    hung.freed.set()
    assert isinstance(said.kept.blocked_reasons, Unknown)


def test_no_time_left_is_no_answer() -> None:
    host = FakeHost(domain())
    (ordinary,) = read(domain())
    connections: Any = inventory(host)._connections
    (said,) = locked.complete(connections, (ordinary,), ask_qemu=(), until=time.monotonic() - 1)
    assert said.unread is not None and "no time" in said.unread.why and said.unread != NOT_ASKED
    assert host.asked_of_guests == []


def test_a_connection_lost_meanwhile_leaves_all_of_them_unread() -> None:
    said = read(domain(1, fails={"jobStats": LOST}), domain(2, fails={"jobStats": LOST}), alive=False)
    assert [guest.unread is not None and "socket is closed" in guest.unread.why for guest in said] == [True, True]


def test_only_the_guests_that_are_meant_are_asked_and_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locked.typed, "ask_monitor", lambda _domain, _word: '{"return": {}}')
    first, second = domain(1), domain(2)
    (one_guest, other) = read(first, second, ask_qemu=(first.UUIDString(),))
    asked = {guest.uuid: guest.kept.blocked_reasons is not None for guest in (one_guest, other)}
    assert asked == {first.UUIDString(): True, second.UUIDString(): False}
