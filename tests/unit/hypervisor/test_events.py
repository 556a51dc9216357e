"""Hints reach those who listen, as long as they listen."""

from typing import Any, cast

import libvirt

from orchestrator.hypervisor.events import Hints
from orchestrator.model.guest import GuestId
from tests.unit.hypervisor.fakes import FakeDomain, error


class Source:
    """A daemon that knows two of the three events."""

    def __init__(self) -> None:
        self.callbacks: list[Any] = []

    def domainEventRegisterAny(self, _domain: None, event: int, callback: Any, _opaque: None) -> None:
        if event == libvirt.VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION:
            raise error(libvirt.VIR_ERR_NO_SUPPORT, "not known here")
        self.callbacks.append(callback)


def test_events_become_hints() -> None:
    hints, source, heard = Hints(), Source(), list[GuestId]()
    hints.watch(cast(Any, source))
    with hints.listening(heard.append):
        source.callbacks[0](None, FakeDomain(), 1, 2, None)
        source.callbacks[1](None, FakeDomain(), {}, None)
    source.callbacks[0](None, FakeDomain(), 1, 2, None)
    assert heard == ["u-1", "u-1"]
