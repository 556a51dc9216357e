"""Asks a real libvirt what it thinks of flags and parameters, two at a time. Run in the controller's place: the orders
come as JSON lines, and each is answered by one: accepted, the error's text, and where the guest is then."""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import libvirt

from orchestrator import wiring
from orchestrator.engine.turns import Turns
from orchestrator.hypervisor import calls
from orchestrator.model.host import HostName

ANYWHERE = "192.0.2.1"  # stands in an order for the address of whichever host is the destination
_WITHIN = 30


@dataclass
class Trial:
    """One guest that goes to and fro between two hosts, as often as it is let."""

    connections: dict[str, libvirt.virConnect]
    peers: dict[str, str]

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Try one move of the guest, from wherever it is."""
        here, there = self.place(order["guest"], order["active"])
        domain = self.connections[here].lookupByName(order["guest"])
        # Addresses belong to whichever host is the destination this time.
        params = {key: self.fill(value, order["addresses"][there]) for key, value in order["params"].items()}
        began = time.monotonic()
        text = ""
        try:
            if order["direct"]:
                calls.direct(domain, self.connections[there], params, order["flags"])
            else:
                calls.peer_to_peer(domain, self.peers[there], params, order["flags"])
        except libvirt.libvirtError as error:
            text = str(error)
        took = time.monotonic() - began
        now, _ = self.place(order["guest"], order["active"])
        state, _ = self.connections[now].lookupByName(order["guest"]).state()
        if state == libvirt.VIR_DOMAIN_PAUSED:
            self.connections[now].lookupByName(order["guest"]).resume()
        return {
            "name": order["name"],
            "accepted": not text,
            "moved": now == there,
            "text": text,
            "took": round(took, 2),
        }

    def place(self, guest: str, active: bool) -> tuple[str, str]:
        """Where it is, and the other host."""
        first, second = self.connections
        names = libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE if active else libvirt.VIR_CONNECT_LIST_DOMAINS_INACTIVE
        if guest in {domain.name() for domain in self.connections[first].listAllDomains(names)}:
            return first, second
        return second, first

    @staticmethod
    def fill(value: Any, address: str) -> Any:
        """Put the address where it belongs."""
        return value.replace(ANYWHERE, address) if isinstance(value, str) else value


def main() -> None:
    """Serve the orders on stdin."""
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    settings = wiring.load_settings(None)
    hosts = sys.argv[1:]
    made = wiring._Hosts(settings, lambda: None, Turns(Path("/nonexistent/turns")))
    trial = Trial(
        {host: made.connections(HostName(host)).for_move(_WITHIN) for host in hosts},
        {host: settings.hosts[HostName(host)].peer_uri for host in hosts},
    )
    for line in sys.stdin:
        print(json.dumps(trial.ask(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
