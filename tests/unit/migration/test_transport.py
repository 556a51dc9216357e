"""The transport that is chosen for a guest, and the one question that must never be answered too kindly."""

from typing import Any

import pytest

from orchestrator.migration.transport import choose
from orchestrator.model.facts import PathAnswer, Unknown
from orchestrator.model.guest import Guest, Power
from orchestrator.model.offer import Offers
from orchestrator.model.policy import Policy
from orchestrator.model.sight import Sight
from orchestrator.model.transport import Transport
from orchestrator.model.units import BytesPerSecond, Milliseconds
from tests.unit.checks.builders import disk, guest, pair, settings

DECLARED = settings(shared_filesystems=("/srv/shared",))
NFS, STRANGE = "nfs", "overlayfs"


def chosen(moving: Guest, given=DECLARED, **pair_changes: Any) -> Transport:
    return choose(moving, given.hosts["kvm02"], given, pair(moving, **pair_changes), Offers(), "migration")


def paths(*answers: tuple[str, bool | None, str]) -> tuple[PathAnswer, ...]:
    return tuple(PathAnswer(path=p, exists=True, shared=s, filesystem=f) for p, s, f in answers)


def test_an_ordinary_guest() -> None:
    transport = chosen(guest())
    assert (transport.network, transport.address) == ("migration", "10.0.2.2")
    assert (transport.persistent, transport.paused, transport.sharing_proven) == (True, False, False)
    assert (transport.downtime_limit_ms, transport.bandwidth_bytes_per_second) == (300, None)
    assert transport.because == (
        "10.0.2.2 is the address of kvm02 on the migration network migration",
        "the definition moves along and leaves the source",
        "the policy default allows a pause of 500ms",
        "the policy default sets no bandwidth, so the network does",
    )


def test_a_transient_paused_guest_under_a_strict_policy() -> None:
    strict = Policy(name="strict", downtime_budget=Milliseconds(50), bandwidth=BytesPerSecond.parse("400Mbit"))
    transport = chosen(guest(power=Power.PAUSED, persistent=False), settings(policy=strict))
    assert (transport.persistent, transport.paused) == (False, True)
    assert (transport.downtime_limit_ms, transport.bandwidth_bytes_per_second) == (1, 50_000_000)
    assert "the guest is transient and stays so" in transport.because
    assert "the guest is paused and arrives paused" in transport.because
    assert any("caps each move" in sentence for sentence in transport.because)


A, B = "/srv/shared/a.img", "/srv/shared/b.img"
ON_NAS = Sight(inode=7, exports=frozenset({"nas:/export"}))
TWO = guest(disks=(disk(A), disk(B, target="vdb")))


@pytest.mark.parametrize(
    ("moving", "answers", "proven"),
    [
        pytest.param(TWO, paths((A, True, NFS), (B, True, NFS)), False, id="libvirt sees for itself"),
        pytest.param(TWO, paths((A, True, STRANGE), (B, True, STRANGE)), True, id="both proven and declared"),
        pytest.param(TWO, paths((A, True, STRANGE), (B, True, NFS)), True, id="one needs the proof, both have it"),
        pytest.param(TWO, paths((A, True, STRANGE), (B, None, NFS)), False, id="the other one is not proven"),
        pytest.param(TWO, paths((A, True, STRANGE), (B, False, STRANGE)), False, id="one is another file"),
        pytest.param(TWO, paths((A, True, STRANGE)), False, id="one was not asked for"),
        pytest.param(TWO, Unknown(why="no shell"), False, id="nothing was asked"),
        pytest.param(
            guest(disks=(disk("/srv/local/a.img"),)),
            paths(("/srv/local/a.img", True, STRANGE)),
            False,
            id="not declared",
        ),
        pytest.param(
            guest(disks=(disk(A), disk("pool/b", kind="volume"))),
            paths((A, True, STRANGE)),
            False,
            id="a disk in a pool still needs libvirt's test",
        ),
        pytest.param(
            guest(disks=(disk(A), disk("pool/b", kind="volume", pool="pool", path=B))),
            paths((A, True, STRANGE), (B, True, NFS)),
            True,
            id="a disk in a pool whose path is known and proven",
        ),
        pytest.param(
            guest(disks=(disk(A), disk("pool/b", kind="volume", pool="pool", path=B))),
            paths((A, True, STRANGE), (B, False, NFS)),
            False,
            id="a disk in a pool that is another there",
        ),
        pytest.param(
            guest(disks=(disk(A), disk(B, target="vdb"))),
            (*paths((A, True, STRANGE)), PathAnswer(path=B, exists=True, filesystem=NFS, here=ON_NAS, there=ON_NAS)),
            True,
            id="one is proven by its server",
        ),
        pytest.param(
            guest(disks=(disk(A), disk("/dev/lun", kind="block"), disk("rbd:b", kind="network"))),
            paths((A, True, STRANGE)),
            True,
            id="block and network disks are outside of libvirt's test",
        ),
        pytest.param(
            guest(disks=(disk(A, read_only=True), disk("/iso/x.iso", device="cdrom"), disk(None, device="cdrom"))),
            paths((A, None, STRANGE), ("/iso/x.iso", None, STRANGE)),
            False,
            id="nothing is written",
        ),
    ],
)
def test_libvirts_own_test_is_switched_off_only_with_proof_for_all(moving, answers, proven: bool) -> None:
    transport = chosen(moving, paths=answers)
    assert transport.sharing_proven is proven
    assert any("overlayfs" in sentence and "switched off" in sentence for sentence in transport.because) is proven
