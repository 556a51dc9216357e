"""The PathWitness: the sockets of a guest's QEMU towards its destination, by one script on the source.

For a plain stream libvirtd opens the connection and hands it to QEMU; for several streams, and for disks, QEMU opens
them itself. Either way the socket belongs to QEMU's process while memory flows. Whose a socket is only root may know;
without that all sockets to the destination's address count whose port is one that libvirt gives to migrations.
"""

import ipaddress
import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.path import PathSeen, Way
from orchestrator.ports import CommandResult, HostShell
from orchestrator.survey import root

_PORTS: Final = range(49152, 49216)  # migration_port_min and _max, where qemu.conf says nothing else
# $5 of a line of ss is the other end, with its port. One route for each address that sockets leave from, and the device
# that has this address; an address of a loopback or dummy device is meant to leave by others.
_SCRIPT = r"""
guest=$(printf '%s\n' {uuid} | grep -lsazxF -f - {proc}/[0-9]*/cmdline)
for cmdline in $guest; do process=${{cmdline%/cmdline}}; echo "process ${{process##*/}}"; done
sockets=$(root ss -tnpiHO 2>/dev/null) && echo owners || sockets=$(ss -tniHO) || exit 1
printf '%s\n' "$sockets" | awk -v to={address} '
  function bare(end) {{ sub(/:[0-9]+$/, "", end); gsub(/^\[?::ffff:|[][]/, "", end); return end }}
  $1 == "ESTAB" && bare($5) == to {{ print "socket", $0; here[bare($4)] = 1 }}
  END {{ for (one in here) print "from", one }}' |
while read -r word here; do
  if [ "$word" = socket ]; then echo "socket $here"; continue; fi
  device=$(ip -o route get {address} from "$here" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p')
  home=$(ip -o addr show to "$here" 2>/dev/null | awk '{{ print $2; exit }}')
  ip -o -d link show dev "${{home:-lo}}" 2>/dev/null | grep -qE '[<,]LOOPBACK[,>]| dummy ' && home=
  echo "way $here ${{device:--}} ${{home:--}} $(cat "{sys}/class/net/$device/statistics/tx_bytes" 2>/dev/null)"
done
echo end
"""
_ENDS = re.compile(r"^socket \S+ +\d+ +\d+ +\[?(?:::ffff:)?([^\]\s]+?)\]?:\d+ +\[?(?:::ffff:)?([^\]\s]+?)\]?:(\d+)\s")
_SENT = re.compile(r" bytes_sent:(\d+)")
_ACKED = re.compile(r" bytes_acked:(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaving:
    """Of one address of the source, as in a Way."""

    device: str | None = None
    home: str | None = None
    device_bytes: int | None = None


class ShellWitness:
    """Implements `ports.PathWitness` over the shells of the sources."""

    def __init__(self, shell: Callable[[HostName], HostShell], *, proc: str = "/proc", sys: str = "/sys") -> None:
        self._shell = shell
        self._places = {"proc": proc, "sys": sys}

    def look(self, move: Move, *, within: float) -> PathSeen | Unknown:
        """Ask the source of the move. Its transport's address is the one that sockets are looked for by."""
        try:
            address = str(ipaddress.ip_address(move.transport.address))
        except ValueError as error:
            return Unknown(why=str(error))
        script = root.SHELL + _SCRIPT.format(uuid=shlex.quote(move.guest), address=shlex.quote(address), **self._places)
        said = self._shell(move.source).run(script, within=within)
        if isinstance(said, Unknown):
            return said
        return read(said, f"controller to {move.source}, ssh")


def read(said: CommandResult, leg: str) -> PathSeen | Unknown:
    """What the script has printed as a value."""
    lines = said.stdout.splitlines()
    if not lines or lines[-1] != "end":
        why = (said.stderr.strip().splitlines() or [f"ss gave no answer (status {said.status})"])[-1]
        return Unknown(why=why, code="host.shell", leg=leg)
    processes = [line.split()[1] for line in lines if line.startswith("process ")]
    own = "owners" in lines and bool(processes)
    sockets = [line for line in lines if line.startswith("socket ")]
    if own:
        sockets = [line for line in sockets if any(f"pid={process}," in line for process in processes)]
    ways = dict(_way(line) for line in lines if line.startswith("way "))
    return PathSeen(ways=tuple(_summed(sockets, ways, own=own)), own=own)


def _way(line: str) -> tuple[str, _Leaving]:
    _, here, device, home, *counter = line.split()
    named = [None if word == "-" else word for word in (device, home)]
    return here, _Leaving(device=named[0], home=named[1], device_bytes=int(counter[0]) if counter else None)


def _summed(sockets: Iterable[str], ways: dict[str, _Leaving], *, own: bool) -> Iterable[Way]:
    """One way for each pair of addresses. Sockets through which nothing has gone are no way of anything."""
    sums: dict[tuple[str, str], list[int]] = {}
    for line in sockets:
        ends, sent = _ENDS.match(line), _SENT.search(line) or _ACKED.search(line)
        if ends is None or sent is None or (not own and int(ends[3]) not in _PORTS):
            continue
        sums.setdefault((ends[1], ends[2]), []).append(int(sent[1]))
    for (local, remote), sent_bytes in sums.items():
        leaving = ways.get(local, _Leaving())
        yield Way(
            local=local,
            remote=remote,
            sockets=len(sent_bytes),
            sent_bytes=sum(sent_bytes),
            device=leaving.device,
            home=leaving.home,
            device_bytes=leaving.device_bytes,
        )
