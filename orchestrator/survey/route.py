"""How a source's packets get to a destination: the route, what size arrives whole, and how its name resolves."""

import re
import shlex
from collections.abc import Sequence
from itertools import pairwise

from orchestrator.model.cabling import PathMtu, Route
from orchestrator.model.facts import Unknown

_HEADERS_V4, _HEADERS_V6 = 28, 48
_MOST = 65507  # bytes that ping can send
_PING = "ping -n -c 2 -i 0.2 -W 1"  # two: one lost packet decides nothing
# Nor do two that nobody refused: on a link that a move fills, what is large is lost more often than what is small.
_PING_AGAIN = "ping -n -c 8 -i 0.4 -W 1"

_ROUTE = """
{{
  said=$(ip -o route get {address} 2>&1); status=$?
  echo "route $status $(printf '%s' "$said" | tr '\\n\\r' '  ' | cut -c 1-600)"
}} &
"""
# A route's own MTU counts where it was configured, not where the kernel has learned it on the way (`expires`): that
# is just what is looked for.
_PATH_MTU = """
{{
  said=$(ip -o route get {address} 2>&1)
  device=$(printf '%s' "$said" | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')
  mtu=$(cat "/sys/class/net/$device/mtu" 2>/dev/null)
  case $said in
    *" expires "*) ;;
    *" mtu "*) mtu=$(printf '%s' "$said" | sed -n 's/.* mtu \\(lock \\)\\{{0,1\\}}\\([0-9]*\\).*/\\2/p') ;;
  esac
  if ! command -v ping >/dev/null; then echo "mtu missing"
  elif [ -z "$mtu" ]; then echo "mtu unroutable $(printf '%s' "$said" | tr '\\n\\r' '  ' | cut -c 1-300)"
  else
    size=$((mtu - {headers})); [ $size -gt {most} ] && size={most}
    said=$({ping} -M do -s $size {address} 2>&1); whole=$?
    small=0
    [ $whole -eq 0 ] || {{ {ping} -s 56 {address} >/dev/null 2>&1; small=$?; }}
    case $whole$small$said in
      10*too?long*|10*too?big*|10*Frag*) ;;
      10*) said=$({again} -M do -s $size {address} 2>&1); whole=$? ;;
    esac
    echo "mtu $mtu $whole $small $(printf '%s' "$said" | tr '\\n\\r' '  ' | cut -c 1-600)"
  fi
}} &
"""
_NAME = """
{{
  said=$(timeout 4 getent ahosts {name}); status=$?
  echo "name $status $(printf '%s' "$said" | cut -d ' ' -f 1 | sort -u | tr '\\n' ' ')"
}} &
"""
_NOT_FOUND = "2"  # of getent
_TOLD = re.compile(r"message too long[^:]*|Frag(?:mentation)? needed[^:]*?\)|Packet too big[^:]*", re.IGNORECASE)


def route_script(address: str) -> str:
    """Ask which way the kernel would take."""
    return _ROUTE.format(address=shlex.quote(address))


def path_mtu_script(address: str) -> str:
    """Send packets of the whole MTU that must not be split; where these are lost without a word, small ones, and if
    these arrive the large ones once more: one of ten is enough. That takes six seconds at most."""
    headers = _HEADERS_V6 if ":" in address else _HEADERS_V4
    return _PATH_MTU.format(address=shlex.quote(address), headers=headers, most=_MOST, ping=_PING, again=_PING_AGAIN)


def name_script(name: str) -> str:
    """Resolve a host name as programs on the source do."""
    return _NAME.format(name=shlex.quote(name))


def route(lines: Sequence[str]) -> Route | Unknown:
    """Read `STATUS ADDRESS [via GATEWAY] dev DEVICE src ADDRESS …`."""
    status, _, text = lines[0].partition(" ") if lines else ("", "", "")
    words = text.split()
    after = dict(pairwise(words))
    if status != "0" or "dev" not in after:
        return Unknown(why=_words(text) or "the kernel named no route", code="host.path" if text else "host.shell")
    return Route(device=after["dev"], source_address=after.get("src", ""), via=after.get("via"))


def path_mtu(lines: Sequence[str]) -> PathMtu | Unknown:
    """Read `MTU STATUS STATUS what ping said`: of the large packets, then of small ones."""
    words = lines[0].split(" ", 3) if lines else []
    if words[:1] == ["missing"]:
        return Unknown(why="ping (iputils-ping) is not installed", code="host.shell")
    if len(words) < 3 or not all(word.isdecimal() for word in words[:3]):
        code = "host.path" if words[:1] == ["unroutable"] else "host.shell"
        return Unknown(why=_words(" ".join(words[1:])) or "the packets could not be sent", code=code)
    mtu, whole, small, said = int(words[0]), words[1], words[2], words[3] if len(words) > 3 else ""
    if whole == "0":
        return PathMtu(mtu=mtu, passes=True)
    told = _TOLD.search(said)
    if whole != "1":
        return Unknown(why=_words(said) or f"ping ended with status {whole}", code="host.shell")
    if told is None and small != "0":
        return Unknown(why="the address answers no ping at all", code="host.path")
    detail = told.group().strip() if told else f"packets of {mtu} bytes get no answer, small ones do"
    return PathMtu(mtu=mtu, passes=False, detail=detail)


def addresses(lines: Sequence[str]) -> tuple[str, ...] | Unknown:
    """Read `STATUS ADDRESS…`; a name that nobody knows has none."""
    status, _, text = lines[0].partition(" ") if lines else ("", "", "")
    if status == _NOT_FOUND:
        return ()
    if status != "0":
        return Unknown(why=f"getent gave no answer (status {status or 'none'})", code="host.shell")
    return tuple(text.split())


def _words(text: str) -> str:
    return " ".join(text.replace("RTNETLINK answers: ", "").split())
