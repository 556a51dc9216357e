"""libvirt's states and reasons in ferry's words."""

from typing import Final

from orchestrator.model.guest import Power

# Numbers of include/libvirt/libvirt-domain.h: the same in all versions, while older bindings lack the newer names.
_RUNNING, _BLOCKED, _PAUSED, _SHUTDOWN, _SHUTOFF, _CRASHED, _PMSUSPENDED = range(1, 8)

_POWER: Final = {
    _RUNNING: Power.RUNNING,
    _BLOCKED: Power.RUNNING,
    _PAUSED: Power.PAUSED,
    _SHUTDOWN: Power.RUNNING,  # on its way down, its QEMU still there
    _SHUTOFF: Power.SHUT_OFF,
    _CRASHED: Power.PAUSED,  # the guest's kernel died, QEMU holds its memory: active, and it can be moved
    _PMSUSPENDED: Power.RUNNING,  # asleep, wakes up by itself
}

_REASONS: Final = {
    _RUNNING: {
        1: "booted",
        2: "migrated",
        3: "restored",
        4: "from snapshot",
        5: "unpaused",
        6: "migration canceled",
        7: "save canceled",
        8: "wakeup",
        9: "crashed",
        10: "post-copy",
        11: "post-copy failed",
    },
    _PAUSED: {
        1: "user",
        2: "migration",
        3: "save",
        4: "dump",
        5: "i/o error",
        6: "watchdog",
        7: "from snapshot",
        8: "shutting down",
        9: "snapshot",
        10: "crashed",
        11: "starting up",
        12: "post-copy",
        13: "post-copy failed",
        14: "api error",
    },
    _SHUTDOWN: {1: "shutting down"},
    _SHUTOFF: {
        1: "shutdown",
        2: "destroyed",
        3: "crashed",
        4: "migrated",
        5: "saved",
        6: "failed",
        7: "from snapshot",
        8: "daemon",
    },
    _CRASHED: {1: "panicked"},
    _PMSUSPENDED: {0: "asleep"},
}


def power(state: int) -> Power:
    """Answer what ferry calls this state. A state that libvirt's QEMU driver does not have counts as active."""
    return _POWER.get(state, Power.PAUSED)


def reason(state: int, number: int) -> str:
    """Answer libvirt's reason as a short word; empty where it gives none."""
    return _REASONS.get(state, {}).get(number, "")
