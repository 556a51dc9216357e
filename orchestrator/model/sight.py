"""What one host sees under a path: enough to tell whether another host sees the same thing there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A file or block device as one host sees it, links followed. None: the host did not say.

    modified: seconds since 1970. exports: of a file on NFS, under which names its server gives the file system that
    it lies in (server:directory). link: the path itself is a symbolic link. names: of a block device, its own and
    those of the devices below it. unique: no two devices in the world bear the names of those at the bottom, so equal
    names are one device.
    """

    block: bool = False
    size_bytes: int | None = None
    modified: int | None = None
    inode: int | None = None
    link: bool = False
    exports: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    unique: bool = False
