"""The two ways from a source to a destination: its libvirt under peer_uri, and the ports of the migration network."""

import shlex
from collections.abc import Sequence

from orchestrator.model.cabling import PortAnswer
from orchestrator.model.facts import HostFacts, Unknown
from orchestrator.model.guest import Power
from orchestrator.model.host import HostEntry
from orchestrator.model.services import DaemonSettings
from orchestrator.ports import CommandResult
from orchestrator.survey.root import REFUSED_STATUS

_DEFAULTS = DaemonSettings()
_PEER_SECONDS = 6
_MARGIN = 4  # copies that may begin to arrive between the look and the try

# Each leg prints one line when it is known. `root` is root.SHELL's: only root has libvirtd's own credentials.
_PEER = """
{{
  if ! command -v virsh >/dev/null 2>&1; then
    echo 'peer no-virsh virsh (libvirt-clients) is not installed'
  else
    said=$(root timeout {seconds} virsh -q -c {uri} capabilities 2>&1); status=$?
    case $status in
      0) echo "peer uuid $(printf '%s\\n' "$said" | sed -n 's:.*<uuid>\\(.*\\)</uuid>.*:\\1:p' | head -n 1)" ;;
      {refused}) echo "peer no-root the ssh account is $(id -un); {refusal}" ;;
      *) echo "peer failed $status $(printf '%s' "$said" | tr '\\n\\r' '  ' | cut -c 1-600)" ;;
    esac
  fi
}} &
"""
_PORT = """
{{
  said=$(timeout 2 bash -c 'exec 3<>/dev/tcp/"$1"/"$2"' ferry {address} {port} 2>&1)
  echo "port {port} $? $(printf '%s' "$said" | tr '\\n\\r' '  ' | cut -c 1-300)"
}} &
"""


def ports_to_try(destination: HostFacts) -> tuple[int, ...]:
    """A low port of the destination's range, and the last of it.

    A port where a QEMU waits for its guest must never be tried: it would take the visitor for the guest and give up.
    libvirt hands out the lowest free port, and what is known of them is some seconds old: so the low one lies a few
    above the highest on which anybody listened, or, where that is not known, above as many as copies are arriving.
    """
    daemon = destination.daemon if isinstance(destination.daemon, DaemonSettings) else _DEFAULTS
    within = range(daemon.port_min, daemon.port_max + 1)
    listening = frozenset() if isinstance(destination.listening, Unknown) else destination.listening
    if isinstance(destination.listening, Unknown):
        taken = sum(2 * (guest.power is Power.INCOMING) for guest in destination.guests)  # memory and disks
        low = daemon.port_min + taken
    else:
        low = max((port + 1 for port in listening if port in within[:-1]), default=daemon.port_min)
    ports = (max(daemon.port_min, min(low + _MARGIN, daemon.port_max - 1)), daemon.port_max)
    return tuple(dict.fromkeys(port for port in ports if port not in listening))


def peer_script(uri: str) -> str:
    """Ask the destination's libvirt who it is, as the source's daemon would."""
    refusal = "only root can try libvirtd's own credentials, and sudo -n refuses (docs/how-to/non-root-access.md)"
    return _PEER.format(seconds=_PEER_SECONDS, uri=shlex.quote(uri), refused=REFUSED_STATUS, refusal=refusal)


def ports_script(address: str, ports: Sequence[int]) -> str:
    """Try to connect."""
    return "\n".join(_PORT.format(address=shlex.quote(address), port=port) for port in ports)


def peer(said: CommandResult | Unknown, source: HostEntry, destination: HostEntry) -> str | Unknown:
    """Read the host UUID that the source reached."""
    leg = f"{source.name} to {destination.name}, libvirt"
    if isinstance(said, Unknown):
        return said
    for line in said.stdout.splitlines():
        word, _, rest = line.partition(" ")
        if word != "peer":
            continue
        kind, _, text = rest.partition(" ")
        if kind == "uuid" and text:
            return text.strip().lower()
        if kind == "failed":
            return _refused(text, leg, destination.peer_uri)
        return Unknown(why=text or "it answered without a UUID", code="host.shell", leg=leg)
    return Unknown(why=_nothing(said), code="host.shell", leg=leg)


def _refused(text: str, leg: str, uri: str) -> Unknown:
    status, _, message = text.partition(" ")
    if status == "124":  # of timeout(1)
        return Unknown(why=f"{uri} did not answer within {_PEER_SECONDS} s", code="host.unreachable", leg=leg)
    why = " ".join(message.replace("error: failed to connect to the hypervisor", "").split())
    for wrapping in ("error: ", "internal error: ", "Cannot recv data: "):
        why = why.removeprefix(wrapping)
    why = why.removesuffix(": Connection reset by peer").removesuffix(": Input/output error")
    lowered = why.lower()
    credentials = any(sign in lowered for sign in _CREDENTIAL_SIGNS)
    return Unknown(
        why=why or f"status {status}", code="host.credentials" if credentials else "host.unreachable", leg=leg
    )


_CREDENTIAL_SIGNS = (
    "permission denied",
    "host key verification failed",
    "authentication failed",
    "authentication unavailable",
    "certificate",
    "no agent is available",
    "cannot read ca",
)


def ports(said: CommandResult | Unknown, address: str) -> tuple[PortAnswer, ...] | Unknown:
    """Read what became of each connection: open, refused, filtered or unroutable."""
    if isinstance(said, Unknown):
        return said
    lines = sorted(line.split(" ", 3) for line in said.stdout.splitlines() if line.startswith("port "))
    if not lines:
        return Unknown(why=_nothing(said), code="host.shell")
    return tuple(_port(address, int(words[1]), words[2], words[3] if len(words) > 3 else "") for words in lines)


def _port(address: str, port: int, status: str, text: str) -> PortAnswer:
    if status == "0":
        return PortAnswer(address=address, port=port, result="open")
    detail = text.rsplit("/dev/tcp/", 1)[-1].strip() or f"no answer within 2 s (status {status})"
    if "Connection refused" in text:
        return PortAnswer(address=address, port=port, result="refused", detail="reachable, nobody listens")
    if "No route to host" in text or "unreachable" in text:
        return PortAnswer(address=address, port=port, result="unroutable", detail=detail)
    return PortAnswer(address=address, port=port, result="filtered", detail=detail)


def _nothing(said: CommandResult) -> str:
    return (said.stderr.strip().splitlines() or [f"the script said nothing (status {said.status})"])[-1]
