"""Where the disks lie that guests name by storage pool and volume; a guest's own XML does not say it."""

from collections.abc import Sequence
from dataclasses import replace

import libvirt

from orchestrator.hypervisor.answers import refusal
from orchestrator.model.guest import Disk, Guest


def with_paths(connection: libvirt.virConnect, guests: Sequence[Guest]) -> list[Guest]:
    """Fill in the paths of volumes, each asked for once. Where libvirt does not say, the path stays None."""
    volumes = dict.fromkeys((disk.pool, disk.source) for guest in guests for disk in guest.disks if disk.pool)
    paths = {(pool, source): _path(connection, pool, source) for pool, source in volumes if pool and source}
    if not paths:
        return list(guests)
    return [replace(guest, disks=tuple(_located(disk, paths) for disk in guest.disks)) for guest in guests]


def _located(disk: Disk, paths: dict[tuple[str, str], str | None]) -> Disk:
    if disk.pool is None or disk.source is None:
        return disk
    return replace(disk, path=paths.get((disk.pool, disk.source)))


def _path(connection: libvirt.virConnect, pool: str, source: str) -> str | None:
    try:
        volume = connection.storagePoolLookupByName(pool).storageVolLookupByName(source.removeprefix(f"{pool}/"))
        return str(volume.path())
    except libvirt.libvirtError as error:
        if not refusal(error, connection):
            raise
        return None  # a pool that is not active, a volume that is gone, a daemon without a storage driver
