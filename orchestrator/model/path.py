"""By which way the memory of a guest leaves its host, as the kernel there sees it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Sockets of one copy between the same two addresses. sent_bytes: by all of them since they were opened.

    device: by which the kernel routes them now; None: it names none. device_bytes: what that one has sent in all.
    home: the device that bears the local address; None: it is one from which nothing leaves (loopback, dummy), or it is
    not known.
    """

    local: str
    remote: str
    sockets: int
    sent_bytes: int
    device: str | None = None
    device_bytes: int | None = None
    home: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSeen:
    """All ways of one copy; none: no socket to its destination is open. own: they are known to be those of the guest's
    QEMU; otherwise other copies to the same address may be among them."""

    ways: tuple[Way, ...] = ()
    own: bool = True
