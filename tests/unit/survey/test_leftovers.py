"""What lies about on a host: the section run over made directories, and what a hostile name could make of it."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from orchestrator.model.facts import Unknown
from orchestrator.model.leftovers import Leftovers
from orchestrator.survey import root
from orchestrator.survey.topics.leftovers import SECTION

UUID = "6a1f9a30-57f0-4a9e-8d3c-5d0f4a2f7a11"
TOKEN = ".ferry-0123456789abcdef01234567"
HOUR = 3600


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """The directories of a host that has nothing."""
    for path in ("etc/qemu", "run/qemu", "etc/storage", "run/storage", "swtpm"):
        (tmp_path / path).mkdir(parents=True)
    return tmp_path


def put(path: Path, text: str = "x", *, age: float = 0) -> Path:
    """A file, with the directories above it, last written so many seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - age,) * 2)
    return path


def script_for(disk: Path) -> str:
    """The section for a host whose disk is there."""
    script = SECTION.script
    for here, there in (("/etc/libvirt/", "etc/"), ("/run/libvirt/", "run/"), ("/var/lib/libvirt/swtpm", "swtpm")):
        assert here in script
        script = script.replace(here, f"{disk}/{there}")
    return script


def read(script: str) -> object:
    """What comes of it in a plain shell."""
    done = subprocess.run(["sh", "-u"], input=script, capture_output=True, text=True, check=True, timeout=20)
    assert not done.stderr
    return SECTION.read(done.stdout.splitlines())


def seen(disk: Path) -> Leftovers:
    """What the section says to root."""
    found = read(root.SHELL + script_for(disk))
    assert isinstance(found, Leftovers), found
    return found


def pool(disk: Path, target: Path | str, kind: str = "dir") -> None:
    """Define a storage pool."""
    text = f"<pool type='{kind}'>\n  <name>p</name>\n  <target>\n    <path>{target}</path>\n  </target>\n</pool>\n"
    put(disk / f"etc/storage/{kind}.xml", text)


def test_a_host_without_anything(disk: Path) -> None:
    assert seen(disk) == Leftovers()


def test_files_of_a_pool_with_size_and_age(disk: Path) -> None:
    pool(disk, disk / "images")
    put(disk / "images/old web.qcow2", "x" * 512, age=HOUR)
    (disk / "images/directory").mkdir()
    (disk / "images/link").symlink_to("old web.qcow2")
    (file,) = seen(disk).files
    assert (file.path, file.bytes) == (str(disk / "images/old web.qcow2"), 512)
    assert HOUR <= file.age_seconds < HOUR + 60
    assert file.filesystem and " " not in file.filesystem


def test_tokens_lie_beside_disks_of_guests_and_in_pools(disk: Path) -> None:
    put(
        disk / "etc/qemu/web.xml",
        f"<disk>\n      <source file='{disk}/it&apos;s &amp; here/web.img' index='1'/>\n</disk>",
    )
    put(disk / "run/qemu/db.xml", f"<source file='{disk}/below/base.img'/>")
    pool(disk, disk / "mount", "netfs")
    for place in ("it's & here", "below", "mount"):
        put(disk / place / TOKEN, age=HOUR)
        put(disk / place / "letter.txt")
        put(disk / place / f"{TOKEN}0")
    found = seen(disk)
    assert {token.path for token in found.tokens} == {
        f"{disk}/{place}/{TOKEN}" for place in ("it's & here", "below", "mount")
    }
    assert not found.files, "what lies beside a guest's disk is nobody's business"


def test_a_pool_with_guests_is_one_directory(disk: Path) -> None:
    pool(disk, disk / "images")
    put(disk / "etc/qemu/web.xml", f"<source file='{disk}/images/web.img'/>")
    put(disk / f"images/{TOKEN}")
    put(disk / "images/web.img")
    found = seen(disk)
    assert (len(found.tokens), [file.path for file in found.files]) == (1, [f"{disk}/images/web.img"])


def test_the_age_of_a_tpm_is_that_of_the_newest_thing_in_it(disk: Path) -> None:
    put(disk / f"swtpm/{UUID}/tpm2/tpm2-00.permall", age=HOUR)
    for path in (disk / f"swtpm/{UUID}/tpm2", disk / f"swtpm/{UUID}"):
        os.utime(path, (time.time() - 2 * HOUR,) * 2)
    put(disk / "swtpm/other/tpm2/x")
    put(disk / f"swtpm/{UUID}.ferry-leftover-20261121/tpm2/x")
    (tpm,) = seen(disk).tpms
    assert (tpm.guest, tpm.path) == (UUID, f"{disk}/swtpm/{UUID}")
    assert HOUR <= tpm.age_seconds < HOUR + 60


def test_a_refusal_and_a_script_that_broke_off() -> None:
    assert SECTION.read(["now 5", "refused"]) == root.REFUSED
    assert isinstance(SECTION.read(["now 5", "pool /images", "on xfs"]), Unknown)


def test_a_name_with_a_newline_adds_no_file_that_could_be_removed() -> None:
    lines = ["now 50", "disks /images", "on xfs", "entry -rw------- 1 0 0 5 10 evil", f"entry {TOKEN}", "looked yes"]
    assert SECTION.read(lines).tokens == ()


LS = """
root() { if [ "$1" = grep ]; then "$@"; else return 77; fi; }
ls() {
  for last in "$@"; do :; done
  case $last in {closed}|{closed}/.) echo "ls: cannot open directory '$last': Permission denied" >&2; return 2 ;; esac
  command ls "$@"
}
"""


def without_root(disk: Path, closed: str) -> object:
    """What the section says where the account cannot list that directory, and sudo does not let it."""
    return read(LS.replace("{closed}", f"{disk}/{closed}") + script_for(disk))


def test_a_directory_that_root_alone_may_list_is_unknown_where_sudo_refuses(disk: Path) -> None:
    pool(disk, disk / "images")
    put(disk / "images/refused")
    found = without_root(disk, "none")
    assert isinstance(found, Leftovers) and [Path(file.path).name for file in found.files] == ["refused"]
    assert without_root(disk, "images") == without_root(disk, "swtpm") == root.REFUSED


def test_a_directory_that_does_not_exist_is_not_asked_of_root(disk: Path) -> None:
    pool(disk, disk / "gone")
    (disk / "swtpm").rmdir()
    assert without_root(disk, "none") == Leftovers()
