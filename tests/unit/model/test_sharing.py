"""Which file systems and directories count as shared."""

from dataclasses import replace

import pytest

from orchestrator.model.facts import PathAnswer
from orchestrator.model.sharing import declared, proven, recognised, unchanged_copy
from orchestrator.model.sight import Sight


@pytest.mark.parametrize("name", ["nfs", "NFS\n", "gfs/gfs2", "ocfs2", "cifs", "ceph", "gpfs"])
def test_recognised_by_libvirt(name: str) -> None:
    assert recognised(name)


@pytest.mark.parametrize("name", ["", "ext2/ext3", "overlayfs", "xfs", "tmpfs", "fuseblk", "smb2"])
def test_not_recognised_by_libvirt(name: str) -> None:
    assert not recognised(name)


@pytest.mark.parametrize("path", ["/srv/shared/a.img", "/srv/shared//a.img", "/srv/shared/b/c.img", "/srv/./shared/a"])
def test_below_a_declared_directory(path: str) -> None:
    assert declared(path, ("/else", "/srv/shared/"))


@pytest.mark.parametrize(
    "path", ["/srv/sharedX/a.img", "/srv/a.img", "/srv/shared/../local/a.img", "srv/shared/a.img", "rbd:pool/a"]
)
def test_not_below_a_declared_directory(path: str) -> None:
    assert not declared(path, ("/srv/shared",))


def test_a_relative_declaration_declares_nothing() -> None:
    assert not declared("/srv/shared/a.img", ("srv/shared", ""))


FILE = Sight(size_bytes=9, modified=1, inode=7, exports=frozenset({"nas:/a", "10.0.0.9:/a"}))
LUN = Sight(block=True, size_bytes=9, names=frozenset({"naa.1"}), unique=True)


def seen(here: Sight | None, there: Sight | None, shared: bool | None = None) -> PathAnswer:
    return PathAnswer(path="/a", exists=True, shared=shared, here=here, there=there)


@pytest.mark.parametrize(
    ("answer", "same"),
    [
        (seen(None, None, shared=True), True),
        (seen(None, None, shared=False), False),
        (seen(None, None), None),
        (seen(FILE, None), None),
        (seen(FILE, replace(FILE, exports=frozenset({"10.0.0.9:/a"}), size_bytes=10)), True),
        (seen(FILE, replace(FILE, inode=8)), False),
        (seen(FILE, replace(FILE, exports=frozenset({"nas:/b"}))), None),
        (seen(replace(FILE, exports=frozenset()), replace(FILE, exports=frozenset())), None),
        (seen(FILE, FILE, shared=False), False),
        (seen(replace(FILE, link=True, exports=frozenset()), FILE, shared=True), None),  # it may lead elsewhere
        (seen(replace(FILE, link=True), replace(FILE, link=True), shared=True), True),  # to one file of one server
        (seen(replace(FILE, link=True), replace(FILE, inode=8), shared=True), False),
        (seen(replace(FILE, link=True), None, shared=True), None),
        (seen(LUN, LUN), True),
        (seen(LUN, LUN, shared=False), True),  # a token in a directory of devices says nothing of them
        (seen(LUN, replace(LUN, names=frozenset({"naa.2"})), shared=True), False),
        (seen(LUN, replace(LUN, size_bytes=10)), False),
        (seen(LUN, replace(LUN, size_bytes=None)), True),
        (seen(LUN, replace(LUN, unique=False)), None),
        (seen(LUN, replace(LUN, names=frozenset())), None),
        (seen(LUN, None, shared=True), None),
        (seen(LUN, FILE, shared=True), False),
    ],
)
def test_what_proves_two_paths_to_be_one_thing(answer: PathAnswer, same: bool | None) -> None:
    assert proven(answer) is same


@pytest.mark.parametrize(
    ("answer", "same"),
    [
        (seen(None, None, shared=True), True),
        (seen(None, None), None),
        (seen(FILE, replace(FILE, inode=8, exports=frozenset())), True),
        (seen(FILE, replace(FILE, inode=8, exports=frozenset(), modified=2)), False),
        (seen(FILE, replace(FILE, inode=8, exports=frozenset(), size_bytes=8), shared=False), False),
        (seen(replace(LUN, unique=False), replace(LUN, unique=False)), None),
        (seen(LUN, FILE), False),
    ],
)
def test_what_is_only_read_may_be_a_copy(answer: PathAnswer, same: bool | None) -> None:
    assert unchanged_copy(answer) is same
