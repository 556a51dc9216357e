"""What hosts have answered to the sections of the script, as the sections print it."""

PROCESSOR = """cpu processor\t: 0
cpu vendor_id\t: GenuineIntel
cpu cpu family\t: 6
cpu model\t\t: 85
cpu model name\t: Intel(R) Xeon(R) Gold 6140 CPU @ 2.30GHz
cpu stepping\t: 4
cpu microcode\t: 0x2007006
cpu flags\t\t: fpu vme avx512f vmx
cpu bugs\t\t: cpu_meltdown spectre_v1
threads 72
vulnerability meltdown Mitigation: PTI
vulnerability spec_store_bypass Vulnerable
nested Y
tsc 2294608
clocksource tsc
"""

_LINKS = """[ {
        "ifname": "eno1",
        "flags": [ "BROADCAST","MULTICAST","SLAVE","UP","LOWER_UP" ],
        "mtu": 9000,
        "master": "bond0",
        "link_type": "ether",
        "linkinfo": {
            "info_slave_kind": "bond"
        },
        "addr_info": [ ]
    },{
        "ifname": "bond0",
        "flags": [ "BROADCAST","MULTICAST","MASTER","UP","LOWER_UP" ],
        "mtu": 9000,
        "link_type": "ether",
        "linkinfo": {
            "info_kind": "bond",
            "info_data": {
                "mode": "802.3ad",
                "xmit_hash_policy": "layer3+4",
                "ad_user_port_key": 0
            }
        },
        "addr_info": [ {
                "local": "10.77.2.11",
                "preferred_life_time": 4294967295
            },{
                "local": "fd77:2::11",
                "preferred_life_time": 4294967295
            } ]
    },{
    },{
        "ifname": "eno2",
        "flags": [ "NO-CARRIER","BROADCAST","MULTICAST","UP" ],
        "mtu": 1500,
        "master": "br-guest",
        "link_type": "ether",
        "addr_info": [ ]
    },{
        "ifname": "br-guest",
        "flags": [ "BROADCAST","MULTICAST","UP","LOWER_UP" ],
        "mtu": 1400,
        "link_type": "ether",
        "linkinfo": {
            "info_kind": "bridge",
            "info_data": {
                "vlan_filtering": 1,
                "nf_call_arptables": 0
            }
        },
        "addr_info": [ ]
    },{
        "ifname": "vnet0",
        "flags": [ "BROADCAST","MULTICAST","UP","LOWER_UP" ],
        "mtu": 1400,
        "master": "br-guest",
        "link_type": "ether",
        "linkinfo": {
            "info_kind": "tun",
            "info_data": {
                "type": "tap",
                "persist": true
            }
        },
        "addr_info": [ ]
    },{
        "ifname": "ovs0",
        "flags": [ "BROADCAST","MULTICAST","UP","LOWER_UP" ],
        "mtu": 1500,
        "link_type": "ether",
        "linkinfo": {
            "info_kind": "openvswitch"
        },
        "addr_info": [ ]
    } ]"""
_VLANS = """[ {
        "ifname": "eno2",
        "vlans": [ {
                "vlan": 1,
                "flags": [ "PVID","Egress Untagged" ]
            },{
                "vlan": 20,
                "vlanEnd": 22
            } ]
    },{
        "ifname": "br-guest",
        "vlans": [ {
                "vlan": 1,
                "flags": [ "PVID","Egress Untagged" ]
            } ]
    },{
        "ifname": "vnet0",
        "vlans": [ {
                "vlan": 99,
                "flags": [ "PVID","Egress Untagged" ]
            } ]
    } ]"""
INTERFACES = "\n".join(
    [
        *(f"ip {line}" for line in _LINKS.splitlines()),
        *(f"vlan {line}" for line in _VLANS.splitlines()),
        "net eno1 25000 full 16 yes",
        "net bond0 50000 full 16 no",
        "net eno2 -1 unknown 1 yes",
        "net br-guest - - 1 no",
        "net vnet0 - - 1 no",
        "net ovs0 - - 1 no",
        "ovs ovs0",
    ]
)

DAEMON = """memlock 65536
qemu user = "root"
qemu group = "libvirt-qemu"
qemu lock_manager = "lockd"
qemu migration_address = "10.77.2.11"
qemu migration_host = 'kvm01.lan'
qemu migration_port_min = 50000
qemu migration_port_max = 50100 # as agreed
qemu keepalive_interval = -1
qemu keepalive_count=3
qemu migrate_tls_force = 1
qemu cgroup_device_acl = [
qemu     "/dev/null",
qemu     "/dev/infiniband/rdma_cm"
qemu ]
daemon max_client_requests = 20
daemon keepalive_interval = 7
read yes
user root 0
user libvirt-qemu 64055
group libvirt-qemu 64055
group kvm 104
hook aa11 qemu
hook aa11 network
hook bb22 qemu.d/10-dns
"""

OWNERS = """looked yes
process pacemakerd
process nova-compute
path /etc/pve/storage.cfg
cib <primitive id="vm-db" class="ocf" provider="heartbeat" type="VirtualDomain">
cib <nvpair id="vm-db-config" name="config" value="/etc/libvirt/qemu/db-01.xml"/>
cib <primitive class="ocf" provider="heartbeat" type="apache" id="site">
cib <nvpair id="site-config" name="config" value="/etc/apache2/apache2.conf"/>
cib <primitive class="ocf" type="VirtualDomain" id="web-01">
"""

DEVICES = """pci 0000:03:00.0 0x15b3 0x101d no
pci 0000:03:00.2 0x15b3 0x101e yes
pci 0000:00:1f.0 0x8086 0xa1c8 no
driver 0000:03:00.0 mlx5_core
driver 0000:03:00.2 mlx5_vfio_pci
usb 1d6b:0002
usb 0781:5567
mdev nvidia-35 4
mdev nvidia-35 1
mdev nvidia-36 0
vsock yes
slirp yes
swtpm TPM emulator version 0.7.1, Copyright (c) 2014-2022 IBM Corp. and others
virtiofsd virtiofsd 1.10.0
"""

EVERY = {
    "processor": PROCESSOR,
    "interfaces": INTERFACES,
    "daemon": DAEMON,
    "owners": OWNERS,
    "devices": DEVICES,
}
