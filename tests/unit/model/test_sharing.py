"""Which file systems and directories count as shared."""

import pytest

from orchestrator.model.sharing import declared, recognised


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
