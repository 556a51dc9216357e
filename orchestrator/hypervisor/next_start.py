"""Whether a guest would come back as another one: its running form against its persistent definition.

libvirt's own virDomainIsUpdated answers no even for a guest that was redefined while it ran (seen with 9.0). Only what
libvirt does not itself fill in or round when it starts a guest is compared.
"""

from orchestrator.hypervisor.documents import parse
from orchestrator.hypervisor.guest_xml import Described
from orchestrator.model.guest import Disk

_FIXED_MEDIA = ("disk", "lun")
_DRIVES = ("cdrom", "floppy")
# libvirt rounds memory up to whole MiB when it starts a guest, for every memory cell of the guest on its own.
_ROUNDING = 32 * 2**20


def differs(running: Described, definition: Described) -> bool:
    """Whether the next start would change memory, processors, machine type, CPU, disks, cards or host devices."""
    return (
        abs(running.memory_bytes - definition.memory_bytes) >= _ROUNDING
        or _parts(running) != _parts(definition)
        or _other_cpu(running, definition)
    )


def media(running: Described, definition: Described) -> tuple[str, ...]:
    """Files in drives of the definition that the running guest does not have in them: its next start needs them."""
    now = {disk.local_path for disk in running.disks if disk.device in _DRIVES}
    then = (disk.local_path for disk in definition.disks if disk.device in _DRIVES)
    return tuple(dict.fromkeys(path for path in then if path is not None and path not in now))


def _parts(said: Described) -> tuple[object, ...]:
    return (
        (said.vcpus, said.virt_type, said.machine, said.emulator),
        {(disk.target, disk.device, _image(disk)) for disk in said.disks},
        {nic.mac for nic in said.nics},
        # A card that is a device of the host comes from a pool, another one at each start.
        {device.address for device in said.host_devices if not device.interface},
    )


def _image(disk: Disk) -> str | None:
    """The image of a disk; media in drives come and go, and a transient disk runs from another file than its own."""
    return disk.source if disk.device in _FIXED_MEDIA and not disk.transient else None


def _other_cpu(running: Described, definition: Described) -> bool:
    now, then = running.hardware, definition.hardware
    if definition.cpu_xml is None:
        return False
    if then.cpu_mode == "host-model" or parse(definition.cpu_xml).get("match") == "minimum":
        return now.cpu_mode != "custom"  # these become a custom CPU at the start, which one depends on the host
    # Newer versions of libvirt may add the version of a model to its name.
    same_model = now.cpu_model == then.cpu_model or now.cpu_model.startswith(f"{then.cpu_model}-v")
    return now.cpu_mode != then.cpu_mode or not same_model
