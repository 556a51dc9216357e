"""Faults that a guest meets: what it has, what is planted, and how ferry reports it."""

from collections.abc import Mapping

from tests.integration.faults import AS_USUAL, BLOCKER, NOTE, WARNING, Fault
from tests.integration.planted import (
    SECRET,
    both,
    define_network,
    define_pool,
    device,
    disk_made,
    encrypted_image,
    instead,
    redefine,
    shell,
)

BRIDGED = instead("<interface type='bridge'>", "<interface type='network'>")
IN_NETWORK = both(BRIDGED, instead('<source bridge="br-guest"/>', "<source network='inner'/>"))
CDROM = device(
    "<disk type='file' device='cdrom'><source file='/srv/local/cd.iso'/><target dev='sda' bus='sata'/>"
    "<readonly/></disk>"
)
LOGGING = device("<serial type='file'><source path='/srv/local/log/odd.log'/></serial>")
MAKE_LOG_DIRECTORY = shell("kvm01", "mkdir -p /srv/local/log", "rm -rf /srv/local/log")
REMOVE_LOG_DIRECTORY = shell("kvm02", "true", "rm -rf /srv/local/log")  # where a repair made it
MAKE_ISO = shell("kvm01", "truncate -s 64K /srv/local/cd.iso", "rm -f /srv/local/cd.iso")
IN_POOL = device(
    "<disk type='volume' device='disk'><driver name='qemu' type='qcow2' cache='none'/>"
    "<source pool='images' volume='odd.qcow2'/><target dev='vdb' bus='virtio'/></disk>"
)

OF_GUESTS: Mapping[str, Fault] = {
    # the guest's network
    "no bridge there": Fault(
        check="network-present",
        severity=BLOCKER,
        plant=shell(
            "kvm02",
            "ip link set br-guest down && ip link set br-guest name br-away",
            "ip link set br-away name br-guest && ip link set br-guest up",
        ),
        guest=AS_USUAL,
        saw=("br-guest", "kvm02 has br-away"),
        fix=("ssh kvm02 'ip link add name br-guest type bridge'",),
        libvirt="Cannot get interface MTU on 'br-guest'",
    ),
    "a bridge with a smaller MTU": Fault(
        check="bridge-mtu",
        severity=WARNING,
        plant=lambda lab: lab.set_mtu("kvm02", "guest", 1300),
        saw=("br-guest of kvm01", "MTU of 1500", "br-guest of kvm02 has 1300"),
        fix=("ssh kvm02 'ip link set br-guest mtu 1500'",),
    ),
    "a bridge that is switched off": Fault(
        check="bridge-down",
        severity=BLOCKER,
        plant=shell("kvm02", "ip link set br-guest down", "ip link set br-guest up"),
        saw=("br-guest of kvm02", "is down"),
        fix=("ssh kvm02 'ip link set br-guest up'",),
    ),
    "a bridge without an uplink": Fault(
        check="bridge-uplink",
        severity=WARNING,
        plant=shell("kvm02", "ip link set uplink nomaster", "ip link set uplink master br-guest"),
        saw=("leads out through uplink", "br-guest of kvm02 has no uplink"),
        fix=("ssh kvm02 'ip link show master br-guest'",),
    ),
    "libvirt's network is not defined there": Fault(
        check="network-present",
        severity=BLOCKER,
        given=define_network("kvm01"),
        guest=IN_NETWORK,
        saw=("libvirt's network inner", "kvm02 has no active network"),
        fix=("net-start inner", "net-dumpxml"),
        libvirt="no network with matching name 'inner'",
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
        libvirt="network 'inner' is not active",
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
        libvirt="referenced filter 'odd-filter' is missing",
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
        libvirt="Cannot access storage file '/srv/local/cd.iso'",
    ),
    "a directory only the source has": Fault(
        check="directory-missing",
        severity=BLOCKER,
        given=MAKE_LOG_DIRECTORY,
        guest=LOGGING,
        saw=("odd writes its serial output to /srv/local/log/odd.log; kvm02 has no directory /srv/local/log",),
        fix=("ssh kvm02 'mkdir /srv/local/log'",),
        remedy="make-directory",
        libvirt="Failed to create file '/srv/local/log/odd.log'",
    ),
    "a serial port of the host": Fault(
        check="host-chardev",
        severity=BLOCKER,
        guest=device("<serial type='dev'><source path='/dev/ptmx'/></serial>"),
        saw=("The serial device of odd is /dev/ptmx of kvm01",),
        fix=("virsh -c qemu+ssh://root@kvm01/system edit odd",),
        libvirt="",
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
        guest=AS_USUAL,
        plant=redefine("odd", "<vcpu>1</vcpu>", "<vcpu>2</vcpu>"),
        saw=("odd was changed since it started", "on kvm01"),
        fix=("virsh -c qemu+ssh://root@kvm01/system dumpxml odd --inactive",),
    ),
    "a guest of oVirt": Fault(
        check="managed-guest",
        severity=WARNING,
        guest=instead(
            "</metadata>",
            "<ovirt-vm:vm xmlns:ovirt-vm='http://ovirt.org/vm/1.0'><ovirt-vm:a/></ovirt-vm:vm></metadata>",
        ),
        saw=("odd on kvm01 belongs to", "http://ovirt.org/vm/1.0"),
        fix=("kvm01",),
    ),
    "a clipboard channel": Fault(
        check="agent-channel",
        severity=BLOCKER,
        guest=device(
            "<channel type='qemu-vdagent'><source><clipboard copypaste='yes'/></source>"
            "<target type='virtio' name='com.redhat.spice.0'/></channel>"
        ),
        saw=("odd has a channel of the type qemu-vdagent",),
        fix=("detach-device odd channel.xml --live",),
        libvirt="The vdagent chardev doesn't yet support migration",
    ),
    "a device that cannot move": Fault(
        check="unmigratable-device",
        severity=BLOCKER,
        guest=device("<sound model='virtio'/>"),
        saw=("odd has a device that cannot move",),
        fix=("edit odd",),
        libvirt="non-migratable device",
    ),
    "shared memory": Fault(
        check="shared-memory",
        severity=BLOCKER,
        guest=device("<shmem name='odd-shm'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>"),
        saw=("odd",),
        fix=("odd",),
        libvirt="Migration is disabled when using feature 'peer mode' in device 'ivshmem'",
    ),
    # storage
    "a local disk": Fault(
        check="disk-shared",
        severity=BLOCKER,
        guest=AS_USUAL,
        disk="local",
        saw=("Disk vda of odd, /srv/local/odd.qcow2, does not exist on kvm02",),
        fix=("ssh kvm01 'findmnt -T /srv/local/odd.qcow2'",),
        also=(("copy-space", NOTE),),  # what a copy would find
    ),
    "a disk of the same name": Fault(
        check="disk-shared",
        severity=BLOCKER,
        guest=AS_USUAL,
        disk="local",
        plant=shell("kvm02", "qemu-img create -q -f qcow2 /srv/local/odd.qcow2 64M", "rm -f /srv/local/odd.qcow2"),
        saw=("Disk vda of odd, /srv/local/odd.qcow2, is a local disk of the same name on kvm02",),
        fix=("ssh kvm01 'stat /srv/local/odd.qcow2'", "ssh kvm02 'stat /srv/local/odd.qcow2'"),
        also=(("copy-space", NOTE),),
        libvirt="",
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
        libvirt="Cannot access backing file '/srv/local/base.qcow2'",
    ),
    "a snapshot": Fault(
        check="snapshots",
        severity=BLOCKER,
        guest=AS_USUAL,
        disk="shared",
        plant=shell("kvm01", "virsh -q snapshot-create-as odd before --disk-only", "rm -f /srv/shared/odd.before"),
        saw=("odd has 1 snapshot on kvm01",),
        fix=("virsh -c qemu+ssh://root@kvm01/system snapshot-list odd --tree",),
        libvirt="cannot migrate domain with 1 snapshots",
    ),
    "a checkpoint": Fault(
        check="checkpoints",
        severity=WARNING,
        guest=AS_USUAL,
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
        libvirt="does not support live migration",
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
        libvirt="storage pool 'images' containing volume 'odd.qcow2' is not active",
    ),
    "a transient disk": Fault(
        check="transient-disk",
        severity=BLOCKER,
        disk="shared",
        guest=instead("<target dev='vda' bus='virtio'/>", "<target dev='vda' bus='virtio'/><transient/>"),
        saw=("Disk vda of odd", "is transient"),
        fix=("edit odd",),
        libvirt="migration with transient disk is not supported",
    ),
    "a secret only the source has": Fault(
        check="secrets",
        severity=BLOCKER,
        given=encrypted_image("kvm01"),
        guest=device(
            "<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/>"
            "<source file='/srv/shared/top.luks'><encryption format='luks'>"
            f"<secret type='passphrase' uuid='{SECRET}'/></encryption></source>"
            "<target dev='vdb' bus='virtio'/></disk>"
        ),
        saw=(f"A disk of odd needs the secret {SECRET}; kvm02 does not have it",),
        fix=(f"virsh -c qemu+ssh://root@kvm02/system secret-set-value {SECRET}",),
        libvirt="no secret with matching uuid",
    ),
}
