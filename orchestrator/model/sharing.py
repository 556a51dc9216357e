"""Whether two hosts see the same thing under a path, and what libvirt and the operator take as shared."""

from collections.abc import Iterable

from orchestrator.model.facts import PathAnswer
from orchestrator.model.sight import Sight

# As `stat -f -c %T` prints them, after libvirt's own table (virFileIsSharedFSType). Left out on purpose: FUSE file
# systems (stat cannot tell GlusterFS from sshfs), BeeGFS (only since 9.6) and smb2 (libvirt knows the older numbers).
# What is missing here costs the operator one line in ferry.yaml; what is here wrongly costs a refused migration.
RECOGNISED = frozenset({"nfs", "nfs4", "gfs/gfs2", "gfs2", "ocfs2", "afs", "smb", "cifs", "ceph", "gpfs", "acfs"})


def proven(answer: PathAnswer) -> bool | None:
    """Whether it is proven to be the same on both hosts (True) or not to be (False); None: neither.

    Of a block device its names decide, whatever directory it lies in. Of a file the token beside it; where root may
    not write there (NFS with root_squash), that one server gives both hosts this very file.
    """
    here, there = answer.here, answer.there
    if here is not None and there is not None and here.block and there.block:
        return _same_device(here, there)
    if (here is not None and here.block) or (there is not None and there.block):
        return None if here is None or there is None else False
    # A token proves the directory; a link in it may lead out of it, on each host to a file of its own.
    linked = (here is not None and here.link) or (there is not None and there.link)
    if not (linked and answer.shared) and (answer.shared is not None or here is None or there is None):
        return answer.shared
    if here is None or there is None:
        return None
    if here.exports & there.exports and here.inode is not None and there.inode is not None:
        return here.inode == there.inode  # the size of an image that grows differs from one moment to the next
    return None


def _same_device(here: Sight, there: Sight) -> bool | None:
    sizes = {here.size_bytes, there.size_bytes} - {None}
    if len(sizes) > 1:
        return False
    if not here.names or not there.names:
        return None
    if here.names != there.names:
        return False
    return True if here.unique and there.unique else None


def unchanged_copy(answer: PathAnswer) -> bool | None:
    """Whether a file that is only read is the same, or as good as the same: size and time of change; None: unseen."""
    same, here, there = proven(answer), answer.here, answer.there
    if same or here is None or there is None or here.block or there.block:
        return same
    return (here.size_bytes, here.modified) == (there.size_bytes, there.modified)


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
