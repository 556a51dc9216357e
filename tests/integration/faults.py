"""A fault that is planted in the lab, and the one finding by which ferry must report it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orchestrator.model.finding import Severity
from tests.integration.planted import instead, nothing
from tests.lab.protocol import Lab

Act = Callable[[Lab], object]
BLOCKER, WARNING, NOTE = (severity.value for severity in (Severity.BLOCKER, Severity.WARNING, Severity.NOTE))
AS_USUAL = instead("", "")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of the way from kvm01 to kvm02, and the finding it must cause there, and no other.

    guest: what its guest's definition has beyond an ordinary one's; None: the ordinary guest will do. given: what that
    guest needs before it can start. plant: the fault. also: findings that rightly come with it. libvirt: what it
    says when one simply tries, "" where it moves the guest all the same; None: that is not tried.
    """

    check: str
    severity: str
    saw: tuple[str, ...]
    fix: tuple[str, ...]
    given: Act = nothing
    plant: Act = nothing
    guest: Callable[[str], str] | None = None
    disk: str = "none"
    settings: Callable[[dict[str, Any]], None] | None = None
    to: str = "kvm02"
    remedy: str | None = None
    also: tuple[tuple[str, str], ...] = ()
    libvirt: str | None = None
