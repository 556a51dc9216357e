"""The Pulse: one script a host reads everything that guard rules watch. Rates are those since the reading before."""

import shlex
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Final
from urllib.parse import urlsplit

from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.network import Network, Role
from orchestrator.model.pulse import Readings
from orchestrator.ports import HostShell

# So many other hosts are asked for an answer, from the next one in the list on: enough that one slow or dead host
# decides nothing, and few enough for a site of many hosts.
ASKED: Final = 4
_PRESSURES: Final = {"cpu_pressure": "cpu", "memory_pressure": "memory", "io_pressure": "io"}
_TRIPS: Final = {"round_trip_ms": Role.MANAGEMENT, "storage_round_trip_ms": Role.STORAGE}
_DROPPED: Final = "rx_dropped tx_dropped rx_missed_errors rx_fifo_errors tx_fifo_errors"
# The columns of /proc/stat: user nice system idle iowait irq softirq steal
_IDLE, _IOWAIT, _STEAL, _COUNTED = 3, 4, 7, 8

_BEGIN = """
export LC_ALL=C
read -r up rest <{proc}/uptime; echo "up $up"
read -r name rest <{proc}/stat; echo "stat $rest"
"""
_PRESSURE = """
{{ read -r some <{proc}/pressure/{kind} && echo "pressure {kind} $some"; }} 2>/dev/null
"""
_DROPS = """
device=$(ip -o address show to {address} | awk '{{ print $2; exit }}')
for counter in {counters}; do
  [ -n "$device" ] && echo "dropped $device $(cat "{sys}/class/net/$device/statistics/$counter" 2>/dev/null)"
done
"""
_PING = """
echo "trip {watch} {host} $(ping -n -q -c 3 -i 0.2 -W 1 {address} | sed -n 's/^r.* = [^/]*[/]\\([^/]*\\)[/].*/\\1/p')" &
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """Counters at one moment. at: seconds since the host has booted."""

    at: float
    spent: tuple[int, ...]
    dropped: Mapping[str, int]


class ShellPulse:
    """Implements `ports.Pulse` over the shells of the hosts. migration: networks whose interfaces count."""

    def __init__(
        self,
        hosts: Mapping[HostName, HostEntry],
        networks: Mapping[str, Network],
        migration: Collection[str],
        shell: Callable[[HostName], HostShell],
        *,
        proc: str = "/proc",
        sys: str = "/sys",
    ) -> None:
        self._hosts = hosts
        self._networks = networks
        self._migration = tuple(migration)
        self._shell = shell
        self._places = {"proc": proc, "sys": sys}
        self._lock = threading.Lock()
        self._before: dict[HostName, _Counted] = {}

    def read(self, host: HostName, watched: Collection[str], *, within: float) -> Readings | Unknown:
        """Ask the host itself; pings take it half a second."""
        said = self._shell(host).run(self._script(host, watched), within=within)
        if isinstance(said, Unknown):
            return said
        lines = [line.split() for line in said.stdout.splitlines()]
        try:
            return self._readings(host, lines, watched)
        except (ValueError, IndexError, KeyError):
            why = (said.stderr.strip().splitlines() or ["the host did not say what was asked"])[-1]
            return Unknown(why=why, code="host.shell", leg=f"controller to {host}, ssh")

    def _script(self, host: HostName, watched: Collection[str]) -> str:
        parts = [_BEGIN.format(**self._places)]
        parts += [_PRESSURE.format(kind=kind, **self._places) for name, kind in _PRESSURES.items() if name in watched]
        own = self._hosts[host].addresses
        if "drops_per_second" in watched:
            addresses = [own[name] for name in self._migration if name in own]
            parts += [_DROPS.format(address=shlex.quote(a), counters=_DROPPED, **self._places) for a in addresses]
        for watch, role in _TRIPS.items():
            others = self._others(host, role) if watch in watched else ()
            parts += [_PING.format(watch=watch, host=name, address=shlex.quote(a)) for name, a in others]
        return "".join([*parts, "wait\n"])

    def _others(self, host: HostName, role: Role) -> Sequence[tuple[HostName, str]]:
        """The next hosts after this one, each by its address on the first network of that role they share. Without one,
        for management: by the name under which other hosts reach its libvirt."""
        names = list(self._hosts)
        after = [*names[names.index(host) + 1 :], *names[: names.index(host)]]
        own = self._hosts[host].addresses
        shared = [name for name, network in self._networks.items() if role in network.roles and name in own]
        found: list[tuple[HostName, str]] = []
        for other in after:
            theirs = self._hosts[other]
            name = urlsplit(theirs.peer_uri).hostname if role is Role.MANAGEMENT else None
            address = next((theirs.addresses[n] for n in shared if n in theirs.addresses), name)
            if address is not None:
                found.append((other, address))
        return found[:ASKED]

    def _readings(self, host: HostName, lines: Sequence[Sequence[str]], watched: Collection[str]) -> Readings:
        now = _counted(lines)
        with self._lock:
            before, self._before[host] = self._before.get(host), now
        figures = {
            f"{words[1]}_pressure": float(words[3].removeprefix("avg10=")) for words in lines if words[0] == "pressure"
        }
        trips = {watch: _trips(lines, watch) for watch in _TRIPS}
        figures |= {watch: median_low(answers.values()) for watch, answers in trips.items() if answers}
        if before is not None and now.at > before.at:
            figures |= _rates(before, now)
        silent = [" ".join((words[2], "does not answer")) for words in lines if words[0] == "trip" and len(words) == 3]
        devices = [f"{device}: {count} dropped in all" for device, count in now.dropped.items()]
        return Readings(
            figures={name: value for name, value in figures.items() if name in watched}, detail=(*silent, *devices)
        )


def _counted(lines: Iterable[Sequence[str]]) -> _Counted:
    said = {words[0]: words[1:] for words in lines if words[0] in ("up", "stat")}
    dropped: dict[str, int] = {}
    for words in lines:
        if words[0] == "dropped" and len(words) == 3:
            dropped[words[1]] = dropped.get(words[1], 0) + int(words[2])
    return _Counted(
        at=float(said["up"][0]), spent=tuple(int(word) for word in said["stat"][:_COUNTED]), dropped=dropped
    )


def _trips(lines: Iterable[Sequence[str]], watch: str) -> dict[str, float]:
    return {words[2]: float(words[3]) for words in lines if words[:2] == ["trip", watch] and len(words) == 4}


def _rates(before: _Counted, now: _Counted) -> dict[str, float]:
    """Waiting for disks and being held off by a hypervisor below leave the processors idle, not busy."""
    rates: dict[str, float] = {}
    spent = [after - earlier for earlier, after in zip(before.spent, now.spent, strict=True)]
    if sum(spent) > 0:
        idle = spent[_IDLE] + spent[_IOWAIT] + spent[_STEAL]
        rates["cpu_percent"] = 100 * (1 - idle / sum(spent))
    both = now.dropped.keys() & before.dropped.keys()
    if both:
        more = sum(max(0, now.dropped[device] - before.dropped[device]) for device in both)
        rates["drops_per_second"] = more / (now.at - before.at)
    return rates
