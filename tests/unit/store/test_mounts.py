"""A file on another machine's disk is no place for SQLite, however it got there."""

from pathlib import Path

import pytest

from orchestrator.store import SqlStore, mounts
from tests.contract.store_contract import holder, refused

LOCAL = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "list[str]":
    """Lines of mountinfo, to be added to."""
    lines = [LOCAL]

    class Told:
        def read_text(self, errors: str) -> str:
            assert errors == "surrogateescape"
            return "\n".join(lines) + "\n"

    monkeypatch.setattr(mounts, "_MOUNTED", Told())
    return lines


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "ceph"])
@pytest.mark.parametrize("act", ["read", "write"])
def test_it_is_refused_and_not_touched(mounted: "list[str]", tmp_path: Path, kind: str, act: str) -> None:
    path = tmp_path / "sub" / "ferry.db"
    path.parent.mkdir()
    path.write_bytes(b"whatever lies there already")
    mounted.append(f"99 22 0:50 / {tmp_path} rw,relatime - {kind} filer:/export rw")
    store = SqlStore(f"sqlite:///{path}")
    with refused("store.unavailable") as caught:
        store.runs() if act == "read" else store.take("x", holder(), lasts=1)
    [problem] = caught.value.problems
    assert kind in problem.saw
    assert "postgresql://" in problem.fix
    assert path.read_bytes() == b"whatever lies there already"


def test_a_link_to_it_is_refused_as_well(mounted: "list[str]", tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "here").symlink_to(tmp_path / "there")
    mounted.append(f"99 22 0:50 / {tmp_path}/there rw - nfs filer:/export rw")
    with refused("store.unavailable"):
        SqlStore(f"sqlite:///{tmp_path}/here/ferry.db").take("x", holder(), lasts=1)


@pytest.mark.parametrize(
    ("point", "refusal"),
    [("/srv/a\\040b", True), ("/srv/a", False), ("/srv/a\\040b/deeper", False), ("/srv/a\\040", False)],
)
def test_the_mount_that_counts_is_the_one_the_path_lies_on(
    mounted: "list[str]", monkeypatch: pytest.MonkeyPatch, point: str, refusal: bool
) -> None:
    monkeypatch.setattr(mounts.os.path, "realpath", str)
    mounted.append(f"99 22 0:50 / {point} rw master:1 - nfs4 filer:/export rw")
    path = Path("/srv/a b/ferry.db")
    if refusal:
        with refused("store.unavailable"):
            mounts.demand_local(path)
    else:
        mounts.demand_local(path)


def test_what_covers_it_counts(mounted: "list[str]", tmp_path: Path) -> None:
    mounted.append(f"98 22 0:50 / {tmp_path} rw - nfs4 filer:/export rw")
    mounted.append(f"99 98 0:51 / {tmp_path} rw - tmpfs tmpfs rw")
    mounts.demand_local(tmp_path / "ferry.db")
