"""What counts of a policy for one guest and host, where it was written, and what it was written over."""

from dataclasses import dataclass
from datetime import date

from orchestrator.model.inheritance import Setting
from orchestrator.model.policy import Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """One value that counts, and those it replaced, the last one first."""

    setting: Setting
    instead_of: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A waiver and where it was written."""

    waiver: Waiver
    setting: Setting

    def days_left(self, today: date) -> int:
        """0 on the last day on which it holds, below that once it is over."""
        return (self.waiver.until - today).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A policy with the origin of every value. guest, host: for whom; "" for nobody in particular.

    overrides: who settles anything differently for them, the last one counts most.
    """

    name: str
    description: str
    guest: str
    host: str
    overrides: tuple[str, ...]
    values: tuple[Effective, ...]
    waivers: tuple[Granted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A value in which two policies differ; of waivers there may be several or none, of other values one or none."""

    key: str
    a: tuple[object, ...]
    b: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What `ferry policy check` found in a configuration that is right. remarks: what has no effect, and why."""

    file: str
    policy: str
    today: date
    waivers: tuple[Granted, ...]
    remarks: tuple[str, ...]
