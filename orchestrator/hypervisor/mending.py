"""The repairs that libvirt can do: each looks once more before it changes anything."""

import libvirt
from lxml import etree

from orchestrator.hypervisor import failures
from orchestrator.hypervisor.cpu_documents import set_cpu
from orchestrator.hypervisor.documents import Element, attribute, parse
from orchestrator.hypervisor.guest_devices import source_name
from orchestrator.model.command import EjectMedium, LibvirtRepair, SetCpu, StartNetwork, StartPool
from orchestrator.model.effect import Done, Effect, Refused
from orchestrator.model.services import STARTED_SAFELY


def mend(connection: libvirt.virConnect, repair: LibvirtRepair) -> Effect:
    """Do it once and say what libvirt answered."""
    try:
        match repair:
            case EjectMedium():
                return _eject(connection, repair)
            case StartPool():
                return _start(connection.storagePoolLookupByName(repair.pool))
            case StartNetwork():
                network = connection.networkLookupByName(repair.network)
                return Done() if network.isActive() else _done(network.create())
            case SetCpu():
                return set_cpu(connection, repair)
    except libvirt.libvirtError as error:
        return failures.effect(error)


def _done(_answer: object) -> Effect:
    return Done()


def _start(pool: libvirt.virStoragePool) -> Effect:
    if pool.isActive():
        return Done()
    kind = parse(pool.XMLDesc(0)).get("type", "")
    if kind not in STARTED_SAFELY:
        return Refused(why=f"the pool is of kind {kind} now; another host may use what it would mount or attach")
    return _done(pool.create(0))


def _eject(connection: libvirt.virConnect, repair: EjectMedium) -> Effect:
    domain = connection.lookupByUUIDString(repair.guest)
    drive = _drive(parse(domain.XMLDesc(0)), repair.drive)
    if drive is None or drive.get("device") not in ("cdrom", "floppy"):
        return Refused(why=f"{repair.drive} is no drive of the guest any more")
    source = drive.find("source")
    held = source_name(source)
    if source is None or held is None:
        return Done()
    if held != repair.medium:
        return Refused(why=f"{repair.drive} holds {held} now, not {repair.medium}")
    drive.remove(source)
    # Not forced: a guest that has locked its tray keeps the medium, and libvirt says so. The definition is left alone,
    # so that the guest finds its medium again at its next start.
    domain.updateDeviceFlags(etree.tostring(drive, encoding="unicode"), libvirt.VIR_DOMAIN_AFFECT_LIVE)
    return Done()


def _drive(domain: Element, target: str) -> Element | None:
    found = (disk for disk in domain.iterfind("devices/disk") if attribute(disk, "target", "dev") == target)
    return next(found, None)
