"""What libvirt knows of a host beyond its guests: pools, secrets, network filters, memory cells, networks."""

import libvirt

from orchestrator.hypervisor import typed
from orchestrator.hypervisor.capabilities import Cell
from orchestrator.hypervisor.documents import attribute, parse, size_bytes, text
from orchestrator.model.machine import NumaCell, Pages
from orchestrator.model.services import Pool, VirtualNetwork

# include/libvirt/libvirt-secret.h: virSecretUsageType.
_USES = {1: "volume", 2: "ceph", 3: "iscsi", 4: "tls", 5: "vtpm"}


def pools(connection: libvirt.virConnect) -> tuple[Pool, ...]:
    """Every storage pool, whether it runs or not."""
    return tuple(map(_pool, connection.listAllStoragePools()))


def secrets(connection: libvirt.virConnect) -> frozenset[str]:
    """The secrets that libvirt keeps, each under both names that a guest may call it by: UUID, and kind with use."""
    kept = connection.listAllSecrets()
    used = [f"{_USES.get(secret.usageType(), 'other')} {secret.usageID()}" for secret in kept if secret.usageType()]
    return frozenset([*(secret.UUIDString().lower() for secret in kept), *used])


def nwfilters(connection: libvirt.virConnect) -> frozenset[str]:
    """Names of the network filters."""
    return frozenset(one.name() for one in connection.listAllNWFilters())


def networks(connection: libvirt.virConnect) -> tuple[VirtualNetwork, ...]:
    """Every network, whether it runs or not."""
    return tuple(map(_network, connection.listAllNetworks()))


def numa(connection: libvirt.virConnect, cells: tuple[Cell, ...]) -> tuple[NumaCell, ...]:
    """Memory cells of the capabilities with what is free in them now."""
    if not cells:
        return ()
    free = typed.cells_free_bytes(connection, max(cell.id for cell in cells) + 1)
    return tuple(
        NumaCell(
            id=cell.id,
            memory_bytes=cell.memory_bytes,
            free_bytes=free[cell.id],
            cpus=cell.cpus,
            pages=_pages(connection, cell),
        )
        for cell in cells
    )


def mediated(connection: libvirt.virConnect) -> dict[str, str]:
    """UUID of each mediated device of the host → its type."""
    devices = [
        parse(one.XMLDesc(0)) for one in connection.listAllDevices(libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV)
    ]
    kinds = {text(one, "capability/uuid"): attribute(one, "capability/type", "id") for one in devices}
    return {uuid.lower(): kind for uuid, kind in kinds.items() if uuid and kind}


def _pool(pool: libvirt.virStoragePool) -> Pool:
    document = parse(pool.XMLDesc(0))
    active = bool(pool.isActive())
    return Pool(
        name=pool.name(),
        kind=document.get("type", ""),
        active=active,
        autostart=bool(pool.autostart()),
        target=text(document, "target/path"),
        available_bytes=size_bytes(document.find("available")) if active else None,
    )


def _network(network: libvirt.virNetwork) -> VirtualNetwork:
    document = parse(network.XMLDesc(0))
    forward = document.find("forward")
    return VirtualNetwork(
        name=network.name(),
        active=bool(network.isActive()),
        autostart=bool(network.autostart()),
        bridge=attribute(document, "bridge", "name"),
        forward="" if forward is None else forward.get("mode", "nat"),
        portgroups=frozenset(group.get("name", "") for group in document.iterfind("portgroup")),
    )


def _pages(connection: libvirt.virConnect, cell: Cell) -> tuple[Pages, ...]:
    there = {size: total for size, total in cell.pages.items() if total}
    free = typed.free_pages(connection, list(there), cell.id) if there else {}
    return tuple(
        Pages(size_kib=size, total=total, free=free.get(size, 0)) for size, total in sorted(cell.pages.items())
    )
