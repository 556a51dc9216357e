"""Volumes by their paths: each is asked for once, and a pool that does not answer leaves the path open."""

from types import SimpleNamespace
from typing import Any, cast

import libvirt
import pytest

from orchestrator.hypervisor.volumes import with_paths
from orchestrator.model.guest import Disk, Guest
from tests.unit.checks.builders import disk, guest
from tests.unit.hypervisor.fakes import error

NO_POOL = error(libvirt.VIR_ERR_NO_STORAGE_POOL, "Storage pool not found", libvirt.VIR_FROM_STORAGE)
CUT = error(libvirt.VIR_ERR_INTERNAL_ERROR, "client socket is closed", libvirt.VIR_FROM_RPC)


class Storage:
    """A host with the pool `images`. fails: what its libvirt says instead."""

    def __init__(self, fails: libvirt.libvirtError | None = None, *, alive: bool = True) -> None:
        self.fails, self.alive, self.asked = fails, alive, list[str]()

    def storagePoolLookupByName(self, pool: str) -> Any:
        if self.fails is not None:
            raise self.fails
        return SimpleNamespace(storageVolLookupByName=lambda name: self.volume(pool, name))

    def volume(self, pool: str, name: str) -> Any:
        """One volume, which lies in a directory of the pool's name."""
        self.asked.append(name)
        return SimpleNamespace(path=lambda: f"/srv/{pool}/{name}")

    def isAlive(self) -> int:
        return int(self.alive)


def volume(name: str = "web.img") -> Disk:
    return disk(f"images/{name}", kind="volume", pool="images")


def located(storage: Storage, *guests: Guest) -> list[str | None]:
    found = with_paths(cast(Any, storage), guests)
    return [one.path for each in found for one in each.disks]


def test_volumes_get_their_paths_and_other_disks_none() -> None:
    storage = Storage()
    two = guest(disks=(volume(), disk(), volume("a/b")))
    assert located(storage, two, guest(disks=(volume(),))) == [
        "/srv/images/web.img", None, "/srv/images/a/b", "/srv/images/web.img",
    ]  # fmt: skip
    assert storage.asked == ["web.img", "a/b"], "once each"


def test_an_empty_drive_of_a_pool() -> None:
    assert located(Storage(), guest(disks=(disk(None, kind="volume", pool="images"),))) == [None]


@pytest.mark.parametrize("fails", [NO_POOL, CUT])
def test_what_libvirt_does_not_say_stays_open(fails: libvirt.libvirtError) -> None:
    assert located(Storage(fails), guest(disks=(volume(),))) == [None]


def test_a_connection_that_is_lost_is_no_answer() -> None:
    with pytest.raises(libvirt.libvirtError):
        located(Storage(CUT, alive=False), guest(disks=(volume(),)))
