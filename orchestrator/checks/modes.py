"""Which checks concern a move, by how the guest gets there: one table, so that the rules themselves need not know."""

from orchestrator.model.transport import Mode

# About memory, devices and a CPU that travel, and about the path they take: nothing of that does in a move of the
# definition alone, and a guest that starts anew at the destination gets all of it there.
_OF_A_COPY = frozenset(
    {
        "agent-channel",
        "bonding",
        "cgroup-version",
        "confidential",
        "cpu",
        "cpu-microcode",
        "cpu-passthrough",
        "cpu-return",
        "cpu-vendor",
        "disk-cache",
        "disk-format",
        "emulated-memory",
        "encryption-possible",
        "host-chardev",
        "host-device",
        "hyperv-passthrough",
        "keepalive",
        "known-bad-feature",
        "known-bad-pair",
        "link-speed",
        "memory-devices",
        "memory-limit",
        "migration-port",
        "mtu-equal",
        "nested",
        "path-mtu",
        "paused-since-arrival",
        "pci-device",
        "port-range",
        "postcopy-device",
        "postcopy-recovery",
        "postcopy-userfaultfd",
        "postcopy-version",
        "qemu-blockers",
        "rdma-device",
        "rdma-limits",
        "route",
        "scsi-device",
        "scsi-reservation",
        "shared-directory",
        "shared-memory",
        "single-queue",
        "slirp-helper",
        "sriov",
        "tls-force",
        "transient-disk",
        "transport-possible",
        "tsc",
        "unmigratable-device",
        "usb-device",
        "vhost-user",
        "word-size",
        # offline-carries says it in their place, for these modes.
        "checkpoints",
        "managed-save",
        "snapshots",
        "tpm-state",
    }
)
# About room for a guest that runs: one that arrives shut off takes none.
_OF_A_RUNNING_GUEST = frozenset(
    {"host-load", "hugepages", "memory", "memory-pressure", "memory-ratio", "plan-hugepages", "plan-mdev", "vcpu-count"}
)
_OF_A_DEFINITION = frozenset({"offline-carries"})
# About memory that is written while it is copied.
_OF_A_GUEST_THAT_RUNS_ON = frozenset({"emulated-memory"})

PASSED_OVER = {
    Mode.LIVE: _OF_A_DEFINITION,
    Mode.PAUSE: _OF_A_DEFINITION | _OF_A_GUEST_THAT_RUNS_ON,
    Mode.COLD: _OF_A_COPY,
    Mode.OFFLINE: _OF_A_COPY | _OF_A_RUNNING_GUEST,
}


def concerns(check: str, mode: Mode) -> bool:
    """Whether the check of this name has something to say of a move in that mode."""
    return check not in PASSED_OVER[mode]
