"""The Processes of one host: its guests as its kernel sees them, by one script that needs neither libvirt nor root."""

import shlex

from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.sighting import NoProcess, ProcessSeen
from orchestrator.ports import CommandResult, HostShell

# libvirt starts each QEMU with `-uuid X` (on 9.0 and 11.3) and names its threads (debug-threads=on): `CPU n/TCG`,
# `CPU n/KVM`, or `ALL CPUs/TCG`. The pattern goes through stdin: on a command line grep would find itself. Where
# other accounts' processes are hidden (hidepid), even process 1 cannot be read.
_SCRIPT = r"""
export LC_ALL=C
cat {proc}/1/cmdline >/dev/null 2>&1 || {{ echo hidden; exit 0; }}
found=$(printf '%s\n' {uuid} | grep -lsazxF -f - {proc}/[0-9]*/cmdline)
[ $? -le 2 ] || {{ echo failed; exit 0; }}
for cmdline in $found; do
  process=${{cmdline%/cmdline}}
  tr '\0' '\n' <"$cmdline" 2>/dev/null | grep -x -A 1 -e -uuid | grep -qxF -e {uuid} || continue
  cat "$process"/task/[0-9]*/stat 2>/dev/null | awk -v process="${{process##*/}}" '
    {{ name = $0; sub(/^[0-9]+ \(/, "", name); sub(/\) [A-Za-z] [-0-9 ]*$/, "", name)
       rest = $0; sub(/^.*\) /, "", rest); split(rest, field, " ") }}
    name ~ /^(CPU [0-9]+|ALL CPUs)\/[A-Z]+$/ {{ threads++; ticks += field[12] + field[13] }}
    END {{ if (NR) printf "process %s %d %.0f\n", process, threads, ticks }}'
done
echo "end $(getconf CLK_TCK)"
"""


class ShellProcesses:
    """Implements `ports.Processes` over the shell of a host."""

    def __init__(self, host: HostName, shell: HostShell, *, proc: str = "/proc") -> None:
        self._host = host
        self._shell = shell
        self._proc = proc

    def look(self, guest: GuestId, *, within: float) -> ProcessSeen | NoProcess | Unknown:
        """A QEMU that has ended and was not waited for yet is no process; one without virtual CPUs is not told."""
        script = _SCRIPT.format(uuid=shlex.quote(guest), proc=self._proc)
        said = self._shell.run(script, within=within)
        return said if isinstance(said, Unknown) else self._read(said)

    def _read(self, said: CommandResult) -> ProcessSeen | NoProcess | Unknown:
        lines = [line.split() for line in said.stdout.splitlines()]
        last = lines[-1] if lines else []
        if last == ["hidden"]:
            return self._unknown("the processes of other accounts are hidden there (hidepid)")
        if len(last) != 2 or last[0] != "end":
            return self._unknown((said.stderr.strip().splitlines() or [f"it broke off (status {said.status})"])[-1])
        seen = [(int(pid), int(threads), int(ticks)) for _, pid, threads, ticks in lines[:-1]]
        if not seen:
            return NoProcess()
        # While libvirt starts one, there are two for a moment: QEMU goes into the background before it makes CPUs.
        running = [(pid, ticks) for pid, threads, ticks in seen if threads]
        if len(running) != 1:
            pids = ", ".join(str(pid) for pid, _, _ in seen)
            return self._unknown(f"{len(running)} of the processes of the guest ({pids}) have virtual CPUs")
        ((pid, ticks),) = running
        return ProcessSeen(pid=pid, vcpu_seconds=ticks / int(last[1]))

    def _unknown(self, why: str) -> Unknown:
        return Unknown(why=why, code="host.shell", leg=f"controller to {self._host}, ssh")
