"""Raising limits for one run: an operator's word, which never lowers anything."""

from collections.abc import Mapping
from dataclasses import replace

from orchestrator.model.policy import Limits

RAISABLE = (
    "live",
    "storage",
    "incoming",
    "outgoing",
    "live_in_cluster",
    "units",
    "network",
    "network_below_10gbit",
    "pool",
    "total",
)


def raised(limits: Limits, by: Mapping[str, int]) -> Limits:
    """The limits with those that are lower than in `by` as high as there; where there is no limit none is made."""
    higher = {name: max(had, by[name]) for name in by if (had := getattr(limits, name)) is not None}
    return replace(limits, **higher)


def obstacle(limits: Limits, by: Mapping[str, int]) -> str | None:
    """Why that is not what raising is for; None: it may be done."""
    for name, wanted in by.items():
        if name not in RAISABLE:
            return f"there is no limit {name}; there are {', '.join(RAISABLE)}"
        had = getattr(limits, name)
        if had is None:
            return f"the policy sets no limit {name}: there is nothing to raise"
        if wanted < had:
            return f"the policy allows {name}: {had}, and {wanted} would lower it"
    return None
