"""An end of a slot that a person declared free."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.run import RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class Freed:
    """host: the end that is meant. says: why that host cannot say by itself that the migration is gone, or that it has
    said so. frees: what comes free; keeps: what the other end still takes. done: it was done, and not only shown."""

    run: RunId
    guest: GuestId
    name: str
    host: HostName
    because: str
    says: str
    frees: Mapping[str, int]
    keeps: Mapping[str, int]
    done: bool = False
