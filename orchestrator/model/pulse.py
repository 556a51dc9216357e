"""How a host fares at one moment: what guard rules compare with their limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """figures: by the names under which guard rules watch them (model.policy.GuardRule), in their units; what could not
    be read, or is a rate and was read for the first time, is left out. detail: which interface, which hosts answered.
    """

    figures: Mapping[str, float] = field(default_factory=dict)
    detail: tuple[str, ...] = ()
