"""The table of faults: what is planted on which host, and the one finding by which ferry must report it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.model.finding import Severity
from tests.integration.planted import (
    append,
    both,
    certificate_that_ended,
    config,
    define_network,
    define_pool,
    device,
    disk_made,
    hosts_entry,
    instead,
    nothing,
    pretend_manager,
    redefine,
    shell,
    stale_definition,
    twin,
)
from tests.lab.protocol import Lab

Act = Callable[[Lab], object]
BLOCKER, WARNING, NOTE = (severity.value for severity in (Severity.BLOCKER, Severity.WARNING, Severity.NOTE))
QEMU_CONF, HOOK = "/etc/libvirt/qemu.conf", "/etc/libvirt/hooks/qemu"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of the way from kvm01 to kvm02, and the finding it must cause there, and no other.

    guest: what its guest's definition has beyond an ordinary one's; None: the ordinary guest will do. given: what that
    guest needs before it can start. plant: the fault. also: findings that rightly come with it.
    """

    check: str
    severity: str
    saw: tuple[str, ...]
    fix: tuple[str, ...]
    given: Act = nothing
    plant: Act = nothing
    guest: Callable[[str], str] | None = None
    disk: str = "none"
    settings: Callable[[dict[str, Any]], None] | None = None
    to: str = "kvm02"
    remedy: str | None = None
    also: tuple[tuple[str, str], ...] = ()


def drop(host: str, rule: str) -> Act:
    """Let that host's packet filter do so with what comes in."""
    chain = f"chain input {{ type filter hook input priority 0; {rule}; }}"
    return lambda lab: lab.nft(host, f"table inet lab {{ {chain} }}")


BRIDGED = instead("<interface type='bridge'>", "<interface type='network'>")
IN_NETWORK = both(BRIDGED, instead("<source bridge='br-guest'/>", "<source network='inner'/>"))
CDROM = device(
    "<disk type='file' device='cdrom'><source file='/srv/local/cd.iso'/><target dev='sda' bus='sata'/>"
    "<readonly/></disk>"
)
LOGGING = device("<serial type='file'><source path='/srv/local/log/odd.log'/><target port='1'/></serial>")
MAKE_LOG_DIRECTORY = shell("kvm01", "mkdir -p /srv/local/log", "rm -rf /srv/local/log")
REMOVE_LOG_DIRECTORY = shell("kvm02", "true", "rm -rf /srv/local/log")  # where a repair made it
MAKE_ISO = shell("kvm01", "truncate -s 64K /srv/local/cd.iso", "rm -f /srv/local/cd.iso")
IN_POOL = device(
    "<disk type='volume' device='disk'><driver name='qemu' type='qcow2' cache='none'/>"
    "<source pool='images' volume='odd.qcow2'/><target dev='vdb' bus='virtio'/></disk>"
)
PORTS = "ip daddr 10.77.2.12 tcp dport 49152-49215 drop"

FAULTS: Mapping[str, Fault] = {
    # the guest's network
    "no bridge there": Fault(
        check="network-present",
        severity=BLOCKER,
        plant=shell(
            "kvm02",
            "ip link set br-guest down && ip link set br-guest name br-away",
            "ip link set br-away name br-guest && ip link set br-guest up",
        ),
        saw=("br-guest", "kvm02 has br-away"),
        fix=("ssh kvm02 'ip link add name br-guest type bridge'",),
    ),
    "a bridge with a smaller MTU": Fault(
        check="bridge-mtu",
        severity=WARNING,
        plant=lambda lab: lab.set_mtu("kvm02", "guest", 1300),
        saw=("br-guest of kvm01", "MTU of 1500", "br-guest of kvm02 has 1300"),
        fix=("ssh kvm02 'ip link set br-guest mtu 1500'",),
    ),
    "a bridge without an uplink": Fault(
        check="bridge-uplink",
        severity=WARNING,
        plant=shell("kvm02", "ip link set uplink nomaster", "ip link set uplink master br-guest"),
        saw=("leads out through uplink", "br-guest of kvm02 has no uplink"),
        fix=("ssh kvm02 'ip link show master br-guest'",),
    ),
    "a bridge that filters VLANs": Fault(
        check="bridge-vlan",
        severity=WARNING,
        plant=shell(
            "kvm02",
            "ip link set br-guest type bridge vlan_filtering 1",
            "ip link set br-guest type bridge vlan_filtering 0",
        ),
        saw=("br-guest of kvm01", "does not filter VLANs", "br-guest of kvm02 filters VLANs"),
        fix=("ssh kvm02 'bridge vlan show'",),
    ),
    "libvirt's network is not defined there": Fault(
        check="network-present",
        severity=BLOCKER,
        given=define_network("kvm01"),
        guest=IN_NETWORK,
        saw=("libvirt's network inner", "kvm02 has no active network"),
        fix=("net-start inner", "net-dumpxml"),
    ),
    "libvirt's network is not active there": Fault(
        check="network-present",
        severity=BLOCKER,
        given=define_network("kvm01"),
        plant=define_network("kvm02", active=False),
        guest=IN_NETWORK,
        saw=("network inner", "defined on kvm02 but not active"),
        fix=("virsh -c qemu+ssh://root@kvm02/system net-start inner",),
        remedy="start-network",
    ),
    "a network that does not start with its host": Fault(
        check="infrastructure-autostart",
        severity=NOTE,
        plant=define_network("kvm02", autostart=False),
        saw=("network inner of kvm02", "not started with the host"),
        fix=("virsh -c qemu+ssh://root@kvm02/system net-autostart inner",),
    ),
    "a network filter that is not there": Fault(
        check="nwfilter",
        severity=BLOCKER,
        given=shell(
            "kvm01",
            "echo \"<filter name='odd-filter' chain='root'/>\" | virsh nwfilter-define /dev/stdin",
            "virsh destroy odd; virsh nwfilter-undefine odd-filter",
        ),
        guest=instead("<rom enabled='no'/>", "<filterref filter='odd-filter'/><rom enabled='no'/>"),
        saw=("the filter odd-filter", "kvm02 has"),
        fix=("nwfilter-dumpxml odd-filter", "virsh -c qemu+ssh://root@kvm02/system nwfilter-define"),
    ),
    # the migration network
    "other MTUs on the migration network": Fault(
        check="mtu-equal",
        severity=WARNING,
        plant=lambda lab: lab.set_mtu("kvm01", "migration", 1400),
        saw=("migration of kvm01 has an MTU of 1400", "migration of kvm02 one of 1500"),
        fix=("ssh kvm01 'ip link show migration'", "ssh kvm02 'ip link show migration'"),
    ),
    "long packets vanish on the way": Fault(
        check="path-mtu",
        severity=BLOCKER,
        plant=lambda lab: lab.swallow("kvm02", "migration", above=1400),
        saw=("Packets of 1500 bytes, the MTU of kvm01", "10.77.2.12 of kvm02"),
        fix=("ssh kvm01 'ping -M do -c 1 -s 1472 10.77.2.12'",),
    ),
    "the migration ports are filtered": Fault(
        check="migration-port",
        severity=BLOCKER,
        plant=drop("kvm02", PORTS),
        saw=("kvm01 gets no answer from 10.77.2.12 port 49152", "filtered", "49152-49215"),
        fix=("Let tcp 49152-49215 to 10.77.2.12 in at kvm02",),
    ),
    "the migration address is not the host's": Fault(
        check="address-present",
        severity=BLOCKER,
        settings=hosts_entry("kvm01", addresses={"migration": "10.77.2.99"}),
        saw=("gives kvm01 the address 10.77.2.99", "the host has", "10.77.2.11"),
        fix=("ssh kvm01 'ip -brief address'",),
    ),
    # access
    "libvirt there lets nobody in": Fault(
        check="peer",
        severity=BLOCKER,
        plant=drop("kvm02", "tcp dport 16514 reject with tcp reset"),
        saw=("kvm01 cannot reach libvirt of kvm02 under qemu+tls://kvm02/system", "refused"),
        fix=("ssh kvm01 'virsh -c qemu+tls://kvm02/system version'",),
    ),
    "no way back": Fault(
        check="peer-return",
        severity=WARNING,
        plant=drop("kvm01", "tcp dport 16514 reject with tcp reset"),
        saw=("Guests could not come back", "kvm02 cannot reach libvirt of kvm01"),
        fix=("ssh kvm02 'virsh -c qemu+tls://kvm01/system version'",),
    ),
    "no client certificate": Fault(
        check="tls-certificate",
        severity=BLOCKER,
        plant=lambda lab: lab.plant("kvm01", "/etc/pki/libvirt/clientcert.pem", None),
        saw=("client certificate of kvm01, /etc/pki/libvirt/clientcert.pem, does not exist",),
        fix=("ssh kvm01 'ls -l /etc/pki/libvirt/clientcert.pem'",),
        also=(("peer", BLOCKER),),  # for want of the certificate
    ),
    "a certificate that has ended": Fault(
        check="tls-certificate",
        severity=WARNING,  # the daemon still has the one it read at its start
        plant=certificate_that_ended("kvm02"),
        saw=("server certificate of kvm02, /etc/pki/libvirt/servercert.pem, ended on 2020-01-02",),
        fix=("restart the daemon", "ssh kvm02 'openssl x509"),
    ),
    "clocks apart": Fault(
        check="clock-skew",
        severity=WARNING,
        plant=lambda lab: lab.skew_clock("kvm02", 90),
        saw=("The clocks of kvm01", "and kvm02 (+", "the policy allows 0.500 s"),
        fix=("ssh kvm01 timedatectl", "ssh kvm02 timedatectl"),
    ),
    # the hosts' settings
    "another lock manager": Fault(
        check="disk-locks",
        severity=BLOCKER,
        plant=append("kvm02", QEMU_CONF, 'lock_manager = "lockd"'),
        saw=("kvm01 has the lock manager none, kvm02 has lockd",),
        fix=("lock_manager", "/etc/libvirt/qemu.conf", "kvm02"),
    ),
    "another port range": Fault(
        check="port-range",
        severity=NOTE,
        plant=append("kvm02", QEMU_CONF, "migration_port_min = 50000\nmigration_port_max = 50100"),
        saw=("kvm01 receives migrations on the ports 49152-49215, kvm02 on 50000-50100",),
        fix=("/etc/libvirt/qemu.conf",),
    ),
    "no keepalive": Fault(
        check="keepalive",
        severity=WARNING,
        plant=append("kvm02", QEMU_CONF, "keepalive_interval = -1"),
        saw=("keepalive of migrations is off on kvm02", "5 s x 5 on kvm01"),
        fix=("/etc/libvirt/qemu.conf",),
    ),
    "only encrypted migrations": Fault(
        check="tls-force",
        severity=BLOCKER,
        plant=append("kvm02", QEMU_CONF, "migrate_tls_force = 1"),
        saw=("Only encrypted migrations are let through by kvm02",),
        fix=("migrate_tls_force", "/etc/libvirt/qemu.conf"),
    ),
    "another user": Fault(
        check="qemu-user",
        severity=WARNING,
        plant=append("kvm02", QEMU_CONF, 'user = "+4711"'),
        saw=("QEMU runs as 0:0 on kvm01 and as 4711:0 on kvm02",),
        fix=("/etc/libvirt/qemu.conf",),
    ),
    "a hook script": Fault(
        check="hooks",
        severity=WARNING,
        plant=lambda lab: lab.plant("kvm02", HOOK, "#!/bin/sh\nexit 0\n", mode=0o755),
        saw=("qemu only on kvm02", "may change its definition"),
        fix=("ssh kvm02 'ls -lR /etc/libvirt/hooks'",),
    ),
    "Pacemaker": Fault(
        check="managed-host",
        severity=WARNING,
        plant=pretend_manager("kvm02", "pacemakerd"),
        saw=("Pacemaker manages kvm02 (pacemakerd is running)",),
        fix=("pcs",),
    ),
    "Proxmox": Fault(
        check="managed-host",
        severity=WARNING,
        plant=lambda lab: lab.plant("kvm01", "/etc/pve/storage.cfg", "dir: local\n"),
        saw=("Proxmox", "manages kvm01 (/etc/pve/storage.cfg exists)"),
        fix=("kvm01",),
    ),
    "a shutdown that is scheduled": Fault(
        check="shutdown-scheduled",
        severity=WARNING,
        plant=lambda lab: lab.plant(
            "kvm02", "/run/systemd/shutdown/scheduled", "USEC=1893456000000000\nWARN_WALL=1\nMODE=reboot\n"
        ),
        saw=("A shutdown of kvm02 is scheduled for 2030-01-01 00:00:00 UTC (reboot)",),
        fix=("ssh kvm02 'shutdown -c'",),
    ),
    "another microcode": Fault(
        check="cpu-microcode",
        severity=NOTE,
        plant=shell(
            "kvm02",
            "sed 's/^microcode.*/microcode\\t: 0x1234/' /proc/cpuinfo > /run/odd-cpuinfo && "
            "mount --bind /run/odd-cpuinfo /proc/cpuinfo",
            "umount /proc/cpuinfo",
        ),
        saw=("different microcode", "and 0x1234"),
        fix=("ssh kvm02 'grep -m1 microcode /proc/cpuinfo'",),
    ),
    "no free memory": Fault(
        check="memory",
        severity=BLOCKER,
        plant=lambda lab: lab.pretend_free_memory("kvm02", 128),
        saw=("plain needs", "kvm02 can give 0 MiB: 128 MiB free, less 256 MiB reserve"),
        fix=("virsh -c qemu+ssh://root@kvm02/system nodememstats",),
    ),
    # identity and policy
    "another guest of that name": Fault(
        check="identity",
        severity=BLOCKER,
        plant=twin("kvm02"),
        saw=("kvm02 has another guest of the name plain", "shut off"),
        fix=("virsh -c qemu+ssh://root@kvm02/system domrename",),
    ),
    "a stale definition": Fault(
        check="identity",
        severity=WARNING,
        plant=stale_definition("kvm02"),
        saw=("kvm02 already has a definition of plain with the same UUID, shut off", "will be replaced", "vcpu"),
        fix=("virsh -c qemu+ssh://root@kvm02/system dumpxml --inactive",),
    ),
    "a host that takes no guests": Fault(
        check="host-direction",
        severity=BLOCKER,
        settings=hosts_entry("kvm02", incoming=False),
        saw=("kvm02 has incoming: false",),
        fix=("set hosts.kvm02.incoming to true",),
    ),
    "hosts of two groups": Fault(
        check="group",
        severity=NOTE,
        settings=hosts_entry("kvm02", group="rack2"),
        saw=("kvm01 is in no group, kvm02 is in the group rack2", "was named"),
        fix=("under hosts:",),
    ),
    "a promise the policy does not allow": Fault(
        check="memory-ratio",
        severity=BLOCKER,
        settings=config("guests", {"plain": {"policy": {"memory_ratio": 0.001}}}),
        saw=("The policy allows 0.001 times",),
        fix=("raise memory_ratio in the policy",),
    ),
    # the guest's devices
    "a medium only the source has": Fault(
        check="local-media",
        severity=BLOCKER,
        given=MAKE_ISO,
        guest=CDROM,
        saw=("The medium /srv/local/cd.iso in drive sda (cdrom) of odd does not exist on kvm02",),
        fix=("virsh -c qemu+ssh://root@kvm01/system change-media odd sda --eject --live",),
        remedy="eject-medium",
    ),
    "a directory only the source has": Fault(
        check="directory-missing",
        severity=BLOCKER,
        given=MAKE_LOG_DIRECTORY,
        guest=LOGGING,
        saw=("odd writes its serial output to /srv/local/log/odd.log; kvm02 has no directory /srv/local/log",),
        fix=("ssh kvm02 'mkdir /srv/local/log'",),
        remedy="make-directory",
    ),
    "a serial port of the host": Fault(
        check="host-chardev",
        severity=BLOCKER,
        guest=device("<serial type='dev'><source path='/dev/ptmx'/><target port='1'/></serial>"),
        saw=("The serial device of odd is /dev/ptmx of kvm01",),
        fix=("virsh -c qemu+ssh://root@kvm01/system edit odd",),
    ),
    "more virtual CPUs than processors": Fault(
        check="vcpu-count",
        severity=WARNING,
        guest=instead("<vcpu>1</vcpu>", "<vcpu>3</vcpu>"),
        saw=("odd has 3 virtual CPUs; kvm02 has 2 processors",),
        fix=("virsh -c qemu+ssh://root@kvm02/system nodeinfo",),
    ),
    "a definition that is not what runs": Fault(
        check="pending-definition",
        severity=WARNING,
        guest=instead("<vcpu>1</vcpu>", "<vcpu>1</vcpu>"),
        plant=redefine("odd", "<vcpu>1</vcpu>", "<vcpu>2</vcpu>"),
        saw=("odd was changed since it started", "on kvm01"),
        fix=("virsh -c qemu+ssh://root@kvm01/system dumpxml odd --inactive",),
    ),
    # storage
    "a local disk": Fault(
        check="disk-shared",
        severity=BLOCKER,
        guest=instead("", ""),
        disk="local",
        saw=("Disk vda of odd, /srv/local/odd.qcow2, does not exist on kvm02",),
        fix=("ssh kvm01 'findmnt -T /srv/local/odd.qcow2'",),
        also=(("copy-space", NOTE),),  # what a copy would find
    ),
    "a base image only the source has": Fault(
        check="backing-chain",
        severity=BLOCKER,
        given=shell(
            "kvm01",
            "qemu-img create -q -f qcow2 /srv/local/base.qcow2 1M && "
            "qemu-img create -q -f qcow2 -F qcow2 -b /srv/local/base.qcow2 /srv/shared/top.qcow2",
            "rm -f /srv/local/base.qcow2 /srv/shared/top.qcow2",
        ),
        guest=disk_made("/srv/shared/top.qcow2"),
        saw=("/srv/local/base.qcow2, on which disk vdb of odd is based, does not exist on kvm02",),
        fix=("ssh kvm01 'findmnt -T /srv/local/base.qcow2'",),
    ),
    "a snapshot": Fault(
        check="snapshots",
        severity=BLOCKER,
        guest=instead("", ""),
        disk="shared",
        plant=shell("kvm01", "virsh -q snapshot-create-as odd before --disk-only", "rm -f /srv/shared/odd.before"),
        saw=("odd has 1 snapshot on kvm01",),
        fix=("virsh -c qemu+ssh://root@kvm01/system snapshot-list odd --tree",),
    ),
    "a checkpoint": Fault(
        check="checkpoints",
        severity=WARNING,
        guest=instead("", ""),
        disk="shared",
        plant=shell(
            "kvm01", "virsh -q checkpoint-create-as odd monday", "virsh -q checkpoint-delete odd monday --metadata"
        ),
        saw=("odd has 1 checkpoint on kvm01", "full one"),
        fix=("virsh -c qemu+ssh://root@kvm01/system checkpoint-list odd",),
    ),
    "a disk cached unsafely": Fault(
        check="disk-cache",
        severity=WARNING,
        guest=instead("cache='none'", "cache='unsafe'"),
        disk="shared",
        saw=("Disk vda of odd, /srv/shared/odd.qcow2, has cache='unsafe'",),
        fix=("virsh -c qemu+ssh://root@kvm01/system edit odd",),
    ),
    "a disk whose format cannot move": Fault(
        check="disk-format",
        severity=BLOCKER,
        given=shell("kvm01", "qemu-img create -q -f vmdk /srv/shared/top.vmdk 1M", "rm -f /srv/shared/top.vmdk"),
        guest=disk_made("/srv/shared/top.vmdk", kind="vmdk"),
        saw=("Disk vdb of odd, /srv/shared/top.vmdk, has the format vmdk",),
        fix=("blockcopy odd vdb", "--format qcow2"),
    ),
    "a pool that is not active": Fault(
        check="pool-active",
        severity=BLOCKER,
        given=define_pool("kvm01"),
        plant=define_pool("kvm02", active=False),
        guest=IN_POOL,
        saw=("in the storage pool images, which is defined on kvm02 but not active",),
        fix=("virsh -c qemu+ssh://root@kvm02/system pool-start images",),
        remedy="start-pool",
    ),
}
