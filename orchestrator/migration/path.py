"""Whether the memory of a guest really takes the network that was ordered for it."""

import ipaddress
from dataclasses import dataclass

from orchestrator.model.path import PathSeen, Way

_ENOUGH = 2**20  # bytes between two looks, from which on counters are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What was ordered: the network by name, the source's address on it (None: not configured), its ranges."""

    network: str
    address: str | None = None
    ranges: tuple[str, ...] = ()

    @property
    def comparable(self) -> bool:
        """Whether there is anything by which a way can be told right from wrong."""
        return self.address is not None or bool(self.ranges)

    def holds(self, address: str) -> bool:
        """Whether it is an address of the source on that network."""
        found = ipaddress.ip_address(address)
        named = self.address is not None and found == ipaddress.ip_address(self.address)
        return named or any(found in ipaddress.ip_network(one, strict=False) for one in self.ranges)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathVerdict:
    """fits: it was proven to be right, or wrong; None: nothing is proven yet. says: in one sentence."""

    fits: bool | None = None
    says: str = ""


def proven(expected: Expected, before: PathSeen | None, now: PathSeen) -> PathVerdict:
    """Compare what is seen with what was ordered.

    A wrong way shows at the first look: by the address that the sockets leave from, which the kernel took from its
    route when they were opened, or by the device, where the route has changed since and no longer leads through the one
    that bears this address. The right one is proven when a second look finds their bytes in the counter of the device.
    """
    if not expected.comparable or not now.ways:
        return PathVerdict()
    astray = [way for way in now.ways if not expected.holds(way.local) or _led_off(way)]
    if astray:
        ordered = f" ({expected.address})" if expected.address is not None else ""
        leaves = " and ".join(_named(way) for way in astray)
        return PathVerdict(
            fits=False, says=f"its memory leaves through {leaves}, and not over network {expected.network}{ordered}"
        )
    return _counted(expected, before, now) if before is not None else PathVerdict()


def _led_off(way: Way) -> bool:
    """Whether its route leads through another device than the one with its address."""
    return way.device is not None and way.home is not None and way.device != way.home


def _counted(expected: Expected, before: PathSeen, now: PathSeen) -> PathVerdict:
    """Whether the devices have counted what the sockets have sent between two looks."""
    earlier = {(way.local, way.remote, way.device): way for way in before.ways}
    sent = counted = 0
    for way in now.ways:
        past = earlier.get((way.local, way.remote, way.device))
        if past is None or way.device_bytes is None or past.device_bytes is None:
            continue
        sent += way.sent_bytes - past.sent_bytes
        counted += way.device_bytes - past.device_bytes
    if sent < _ENOUGH:
        return PathVerdict()
    devices = ", ".join(sorted({way.device for way in now.ways if way.device is not None}))
    if counted < sent // 2:
        says = (
            f"its sockets have sent {sent // 2**20} MiB, of which {devices} has carried {max(counted, 0) // 2**20} MiB"
        )
        return PathVerdict(fits=False, says=says)
    return PathVerdict(fits=True, says=f"its memory leaves through {devices}, network {expected.network}")


def _named(way: Way) -> str:
    return f"{way.device} ({way.local})" if way.device is not None else way.local
