"""Whether a file lies on a file system that another machine serves: no place for SQLite's log and locks."""

import os
import re
from pathlib import Path

from orchestrator.errors import OrchestratorError

_MOUNTED = Path("/proc/self/mountinfo")
# As the kernel names them. What a hypervisor lends its guest (9p, virtiofs) is left out: nobody else has it mounted.
_SERVED = {
    *("afs", "beegfs", "ceph", "cifs", "coda", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "smb2", "smb3"),
    *("smbfs", "fuse.ceph", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs", "fuse.rclone"),
}


def demand_local(path: Path) -> None:
    """Raises store.unavailable for a path on a network file system; one that nobody can tell passes."""
    try:
        told = _MOUNTED.read_text(errors="surrogateescape")
    except OSError:
        return
    where, kind = _mount_of(os.path.realpath(path), told)
    if kind in _SERVED:
        raise OrchestratorError.of(
            "store.unavailable",
            f"{path} lies on {where}, which is {kind}, a network file system",
            cause="SQLite's locks and its write-ahead log hold on one machine only; two would overwrite each other.",
            fix="Keep it on a local disk; for several controllers: store: postgresql://ferry@HOST/ferry",
        )


def _mount_of(path: str, told: str) -> tuple[str, str]:
    """Mount point and kind of what the path lies on. Of two at one place the later one covers the other."""
    best = ("", "")
    for line in told.splitlines():
        front, _, back = line.partition(" - ")
        fields = front.split(" ")
        if len(fields) < 5 or not back:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
        if len(point) >= len(best[0]) and (path == point or path.startswith(f"{point.rstrip('/')}/")):
            best = (point, back.split(" ")[0])
    return best
