"""The Gauge: what is measured just before a move, all of it at the same time."""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.offer import Content, DirtyRate, Gauging, Measurement
from orchestrator.ports import HostShell, Inventory
from orchestrator.survey import link_rate
from orchestrator.survey.parallel import begin

T = TypeVar("T")
_WINDOW = 1  # second: of the dirty rate, and between two looks at the memory
_PAGES = 256


class HostGauge:
    """Measures through the libvirt of the source and the shells of both hosts. Implements `ports.Gauge`."""

    def __init__(self, inventory: Callable[[HostName], Inventory], shell: Callable[[HostName], HostShell]) -> None:
        self._inventory = inventory
        self._shell = shell

    def measure(self, move: Move, what: Gauging, *, within: float) -> Measurement:
        """The link is measured by sending for 0.8 s at full speed, over a free port of the destination's range."""
        begun = time.monotonic()
        dirty = content = link = None
        if what.dirty:
            dirty = begin(lambda: self._dirty_rate(move, within), "dirty-rate")
        if what.content:
            content = begin(lambda: self._content(move, within), "content")
        if what.link:
            link = begin(lambda: self._link(move, begun + within), "link-rate")
        return Measurement(
            dirty=_result(dirty, begun + within),
            content=_result(content, begun + within),
            link_bytes_per_second=_result(link, begun + within),
            took_ms=round((time.monotonic() - begun) * 1000),
        )

    def _dirty_rate(self, move: Move, within: float) -> DirtyRate | Unknown:
        return self._inventory(move.source).dirty_rate(move.guest, seconds=_WINDOW, within=within)

    def _content(self, move: Move, within: float) -> Content | Unknown:
        return self._inventory(move.source).content(move.guest, pages=_PAGES, seconds=_WINDOW, within=within)

    def _link(self, move: Move, deadline: float) -> int | Unknown:
        address, token = move.transport.address, secrets.token_hex(8)
        leg = f"{move.source} to {move.destination}, {move.transport.network}"
        left = max(0.1, deadline - time.monotonic())
        said = self._shell(move.destination).run(link_rate.listen_script(address, token), within=left)
        ports = link_rate.ports(said, leg)
        if isinstance(ports, Unknown):
            return ports
        left = max(0.1, deadline - time.monotonic())
        return link_rate.rate(
            self._shell(move.source).run(link_rate.send_script(address, token, *ports), within=left), leg
        )


def _result(future: "Future[T] | None", deadline: float) -> T | Unknown | None:
    if future is None:
        return None
    try:
        return future.result(max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        return Unknown(why="it was not measured in time")
