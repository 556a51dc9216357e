"""Which file systems libvirt itself takes as shared, and which directories the operator has declared shared."""

from collections.abc import Iterable

# As `stat -f -c %T` prints them, after libvirt's own table (virFileIsSharedFSType). Left out on purpose: FUSE file
# systems (stat cannot tell GlusterFS from sshfs), BeeGFS (only since 9.6) and smb2 (libvirt knows the older numbers).
# What is missing here costs the operator one line in ferry.yaml; what is here wrongly costs a refused migration.
RECOGNISED = frozenset({"nfs", "nfs4", "gfs/gfs2", "gfs2", "ocfs2", "afs", "smb", "cifs", "ceph", "gpfs", "acfs"})


def recognised(filesystem: str) -> bool:
    """Whether libvirt of every supported version takes this file system as shared."""
    return filesystem.strip().lower() in RECOGNISED


def declared(path: str, directories: Iterable[str]) -> bool:
    """Whether the path lies below a declared directory; a path with `..` in it never does."""
    parts = _parts(path)
    if ".." in parts or not path.startswith("/"):
        return False
    return any(parts[: len(_parts(d))] == _parts(d) for d in directories if d.startswith("/"))


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]
