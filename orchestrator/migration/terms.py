"""What holds for one move at this moment: the policy, and what operators have ordered since."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from orchestrator.model.entry import Ordered
from orchestrator.model.guest import GuestId
from orchestrator.model.order import Keep
from orchestrator.model.policy import Policy


class Level(IntEnum):
    """How far an operator has stopped a run, or one move of it."""

    GO = 0
    STOP = 1  # begin nothing more
    ABORT = 2  # also cancel what can still be cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """bandwidth None: no cap. postcopy_now: an operator wants the switch. keep: the copy that a person chose."""

    policy: Policy
    level: Level = Level.GO
    by: str = ""
    downtime_ms: int = 500
    max_duration_ms: int = 7_200_000
    bandwidth_bytes_per_second: int | None = None
    postcopy_now: bool = False
    recovery_address: str | None = None
    keep: Keep | None = None


def terms(policy: Policy, ordered: Iterable[Ordered], guest: GuestId) -> Terms:
    """Fold the orders, oldest first, of the whole run and of this guest over the policy. A refused one counts nothing.

    An order to stop or to abort never lapses; of the others the last one counts.
    """
    level, by, keep, now, recovery = Level.GO, "", None, False, None
    downtime, longest = int(policy.downtime_budget), int(policy.max_duration)
    bandwidth = None if policy.bandwidth is None else int(policy.bandwidth)
    for one in ordered:
        if one.guest not in (None, guest) or one.refused is not None:
            continue
        if level_of(one) > level:
            level, by = level_of(one), one.by
        keep = one.keep or keep
        if one.change is not None:
            change = one.change
            downtime = downtime if change.downtime_ms is None else change.downtime_ms
            longest = longest if change.max_duration_ms is None else change.max_duration_ms
            if change.bandwidth_bytes_per_second is not None:
                bandwidth = change.bandwidth_bytes_per_second or None
            now = now or change.postcopy
            recovery = change.recovery_address or recovery
    return Terms(
        policy=policy,
        level=level,
        by=by,
        downtime_ms=downtime,
        max_duration_ms=longest,
        bandwidth_bytes_per_second=bandwidth,
        postcopy_now=now,
        recovery_address=recovery,
        keep=keep,
    )


def level_of(ordered: Ordered) -> Level:
    """How far this order stops what it is given to."""
    return {"abort": Level.ABORT, "stop": Level.STOP}.get(ordered.order, Level.GO)
