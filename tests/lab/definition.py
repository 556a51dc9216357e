"""A lab guest as libvirt XML."""

import hashlib
import uuid
from pathlib import PurePosixPath
from xml.sax.saxutils import escape, quoteattr

from tests.lab.topology import Guest, Network

SHARED = PurePosixPath("/srv/shared")
LOCAL = PurePosixPath("/srv/local")
CONSOLES = SHARED / "console"
IMAGES = SHARED / "image"
# Both suites' QEMU know this machine and this CPU, so a guest can go anywhere in the lab.
MACHINE = "pc-q35-7.2"
CPU = "qemu64"


def disk_path(guest: Guest) -> PurePosixPath | None:
    places = {"none": None, "shared": SHARED, "local": LOCAL}
    place = places[guest.disk]
    return place and place / f"{guest.name}.qcow2"


def console_path(name: str) -> PurePosixPath:
    return CONSOLES / f"{name}.log"


def uuid_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.guest.ferry-lab"))


def mac_of(guest: Guest) -> str:
    digest = hashlib.sha256(guest.name.encode()).digest()
    return "52:54:00:" + ":".join(f"{byte:02x}" for byte in digest[:3])


def xml(guest: Guest, network: Network, **replaced: str) -> str:
    """The definition; `replaced` overrides single pieces (uuid, machine, cpu, bridge) for tests of what goes wrong."""
    piece = {"uuid": uuid_of(guest.name), "machine": MACHINE, "cpu": CPU, "bridge": network.bridge or "", **replaced}
    return f"""<domain type='qemu'>
  <name>{escape(guest.name)}</name>
  <uuid>{piece["uuid"]}</uuid>
  <metadata>
    <ferry:guest xmlns:ferry='urn:kvm-ferry:guest:1' address='{network.address(guest.number)}'/>
  </metadata>
  <memory unit='MiB'>{guest.memory_mib}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine={quoteattr(piece["machine"])}>hvm</type>
    <kernel>{IMAGES}/vmlinuz</kernel>
    <initrd>{IMAGES}/initramfs</initrd>
    <cmdline>{escape(_command_line(guest, network))}</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <cpu mode='custom' match='exact' check='none'><model fallback='forbid'>{escape(piece["cpu"])}</model></cpu>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
{_disk(guest)}    <interface type='bridge'>
      <mac address='{mac_of(guest)}'/>
      <source bridge={quoteattr(piece["bridge"])}/>
      <model type='virtio'/>
      <rom enabled='no'/>
    </interface>
    <serial type='file'>
      <source path={quoteattr(str(console_path(guest.name)))} append='on'/>
    </serial>
    <memballoon model='none'/>
  </devices>
</domain>
"""


def _disk(guest: Guest) -> str:
    path = disk_path(guest)
    if path is None:
        return ""
    # cache='none': with a host's page cache in between, another host would read what this one has not written yet.
    return f"""    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file={quoteattr(str(path))}/>
      <target dev='vda' bus='virtio'/>
    </disk>
"""


def _command_line(guest: Guest, network: Network) -> str:
    workload = guest.workload
    words = [
        # pti=on: emulating QEMU before 10.0 loses writes to pages it still holds translations of when a copy begins
        # (docs/reference/checks/emulated-memory.md); this makes the kernel drop them with each return to a program.
        # no_timer_check: on a busy machine the boot takes the timer for broken.
        "console=ttyS0 quiet panic=-1 mitigations=off pti=on no_timer_check cryptomgr.notests",
        f"ferry.ip={network.with_prefix(guest.number)}",
        f"ferry.size={workload.size}",
        f"ferry.rate={workload.rate}",
        f"ferry.kind={workload.kind}",
    ]
    if workload.corrupt_pass:
        words.append(f"ferry.corrupt={workload.corrupt_pass}")
    if workload.pass_seconds != 1:
        words.append(f"ferry.pass={workload.pass_seconds}")
    if workload.report_seconds:
        words.append(f"ferry.report={workload.report_seconds}")
    if workload.marker:
        words.append(f"ferry.marker={workload.marker}")
    return " ".join(words)
