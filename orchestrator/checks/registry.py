"""The rules in play, by what they need to know: one explicit list for each."""

from typing import Any

from orchestrator.checks import (
    active_job,
    cpu,
    disk_shared,
    distinct_machines,
    guest_state,
    host_device,
    host_reachable,
    identity,
    local_media,
    machine_type,
    memory,
    migration_address,
    migration_port,
    network_present,
    paused_since_arrival,
    peer,
    runs_once,
    version_direction,
    virt_type,
)
from orchestrator.checks.case import AtSource, BetweenHosts, Case, Reaching
from orchestrator.checks.rule import Rule

GUEST_RULES: tuple[Rule[AtSource], ...] = (
    runs_once.RULE,
    guest_state.RULE,
    paused_since_arrival.RULE,
    active_job.RULE,
    host_device.RULE,
)

REACH_RULES: tuple[Rule[Reaching], ...] = (host_reachable.RULE,)

# Decided by what two hosts say of themselves: cheap, so they also choose the pairs that are surveyed at all.
HOST_RULES: tuple[Rule[BetweenHosts], ...] = (
    identity.RULE,
    distinct_machines.RULE,
    migration_address.RULE,
    virt_type.RULE,
    machine_type.RULE,
    memory.RULE,
    network_present.RULE,
    version_direction.RULE,
)

PAIR_RULES: tuple[Rule[Case], ...] = (
    peer.RULE,
    migration_port.RULE,
    cpu.RULE,
    disk_shared.RULE,
    local_media.RULE,
)

RULES: tuple[Rule[Any], ...] = (*GUEST_RULES, *REACH_RULES, *HOST_RULES, *PAIR_RULES)
