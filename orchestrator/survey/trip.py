"""How long packets take on an idle network, and how large they may be: one script on the source."""

import re
import shlex
from statistics import median

from orchestrator.model.facts import Unknown
from orchestrator.ports import CommandResult

_HEADERS_V4, _HEADERS_V6 = 28, 48
# Sizes that networks have, below that of the interface: jumbo, clouds, Ethernet, PPPoE, tunnels, IPv6's least.
_SIZES = (9000, 8900, 4000, 1500, 1492, 1450, 1420, 1400, 1280)
# All sizes are tried at once: those that do not pass each cost a second.
_SCRIPT = """
export LC_ALL=C
command -v ping >/dev/null || {{ echo "ping (iputils-ping) is not installed" >&2; exit 1; }}
ping -n -c 9 -i 0.2 -W 1 {address} | sed -n 's/.* time=\\([0-9.]*\\) ms.*/trip \\1/p'
device=$(ip -o route get {address} | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')
own=$(cat "/sys/class/net/$device/mtu") || exit 1
for size in $own {sizes}; do
  [ "$size" -le "$own" ] || continue
  {{ ping -n -q -c 2 -i 0.2 -W 1 -M do -s $((size - {headers})) {address} >/dev/null 2>&1 && echo "whole $size"; }} &
done
wait
"""
_TRIP = re.compile(r"^trip ([0-9.]+)$", re.MULTILINE)
_WHOLE = re.compile(r"^whole ([0-9]+)$", re.MULTILINE)


def script(address: str) -> str:
    """Nine small packets, and two of each size that networks have."""
    headers = _HEADERS_V6 if ":" in address else _HEADERS_V4
    return _SCRIPT.format(address=shlex.quote(address), sizes=" ".join(map(str, _SIZES)), headers=headers)


def trip_ms(said: CommandResult | Unknown) -> float | None:
    """The median; None where nothing has answered."""
    found = [] if isinstance(said, Unknown) else [float(one) for one in _TRIP.findall(said.stdout)]
    return median(found) if found else None


def mtu(said: CommandResult | Unknown) -> int | None:
    """The largest of the sizes that passed whole, its headers included; None where none has."""
    found = [] if isinstance(said, Unknown) else [int(one) for one in _WHOLE.findall(said.stdout)]
    return max(found, default=None)
