"""What is left over is told with its proof; only what is proven dead can be cleaned, and nothing live ever."""

from datetime import date
from typing import Any, NamedTuple

import pytest

from orchestrator.model.command import RemoveToken, SetAside
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.finding import Remedy, Scope, Severity
from orchestrator.model.guest import Power
from orchestrator.model.hardware import Hardware
from orchestrator.model.host import HostName
from orchestrator.model.leftovers import Leftovers, PoolFile, Token, TpmDirectory
from orchestrator.planning.copies import doubtful
from orchestrator.planning.leftovers import leftovers
from orchestrator.planning.verdict import code_of
from tests.unit.checks.builders import MIB, OTHER, WEB, disk, guest, host, settings

A, B, C = (HostName(f"kvm0{n}") for n in (1, 2, 3))
TODAY = date(2026, 11, 21)
HOUR = 3600
SILENT = Unknown(why="no answer within 10 s", leg="libvirt of kvm03")
STATE = f"/var/lib/libvirt/swtpm/{WEB}"
TOKEN = "/images/.ferry-0123456789abcdef01234567"
WARNING, NOTE, BLOCKER = Severity.WARNING, Severity.NOTE, Severity.BLOCKER


def tpm(**more: Any) -> TpmDirectory:
    """Old state of web's TPM on a local file system."""
    return TpmDirectory(**{"path": STATE, "guest": WEB, "filesystem": "ext2/ext3", "age_seconds": HOUR} | more)


def file(path: str = "/images/web.img", **more: Any) -> PoolFile:
    """An old image of 10 MiB on a local file system."""
    return PoolFile(**{"path": path, "filesystem": "xfs", "bytes": 10 * MIB, "age_seconds": HOUR} | more)


def token(**more: Any) -> Token:
    """A forgotten token."""
    return Token(**{"path": TOKEN, "filesystem": "xfs", "age_seconds": HOUR} | more)


def house(a: Any = (), b: Any = (), *, on_a: Leftovers | None = None, on_b: Leftovers | None = None, **others) -> Facts:
    """Two hosts with these guests and leftovers, and what is said of others."""
    return Facts(
        hosts={
            A: host(A, *a, leftovers=on_a or Leftovers()),
            B: host(B, *b, leftovers=on_b or Leftovers()),
            **{HostName(name): said for name, said in others.items()},
        }
    )


def found(*looks: Facts, **changes: Any):
    """All findings of a configuration with the hosts of the first look."""
    return leftovers(settings(*looks[0].hosts, **changes), looks, TODAY)


class Row(NamedTuple):
    """One house: which checks speak, how loudly, with a remedy or not, in which words."""

    what: str
    facts: Facts
    checks: list[tuple[str, Severity, bool]]
    words: tuple[str, ...] = ()


LIVES_HERE, DEFINED_HERE = (guest(),), (guest(power=Power.SHUT_OFF),)
DEAD_TPM, A_TPM = ("leftover-tpm", WARNING, True), ("leftover-tpm", NOTE, False)
A_TOKEN, A_VOLUME = ("leftover-token", NOTE, True), ("leftover-volume", NOTE, False)
WITH_DISK = (guest(disks=(disk("/images/web.img"),)),)
ROWS = [
    Row("nothing at all", house(), []),
    Row("a TPM whose guest lives elsewhere", house(LIVES_HERE, on_b=Leftovers(tpms=(tpm(),))), [DEAD_TPM],
        ("kvm02", "lives on kvm01", STATE, "1 h ago")),
    Row("paused is alive", house((guest(power=Power.PAUSED),), on_b=Leftovers(tpms=(tpm(),))), [DEAD_TPM]),
    Row("a TPM of a guest that is here", house(LIVES_HERE, on_a=Leftovers(tpms=(tpm(),))), []),
    Row("a TPM of a guest that is defined here", house(LIVES_HERE, DEFINED_HERE, on_b=Leftovers(tpms=(tpm(),))), []),
    Row("a TPM of a guest that is being received here",
        house((guest(active_job="outgoing migration"),), (guest(power=Power.INCOMING),),
              on_b=Leftovers(tpms=(tpm(),))), []),
    Row("a TPM of a guest that is only defined elsewhere", house(DEFINED_HERE, on_b=Leftovers(tpms=(tpm(),))), [A_TPM],
        ("shut off", "all there is of its keys")),
    Row("a TPM that waits elsewhere as a copy",
        house((guest(active_job="outgoing migration", power=Power.INCOMING),), on_b=Leftovers(tpms=(tpm(),))), [A_TPM]),
    Row("a TPM of nobody", house(on_b=Leftovers(tpms=(tpm(),))), [A_TPM], ("no host knows",)),
    Row("a TPM that has just been changed", house(LIVES_HERE, on_b=Leftovers(tpms=(tpm(age_seconds=60),))), [A_TPM],
        ("just been changed",)),
    Row("a TPM on NFS", house(LIVES_HERE, on_b=Leftovers(tpms=(tpm(filesystem="nfs"),))), []),
    Row("a TPM on a file system that nobody knows",
        house(LIVES_HERE, on_b=Leftovers(tpms=(tpm(filesystem="fuseblk"),))), [A_TPM], ("fuseblk", "may be shared")),
    Row("a TPM of nobody on NFS is said once",
        house(on_a=Leftovers(tpms=(tpm(filesystem="nfs"),)), on_b=Leftovers(tpms=(tpm(filesystem="nfs"),))), [A_TPM],
        ("kvm01",)),
    Row("an old token", house(on_b=Leftovers(tokens=(token(),))), [A_TOKEN], ("kvm02", TOKEN, "1 h ago")),
    Row("a token that is in use", house(on_b=Leftovers(tokens=(token(age_seconds=599),))), []),
    Row("one token seen by two hosts",
        house(on_a=Leftovers(tokens=(token(filesystem="nfs"),)), on_b=Leftovers(tokens=(token(filesystem="nfs"),))),
        [A_TOKEN], ("kvm01",)),
    Row("the same name on two disks",
        house(on_a=Leftovers(tokens=(token(),)), on_b=Leftovers(tokens=(token(),))), [A_TOKEN, A_TOKEN]),
    Row("an image in use", house(WITH_DISK, on_a=Leftovers(files=(file(),))), []),
    Row("an image that the guest elsewhere uses at the same path", house(WITH_DISK, on_b=Leftovers(files=(file(),))),
        [("leftover-volume", WARNING, False)], ("kvm02 has /images/web.img (10 MiB", "web on kvm01")),
    Row("the same file, seen over NFS", house(WITH_DISK, on_b=Leftovers(files=(file(filesystem="nfs"),))), []),
    Row("an image below another one in use",
        house((guest(disks=(disk("/images/top.qcow2", backing=("/images/web.img",)),)),),
              on_a=Leftovers(files=(file(),))), []),
    Row("a kernel and an NVRAM in use",
        house((guest(boot_files=("/images/k.img",), hardware=Hardware(nvram="/images/n.raw")),),
              on_a=Leftovers(files=(file("/images/k.img"), file("/images/n.raw")))), []),
    Row("images of nobody are one finding a directory",
        house(on_b=Leftovers(files=(file("/images/a.qcow2"), file("/images/b.RAW"), file("/other/c.img")))),
        [A_VOLUME, A_VOLUME], ("2 images in /images (20 MiB)",)),
    Row("images of nobody on NFS are said once",
        house(on_a=Leftovers(files=(file(filesystem="nfs"),)), on_b=Leftovers(files=(file(filesystem="nfs"),))),
        [A_VOLUME], ("kvm01",)),
    Row("what is no image", house(on_b=Leftovers(files=(file("/images/debian.iso"), file("/images/README")))), []),
    Row("an image that is being written", house(on_b=Leftovers(files=(file(age_seconds=60),))), []),
    Row("both hosts start it", house((guest(autostart=True),), (guest(autostart=True, power=Power.SHUT_OFF),)),
        [("autostarts-twice", WARNING, False)], ("virsh -c qemu+ssh://root@kvm02/system autostart --disable",)),
    Row("only one starts it", house((guest(autostart=True),), DEFINED_HERE), []),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row.what for row in ROWS])
def test_row(row: Row) -> None:
    said = found(row.facts)
    assert [(one.check, one.severity, one.remedy is not None) for one in said] == row.checks
    text = " ".join(f"{one.saw} {one.fix}" for one in said)
    for word in row.words:
        assert word in text
    assert all(one.scope is Scope.HOST and one.fix for one in said)
    assert code_of(said) == 0, "none of this is an alarm"


def test_the_remedies() -> None:
    (one,) = found(house(LIVES_HERE, on_b=Leftovers(tpms=(tpm(),))))
    assert one.remedy == Remedy(host=B, repair=SetAside(path=STATE, to=f"{STATE}.ferry-leftover-20261121"))
    (other,) = found(house(on_b=Leftovers(tokens=(token(),))))
    assert other.remedy == Remedy(host=B, repair=RemoveToken(path=TOKEN))
    assert "--leftovers --clean" in one.fix and "--leftovers --clean" in other.fix


def test_nothing_is_proven_while_a_host_is_silent() -> None:
    said = found(house(LIVES_HERE, on_b=Leftovers(tpms=(tpm(),)), kvm03=SILENT))
    assert [(one.check, one.remedy) for one in said] == [("host-reachable", None), ("leftover-tpm", None)]
    assert "kvm03 did not answer" in said[1].saw and code_of(said) == 6


def test_nothing_is_proven_while_a_host_was_not_asked() -> None:
    facts = house(LIVES_HERE, on_b=Leftovers(tpms=(tpm(),)))
    (one,) = leftovers(settings(A, B, C), (facts,), TODAY)
    assert one.remedy is None and "kvm03 did not answer" in one.saw


def test_a_silent_host_may_use_what_lies_on_shared_storage() -> None:
    shared = house(on_b=Leftovers(files=(file(filesystem="nfs"),)), kvm03=SILENT)
    assert [one.check for one in found(shared)] == ["host-reachable"]


def test_what_the_operator_declares_shared_is_shared() -> None:
    seen = Leftovers(tpms=(tpm(),), files=(file(),))
    facts = house(WITH_DISK, on_b=seen)
    assert len(found(facts)) == 2
    assert found(facts, shared_filesystems=("/images", "/var/lib/libvirt/swtpm")) == ()


def test_a_host_that_could_not_look_is_not_one_without_leftovers() -> None:
    why = Unknown(why="sudo refuses", code="host.shell", leg="controller to kvm02, ssh")
    facts = Facts(hosts={A: host(A, leftovers=Leftovers()), B: host(B, leftovers=why)})
    said = found(facts)
    assert {one.check for one in said} == {"leftover-tpm", "leftover-token", "leftover-volume"}
    assert all(one.source == B and one.undecided and "sudo refuses" in one.undecided for one in said)


COPY = guest(power=Power.INCOMING, active_job="incoming migration")
SENDING = guest(active_job="outgoing migration")
OTHERS = guest("db", uuid=OTHER)


def test_a_copy_that_nobody_sends_is_an_alarm_and_never_cleaned() -> None:
    facts = house(LIVES_HERE, (COPY,))
    assert doubtful(facts)
    (one,) = found(facts, facts)
    assert (one.check, one.severity, one.exit_code, one.remedy) == ("leftover-incoming", BLOCKER, 7, None)
    assert "lives on kvm01" in one.saw and f"destroy {WEB}" in one.fix


def test_the_last_copy_of_a_guest_is_not_to_be_ended_by_anybody() -> None:
    facts = house((), (COPY,))
    (one,) = found(facts, facts)
    assert one.exit_code == 7 and "no host that answered has it live" in one.saw and "destroy" not in one.fix


def test_a_silent_host_may_be_the_sender() -> None:
    facts = house(LIVES_HERE, (COPY,), kvm03=SILENT)
    one = next(one for one in found(facts, facts) if one.check == "leftover-incoming")
    assert one.severity is WARNING and "kvm03" in one.fix and "destroy" not in one.fix


@pytest.mark.parametrize(
    "later", [house((SENDING,), (COPY,)), house((), LIVES_HERE), house(LIVES_HERE, ())], ids=["sent", "arrived", "gone"]
)
def test_a_copy_that_is_sent_at_one_look_is_a_move(later: Facts) -> None:
    assert found(house(LIVES_HERE, (COPY,)), later) == ()
    assert found(later, house(LIVES_HERE, (COPY,))) == ()


def test_a_move_under_way_is_not_worth_a_second_look() -> None:
    assert not doubtful(house((SENDING,), (COPY,)))
    assert not doubtful(house((guest(power=Power.PAUSED, active_job="outgoing migration"),), LIVES_HERE))
    assert not doubtful(house(LIVES_HERE, (*DEFINED_HERE, OTHERS)))


@pytest.mark.parametrize("power", [Power.RUNNING, Power.PAUSED])
def test_a_guest_that_is_live_twice_is_an_alarm(power: Power) -> None:
    facts = house(LIVES_HERE, (guest(power=power),))
    assert doubtful(facts)
    (one,) = found(facts, facts)
    assert (one.check, one.severity, one.exit_code, one.remedy) == ("runs-twice", BLOCKER, 7, None)
    assert "kvm01 (running) and kvm02" in one.saw
    assert "destroy " not in one.fix, "which one is right, a person decides"
    assert found(facts, house((), LIVES_HERE)) == (), "it was in the middle of a move"


def test_a_host_that_falls_silent_in_between_is_taken_as_it_was() -> None:
    first = house(LIVES_HERE, LIVES_HERE)
    (one,) = found(first, Facts(hosts={A: first.hosts[A], B: SILENT}))
    assert one.check == "runs-twice"


@pytest.mark.parametrize(("a", "b"), [(DEFINED_HERE, DEFINED_HERE), (LIVES_HERE, LIVES_HERE)])
def test_autostart_is_never_taken_from_all_of_them(a: Any, b: Any) -> None:
    one = next(
        one
        for one in found(house([guest(autostart=True, power=a[0].power)], [guest(autostart=True, power=b[0].power)]))
        if one.check == "autostarts-twice"
    )
    assert " or " in one.fix and ";" not in one.fix
