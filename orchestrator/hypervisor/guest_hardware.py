"""A guest's memory, processors, firmware and devices of rare kinds from its domain XML."""

from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from orchestrator.hypervisor.documents import Element, attribute, in_bytes, numbers, size_bytes, text
from orchestrator.hypervisor.guest_oddities import by_hand, oddities
from orchestrator.model.hardware import CharDevice, Dimm, Display, Filesystem, Hardware, HugePages, SharedMemory, Tpm

_OUR_NAMESPACE = "urn:kvm-ferry:guest:1"
_CHAR_DEVICES = ("serial", "parallel", "console", "channel")
_NEED_SLOT_AND_BASE = ("dimm", "nvdimm")


def hardware(domain: Element) -> Hardware:
    """Everything of a guest that is no disk, network card or host device."""
    cells = dict(_numa_nodes(domain))
    return replace(
        _devices(domain),
        cpu_mode="" if domain.find("cpu") is None else attribute(domain, "cpu", "mode") or "custom",
        cpu_model=text(domain, "cpu/model") or "",
        cpu_vendor=text(domain, "cpu/vendor") or "",
        cpu_features={one.get("name", ""): one.get("policy", "require") for one in domain.iterfind("cpu/feature")},
        tsc_hz=_number(attribute(domain, "clock/timer[@name='tsc']", "frequency")),
        hyperv_passthrough=attribute(domain, "features/hyperv", "mode") == "passthrough",
        hugepages=_huge_pages(domain),
        locked=domain.find("memoryBacking/locked") is not None,
        memory_shared=_shared(domain),
        hard_limit_bytes=size_bytes(domain.find("memtune/hard_limit")),
        pins=dict(_pins(domain)),
        numa_nodes=cells,
        # strict is what libvirt does where a set of cells comes without a mode
        numa_strict=bool(cells) and any(one.get("mode", "strict") == "strict" for one in domain.iterfind("numatune/*")),
        loader=text(domain, "os/loader"),
        nvram=text(domain, "os/nvram") or attribute(domain, "os/nvram/source", "file"),
        launch_security=attribute(domain, "launchSecurity", "type"),
        security_models=frozenset(
            label.get("model", "") for label in domain.iterfind("seclabel[@type='static']") if label.get("model")
        ),
        namespaces=frozenset(_namespaces(domain)),
        shares_set=domain.find("cputune/shares") is not None,
    )


def _devices(domain: Element) -> Hardware:
    return Hardware(
        dimms=tuple(_dimm(one) for one in domain.iterfind("devices/memory")),
        tpm=_tpm(domain.find("devices/tpm")),
        vsock=domain.find("devices/vsock") is not None,
        filesystems=tuple(_filesystem(one) for one in domain.iterfind("devices/filesystem")),
        shared_memory=tuple(_shared_memory(one) for one in domain.iterfind("devices/shmem")),
        char_devices=tuple(_char_devices(domain)),
        vhost_user=tuple(_vhost_user(domain)),
        oddities=oddities(domain),
        secrets=frozenset(_secrets(domain)),
        displays=tuple(_display(one) for one in domain.iterfind("devices/graphics")),
    )


def _number(said: str | None) -> int | None:
    return int(said) if said else None


def _huge_pages(domain: Element) -> tuple[HugePages, ...]:
    backing = domain.find("memoryBacking/hugepages")
    if backing is None:
        return ()
    pages = backing.findall("page")
    if not pages:
        return (HugePages(size_kib=None),)
    return tuple(
        HugePages(
            size_kib=in_bytes(page.get("size", "0"), page.get("unit")) // 1024,
            nodes=numbers(page.get("nodeset")),
        )
        for page in pages
    )


def _shared(domain: Element) -> bool:
    cells = any(cell.get("memAccess") == "shared" for cell in domain.iterfind("cpu/numa/cell"))
    whole = attribute(domain, "memoryBacking/access", "mode") == "shared"
    return cells or whole or attribute(domain, "memoryBacking/source", "type") in ("file", "memfd")


def _display(graphics: Element) -> Display:
    listen = graphics.find("listen[@type='address']")
    port = int(graphics.get("port", "-1"))
    bound = port if port > 0 else None
    return Display(
        kind=graphics.get("type", ""),
        address=None if listen is None else listen.get("address"),
        port=None if graphics.get("autoport") == "yes" else bound,
        bound=bound,
    )


def _pins(domain: Element) -> Iterator[tuple[str, frozenset[int]]]:
    named = [("vcpu", domain.find("vcpu"))]
    named += [(f"vcpupin {pin.get('vcpu')}", pin) for pin in domain.iterfind("cputune/vcpupin")]
    named += [("emulatorpin", pin) for pin in domain.iterfind("cputune/emulatorpin")]
    named += [(f"iothreadpin {pin.get('iothread')}", pin) for pin in domain.iterfind("cputune/iothreadpin")]
    for name, element in named:
        if element is not None and (processors := numbers(element.get("cpuset"))):
            yield name, processors


def _numa_nodes(domain: Element) -> Iterator[tuple[str, frozenset[int]]]:
    for element in domain.iterfind("numatune/*"):
        name = "memory" if element.tag == "memory" else f"memnode {element.get('cellid')}"
        if cells := numbers(element.get("nodeset")):
            yield name, cells


def _dimm(memory: Element) -> Dimm:
    model = memory.get("model", "")
    address = memory.find("address")
    placed = address is not None and address.get("slot") is not None and address.get("base") is not None
    return Dimm(
        model=model,
        node=_number(text(memory, "target/node")),
        migratable=placed or model not in _NEED_SLOT_AND_BASE,
    )


def _tpm(tpm: Element | None) -> Tpm | None:
    if tpm is None:
        return None
    return Tpm(
        backend=attribute(tpm, "backend", "type") or "",
        version=attribute(tpm, "backend", "version") or "",
        secret=attribute(tpm, "backend/encryption", "secret"),
    )


def _filesystem(element: Element) -> Filesystem:
    places = [attribute(element, "source", kind) for kind in ("dir", "file", "name", "usage")]
    return Filesystem(
        driver=attribute(element, "driver", "type") or "path",
        source=next((place for place in places if place), ""),
        target=attribute(element, "target", "dir") or "",
        socket=attribute(element, "source", "socket"),
    )


def _shared_memory(element: Element) -> SharedMemory:
    return SharedMemory(
        name=element.get("name", ""),
        model=attribute(element, "model", "type") or "",
        role=element.get("role", ""),
    )


def _char_devices(domain: Element) -> Iterator[CharDevice]:
    for kind in _CHAR_DEVICES:
        for device in domain.iterfind(f"devices/{kind}"):
            if kind == "console" and attribute(device, "target", "type") == "serial":
                continue  # the first serial device under its second name
            # A pseudo terminal is made anew wherever the guest starts.
            path = None if device.get("type") == "pty" else attribute(device, "source", "path")
            yield CharDevice(element=kind, kind=device.get("type", ""), path=path)
            if log := attribute(device, "log", "file"):
                yield CharDevice(element=f"{kind} log", kind="file", path=log)


def _vhost_user(domain: Element) -> Iterator[str]:
    """Devices that a process beside QEMU provides, each with what tells it apart."""
    for card in domain.iterfind("devices/interface[@type='vhostuser']"):
        yield f"interface {attribute(card, 'mac', 'address') or ''}".strip()
    for disk in domain.iterfind("devices/disk[@type='vhostuser']"):
        yield f"disk {attribute(disk, 'target', 'dev') or ''}".strip()
    for _display in domain.iterfind("devices/video/driver[@name='vhostuser']"):
        yield "video"
    for device in by_hand(domain):
        if device.startswith("vhost-user-"):
            yield f"{device.removeprefix('vhost-user-')} (given to QEMU past libvirt)"


def _secrets(domain: Element) -> Iterator[str]:
    for place in ("devices/disk//secret", "devices/hostdev//secret"):
        for secret in domain.iterfind(place):
            if uuid := secret.get("uuid"):
                yield uuid.lower()
            elif usage := secret.get("usage"):
                # libvirt looks for the passphrase of an encrypted image among the secrets of volumes
                yield f"{secret.get('type', '').replace('passphrase', 'volume')} {usage}"
    if uuid := attribute(domain, "devices/tpm/backend/encryption", "secret"):
        yield uuid.lower()


def _namespaces(domain: Element) -> Iterator[str]:
    for child in domain.iterfind("metadata/*"):
        namespace = etree.QName(child).namespace
        if namespace and namespace != _OUR_NAMESPACE:
            yield namespace
