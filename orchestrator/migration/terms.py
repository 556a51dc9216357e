"""What holds for one move at this moment: the policy, and what operators have ordered since."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    """bandwidth None: no cap; postcopy_bandwidth: of the second half. share: what the ledger leaves this move of the
    network, None: it divides nothing; share_because: how that comes about. postcopy_now: an operator wants the switch.
    keep: the copy that a person chose."""

    policy: Policy
    level: Level = Level.GO
    by: str = ""
    downtime_ms: int = 500
    max_duration_ms: int = 7_200_000
    bandwidth_bytes_per_second: int | None = None
    postcopy_bandwidth_bytes_per_second: int | None = None
    share_bytes_per_second: int | None = None
    share_because: str = ""
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
    second = None if policy.postcopy_bandwidth is None else int(policy.postcopy_bandwidth)
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
        postcopy_bandwidth_bytes_per_second=second,
        postcopy_now=now,
        recovery_address=recovery,
        keep=keep,
    )


def sharing(now: Terms, share_bytes_per_second: int | None, because: str = "") -> Terms:
    """The terms of a move that has to keep to its share of a network, in both halves; None: there is nothing to share.

    What the policy or an operator allows stays an upper bound beside it.
    """
    if share_bytes_per_second is None:
        return now
    return replace(
        now,
        bandwidth_bytes_per_second=lower(now.bandwidth_bytes_per_second, share_bytes_per_second),
        postcopy_bandwidth_bytes_per_second=lower(now.postcopy_bandwidth_bytes_per_second, share_bytes_per_second),
        share_bytes_per_second=share_bytes_per_second,
        share_because=because,
    )


def lower(one: int | None, other: int | None) -> int | None:
    """The stricter of two caps; None: no cap."""
    return min((cap for cap in (one, other) if cap is not None), default=None)


def level_of(ordered: Ordered) -> Level:
    """How far this order stops what it is given to."""
    return {"abort": Level.ABORT, "stop": Level.STOP}.get(ordered.order, Level.GO)
