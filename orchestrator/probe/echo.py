"""ICMP echo: packets and the socket they travel through."""

import ipaddress
import os
import socket
import struct
from dataclasses import dataclass

_SO_TIMESTAMPNS = 35  # asm-generic/socket.h; the socket module has no name for it
_REQUEST, _REPLY = 8, 0
_REQUEST6, _REPLY6 = 128, 129
_HEADER = struct.Struct("!BBHHH")


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply: which request it answers, and when the kernel took it in (CLOCK_REALTIME, nanoseconds)."""

    number: int
    arrived_ns: int | None


class EchoSocket:
    """Send numbered echo requests to one address and read the replies.

    Without privileges the kernel lends a ping socket where net.ipv4.ping_group_range allows it; else a raw socket is
    tried. Raises PermissionError where neither is allowed, ValueError for what is no address.
    """

    def __init__(self, address: str) -> None:
        self._six = ipaddress.ip_address(address).version == 6
        self._address = address
        self._raw = False
        family = socket.AF_INET6 if self._six else socket.AF_INET
        protocol = socket.IPPROTO_ICMPV6 if self._six else socket.IPPROTO_ICMP
        try:
            self.socket = socket.socket(family, socket.SOCK_DGRAM, protocol)
        except PermissionError:
            self.socket = socket.socket(family, socket.SOCK_RAW, protocol)
            self._raw = True
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._ident = os.getpid() & 0xFFFF
        self._mark = os.urandom(8)

    def send(self, number: int) -> None:
        """Send request `number`. An unreachable network is silence, not an error."""
        kind = _REQUEST6 if self._six else _REQUEST
        try:
            self.socket.sendto(packet(kind, self._ident, number & 0xFFFF, self._mark), (self._address, 0))
        except OSError:
            return

    def receive(self) -> Answer | None:
        """Read one of our replies; None: there is nothing (more) to read."""
        while True:
            try:
                data, extras, _flags, _sender = self.socket.recvmsg(2048, 128)
            except BlockingIOError:
                return None
            except OSError:
                continue  # an ICMP error about one of our requests
            if self._raw and not self._six:
                data = data[(data[0] & 0x0F) * 4 :]  # raw IPv4 sockets deliver the IP header too
            if len(data) < _HEADER.size or data[_HEADER.size :] != self._mark:
                continue
            kind, _code, _sum, _ident, number = _HEADER.unpack(data[: _HEADER.size])
            if kind == (_REPLY6 if self._six else _REPLY):
                return Answer(number, _taken_in(extras))

    def close(self) -> None:
        """Give the socket back."""
        self.socket.close()


def packet(kind: int, ident: int, number: int, payload: bytes) -> bytes:
    """An echo packet with its checksum (which the kernel fills in itself for IPv6)."""
    unsummed = _HEADER.pack(kind, 0, 0, ident, number) + payload
    return _HEADER.pack(kind, 0, checksum(unsummed), ident, number) + payload


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) // 2 * 2]))
    total += data[-1] << 8 if len(data) % 2 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _taken_in(extras: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in extras:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("@qq", data[:16])
            return int(seconds) * 10**9 + int(nanoseconds)
    return None
