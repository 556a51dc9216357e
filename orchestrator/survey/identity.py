"""What a host's shell says of the host itself: machine id, boot id, bridges, memory."""

from dataclasses import dataclass, replace

from orchestrator.model.facts import HostFacts, Unknown
from orchestrator.ports import CommandResult
from orchestrator.survey.root import REFUSED, REFUSED_STATUS

# After root.SHELL. Each line is printed at once, because the sections of topics print at the same time.
SCRIPT = f"""
echo "machine $(cat /etc/machine-id 2>/dev/null)"
echo "boot $(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
echo "available $(awk '$1 == "MemAvailable:" {{ print $2 }}' /proc/meminfo 2>/dev/null)"
for bridge in /sys/class/net/*/bridge; do
  [ -d "$bridge" ] || continue
  bridge=${{bridge%/bridge}}; echo "bridge ${{bridge##*/}}"
done
if command -v ovs-vsctl >/dev/null; then
  bridges=$(root ovs-vsctl --timeout=2 list-br 2>/dev/null) || [ $? -ne {REFUSED_STATUS} ] || echo "hidden bridges"
  for bridge in $bridges; do echo "bridge $bridge"; done
fi
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """What the script found."""

    machine_id: str | Unknown
    boot_id: str | Unknown
    bridges: frozenset[str] | Unknown
    memory_available_bytes: int | None = None


def parse(said: CommandResult | Unknown, leg: str) -> Identified:
    """Read the script's output; `leg` names the connection where the output says nothing."""
    if isinstance(said, Unknown):
        return Identified(machine_id=said, boot_id=said, bridges=said)
    pairs = [line.split(maxsplit=1) for line in said.stdout.splitlines()]
    found = {key: value for key, value in (pair for pair in pairs if len(pair) == 2) if key != "bridge"}
    bridges = frozenset(pair[1] for pair in pairs if len(pair) == 2 and pair[0] == "bridge")
    missing = Unknown(why="the host has none", code="host.shell", leg=leg)
    return Identified(
        machine_id=found.get("machine", missing),
        boot_id=found.get("boot", missing),
        bridges=replace(REFUSED, leg=leg) if "hidden" in found else bridges,
        memory_available_bytes=int(kib) * 1024 if (kib := found.get("available", "")).isdecimal() else None,
    )


def told(facts: HostFacts) -> bool:
    """Whether the host's shell was asked already. An Unknown without a leg says that nobody tried."""
    return not (isinstance(facts.bridges, Unknown) and not facts.bridges.leg)


def failure(facts: HostFacts) -> Unknown | None:
    """Why the host's shell could not be asked at all; None: it answered, or nobody tried."""
    bridges = facts.bridges
    return bridges if isinstance(bridges, Unknown) and bridges.leg and facts.identity.boot_id == bridges else None


def merged(facts: HostFacts, said: Identified) -> HostFacts:
    """Facts of libvirt and of the shell in one value."""
    identity = replace(facts.identity, machine_id=said.machine_id, boot_id=said.boot_id)
    return replace(facts, identity=identity, bridges=said.bridges, memory_available_bytes=said.memory_available_bytes)
