"""Telling a daemon's refusal from a connection that fails: the first is an answer, and spoils no other question."""

from collections.abc import Callable
from typing import TypeVar

import libvirt

from orchestrator.hypervisor import failures
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostEntry

T = TypeVar("T")


def refusal(error: libvirt.libvirtError, connection: libvirt.virConnect) -> bool:
    """Whether the daemon itself has said no.

    A modular daemon reports a neighbour that it cannot reach (a masked virtnetworkd) like a failing connection of its
    own; only whether the connection still stands tells the two apart.
    """
    return error.get_error_domain() not in failures.WIRE or bool(connection.isAlive())


def answered(connection: libvirt.virConnect, entry: HostEntry, ask: Callable[[], T]) -> T | Unknown:
    """What libvirt answers, or why it refuses. Raises only what a failing connection raises."""
    try:
        return ask()
    except libvirt.libvirtError as error:
        if not refusal(error, connection):
            raise
        return failures.declined(error, entry)


def of_guest(connection: libvirt.virConnect, entry: HostEntry, ask: Callable[[], T], nothing: T) -> T | Unknown:
    """As `answered`, of one guest: raises also that it is gone. A libvirt without the question keeps `nothing`."""
    try:
        return ask()
    except libvirt.libvirtError as error:
        if error.get_error_code() == failures.NO_DOMAIN or not refusal(error, connection):
            raise
        return nothing if error.get_error_code() == libvirt.VIR_ERR_NO_SUPPORT else failures.declined(error, entry)
