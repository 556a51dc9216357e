"""Stand-ins for libvirt's objects: only what the room calls."""

import threading
from collections.abc import Callable
from typing import Any

import libvirt

NAMES = (libvirt.VIR_FROM_QEMU, libvirt.VIR_ERR_ERROR)


def error(code: int, text: str, domain: int = libvirt.VIR_FROM_QEMU) -> libvirt.libvirtError:
    """An error as the binding raises it."""
    made = libvirt.libvirtError(text)
    made.err = (code, domain, text, libvirt.VIR_ERR_ERROR, None, None, None, -1, -1)
    made.args = (text,)
    return made


class FakeDomain:
    """One guest. `fails`: method → the error it raises."""

    def __init__(self, **fields: Any) -> None:
        self.state_now: tuple[int, int] = (1, 1)
        self.job: dict[str, Any] = {"type": 0}
        self.completed: dict[str, Any] = {"type": 0}
        self.persistent, self.starts = True, False
        self.xml = "<domain><os/></domain>"
        self.xmls: dict[int, str] = {}
        self.snapshots, self.checkpoints, self.saved = 0, 0, False
        self.disk_jobs: dict[str, dict[str, int]] = {}
        self.disk_errors: dict[str, int] = {}
        self.asked: list[str] = []
        self.done: list[tuple[object, ...]] = []
        self.fails: dict[str, libvirt.libvirtError] = {}
        self.hangs = ""  # the method that does not return before `freed` is set
        self.freed = threading.Event()
        self.uuid = "u-1"
        self.migrating: Callable[[], None] = lambda: None
        self.memory: Callable[[int, int], bytes] = lambda _address, length: bytes(length)
        for name, value in fields.items():
            setattr(self, name, value)

    def _may(self, name: str) -> None:
        self.asked.append(name)
        if name == self.hangs:
            self.freed.wait()
        if name in self.fails:
            raise self.fails[name]

    def UUIDString(self) -> str:
        return self.uuid

    def state(self) -> list[int]:
        self._may("state")
        return list(self.state_now)

    def isActive(self) -> int:
        return int(self.state_now[0] != 5)

    def isPersistent(self) -> int:
        return int(self.persistent)

    def autostart(self) -> int:
        return int(self.starts)

    def vcpus(self) -> tuple[list[tuple[int, int, int, int]], list[Any]]:
        self._may("vcpus")
        return [(0, 1, 70, 0), (1, 1, 30, 1)], []

    def jobStats(self, flags: int) -> dict[str, Any]:
        self._may("completed" if flags else "jobStats")
        return self.completed if flags else self.job

    def name(self) -> str:
        return "g"

    def XMLDesc(self, flags: int) -> str:
        self._may("XMLDesc")
        return self.xmls.get(flags, self.xml)

    def snapshotNum(self) -> int:
        self._may("snapshotNum")
        return self.snapshots

    def listAllCheckpoints(self) -> list[object]:
        self._may("listAllCheckpoints")
        return [object()] * self.checkpoints

    def hasManagedSaveImage(self) -> int:
        self._may("hasManagedSaveImage")
        return int(self.saved)

    def blockJobInfo(self, disk: str) -> dict[str, int]:
        self._may("blockJobInfo")
        return self.disk_jobs.get(disk, {})

    def diskErrors(self) -> dict[str, int]:
        self._may("diskErrors")
        return self.disk_errors

    def updateDeviceFlags(self, xml: str, flags: int) -> None:
        self._act("updateDeviceFlags", xml, flags)

    def abortJob(self) -> None:
        self._act("abortJob")

    def suspend(self) -> None:
        self._act("suspend")

    def resume(self) -> None:
        self._act("resume")

    def undefineFlags(self, flags: int) -> None:
        self._act("undefineFlags", flags)

    def setAutostart(self, on: int) -> None:
        self._act("setAutostart", on)

    def abortJobFlags(self, flags: int) -> None:
        self._act("abortJobFlags", flags)

    def migrateSetMaxSpeed(self, mebibytes: int, flags: int) -> None:
        self._act("migrateSetMaxSpeed", mebibytes, flags)

    def migrateStartPostCopy(self, flags: int) -> None:
        self._act("migrateStartPostCopy", flags)

    def setTime(self, time: dict[str, int], flags: int) -> None:
        self._act("setTime", time, flags)

    def shutdownFlags(self, flags: int) -> None:
        self._act("shutdownFlags", flags)

    def create(self) -> None:
        self._act("create")

    def destroy(self) -> None:
        self._act("destroy")

    def startDirtyRateCalc(self, seconds: int, flags: int) -> None:
        self._act("startDirtyRateCalc", seconds, flags)

    def memoryPeek(self, address: int, length: int, flags: int) -> bytes:
        self._act("memoryPeek", address, length, flags)
        return self.memory(address, length)

    def migrateSetMaxDowntime(self, milliseconds: int, _flags: int) -> None:
        self._act("migrateSetMaxDowntime", milliseconds)

    def migrateToURI3(self, uri: str, params: dict[str, Any], flags: int) -> None:
        self._act("migrateToURI3", uri, params, flags)
        self.migrating()

    def migrate3(self, destination: Any, params: dict[str, Any], flags: int) -> None:
        self._act("migrate3", destination, params, flags)
        self.migrating()

    def _act(self, name: str, *arguments: object) -> None:
        self._may(name)
        self.done.append((name, *arguments))


class FakeConnection:
    """One connection with at most one guest."""

    def __init__(self, domain: FakeDomain | None = None) -> None:
        self.domain = domain
        self.alive = True
        self.closed = threading.Event()

    def lookupByUUIDString(self, uuid: str) -> FakeDomain:
        if self.domain is None:
            raise error(libvirt.VIR_ERR_NO_DOMAIN, f"Domain not found: no domain with matching uuid '{uuid}'")
        return self.domain

    def isAlive(self) -> int:
        return int(self.alive)

    def setKeepAlive(self, _interval: int, _count: int) -> None:
        return None

    def close(self) -> None:
        self.closed.set()
