"""A network measured by iperf3, where both hosts have it."""

import json
import math
import shlex

from orchestrator.model.facts import Unknown
from orchestrator.ports import CommandResult
from orchestrator.survey import link_rate, root

_WARMS_UP = 1  # second that is not counted: a new connection is slow at first
_LIVES = 6  # seconds beyond the counted ones after which either end is gone, whatever became of the other
# `-1`: it serves one client and ends. A port that is in use ends it at once.
_SERVE = """
command -v iperf3 >/dev/null || {{ echo missing; exit 0; }}
port=$last
while [ "$port" -ge "$first" ]; do
  setsid timeout {lives} iperf3 -s -1 -B {address} -p "$port" </dev/null >/dev/null 2>&1 &
  served=$!
  sleep 0.3
  kill -0 $served 2>/dev/null && {{ echo "port $port"; exit 0; }}
  port=$((port - 1))
done
echo "iperf3 can listen at no port from $first to $last" >&2
exit 1
"""
_SEND = """
command -v iperf3 >/dev/null || {{ echo missing; exit 0; }}
exec timeout {lives} iperf3 -J -c {address} -p {port} -t {seconds} -O {warms} -P {streams}
"""


def serve_script(address: str, *, seconds: float) -> str:
    """For the destination: wait at its address for one client."""
    serve = _SERVE.format(address=shlex.quote(address), lives=_lives(seconds))
    return f"{root.SHELL}tried=8{link_rate.RANGE}{serve}"


def send_script(address: str, port: int, *, streams: int, seconds: float) -> str:
    """For the source: send in so many streams."""
    return _SEND.format(
        address=shlex.quote(address), port=port, streams=streams, seconds=math.ceil(seconds), warms=_WARMS_UP,
        lives=_lives(seconds),
    )  # fmt: skip


def missing(said: CommandResult | Unknown) -> bool:
    """Whether the host has no iperf3."""
    return not isinstance(said, Unknown) and said.stdout.strip() == "missing"


def rate(said: CommandResult | Unknown, leg: str) -> int | Unknown:
    """Read bytes per second, of all streams together, as the receiver has counted them."""
    if isinstance(said, Unknown):
        return said
    try:
        told = json.loads(said.stdout)
        bits = told["end"]["sum_received"]["bits_per_second"]
    except (ValueError, KeyError, TypeError):
        return Unknown(why=_why(said), code="host.shell", leg=leg)
    return int(bits) // 8 if bits else Unknown(why="iperf3 received nothing", code="host.shell", leg=leg)


def _why(said: CommandResult) -> str:
    """iperf3 tells its errors in JSON as well."""
    try:
        told = json.loads(said.stdout).get("error")
    except (ValueError, AttributeError):
        told = None
    return told or (said.stderr.strip().splitlines() or [f"iperf3 gave no answer (status {said.status})"])[-1]


def _lives(seconds: float) -> int:
    return math.ceil(seconds) + _WARMS_UP + _LIVES
