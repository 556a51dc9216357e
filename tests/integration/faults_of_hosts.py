"""Faults of hosts and of the way between them: what is planted, and how ferry reports it."""

from collections.abc import Mapping

from tests.integration.faults import AS_USUAL, BLOCKER, NOTE, WARNING, Act, Fault
from tests.integration.planted import (
    append,
    certificate_that_ended,
    config,
    hosts_entry,
    pretend_manager,
    shell,
    stale_definition,
    twin,
)
from tests.lab.unprivileged import SUDOERS as _SUDOERS

SUDOERS = f"/{_SUDOERS}"
# What cannot be decided, besides, of a host whose settings nobody may read.
OF_ROOT = ("lock-manager", "port-range", "keepalive", "tls-force", "hooks", "peer-return")
QEMU_CONF, HOOK = "/etc/libvirt/qemu.conf", "/etc/libvirt/hooks/qemu"
PORTS = "ip daddr 10.77.2.12 tcp dport 49152-49215 drop"


def drop(host: str, rule: str) -> Act:
    """Let that host's packet filter do so with what comes in."""
    chain = f"chain input {{\n type filter hook input priority 0;\n {rule}\n }}"
    return lambda lab: lab.nft(host, f"table inet lab {{\n {chain}\n}}")


OF_HOSTS: Mapping[str, Fault] = {
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
        saw=("kvm01 gets no answer from 10.77.2.12 port", "filtered", "listens on one of 49152-49215"),
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
    "a host whose libvirt is down": Fault(
        check="host-reachable",
        severity=BLOCKER,
        plant=lambda lab: lab.stop_daemon("kvm02"),
        saw=("kvm02 does not answer",),
        fix=("virsh -c qemu+ssh://root@kvm02/system version",),
    ),
    "a user who may not become root": Fault(
        check="qemu-user",
        severity=WARNING,
        plant=lambda lab: lab.plant("kvm03", SUDOERS, None),
        to="kvm03",
        saw=("could not be decided", "sudo -n refuses: install the sudoers list of docs/how-to/non-root-access.md"),
        fix=("Install the list", "docs/how-to/non-root-access.md"),
        also=tuple((check, WARNING) for check in OF_ROOT),
    ),
    # the hosts' settings
    "another lock manager": Fault(
        check="lock-manager",
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
        fix=("maintenance mode", "ssh kvm02 'crm_mon"),
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
        guest=AS_USUAL,
        saw=("odd needs", "kvm02 can give 0 MiB: 128 MiB free, less 256 MiB reserve"),
        fix=("virsh -c qemu+ssh://root@kvm02/system nodememstats",),
        libvirt="",
    ),
    "memory that is waited for": Fault(
        check="memory-pressure",
        severity=NOTE,  # by the lab's policy
        plant=shell(
            "kvm02",
            "echo 'some avg10=55.00 avg60=40.00 avg300=20.00 total=1' > /run/odd-psi && "
            "mount --bind /run/odd-psi /proc/pressure/memory",
            "umount /proc/pressure/memory",
        ),
        saw=("On kvm02 something waits for memory",),
        fix=("ssh kvm02 'cat /proc/pressure/memory'",),
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
}
