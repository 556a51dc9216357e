"""What the limits are for one run: everything that policy and configuration settle, worked out once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from orchestrator.limits.costs import Capacities
from orchestrator.limits.shares import Budget
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.policy import GuardRule, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """limits: of the site, as raised for this run. costs, priority: of a move. capacity: of a resource.

    budget: what all moves at a host may use of a network together, with what a guard leaves of it; None: nobody
    knows. floor: bytes per second below which no move is pressed by a further one at a host. network: what foreign
    migrations are counted on. unshared: what is to be said of a move whose network is to be shared and cannot be,
    because nobody knows what it carries; "" otherwise. guard: what is watched while moves run. everywhere: hosts that
    have to be looked at before a move begins, because a limit binds all of them together.
    """

    limits: Limits
    costs: Callable[[Move], Mapping[str, int]]
    priority: Callable[[Move], int]
    capacity: Capacities
    budget: Callable[[str, HostName, Fraction], Budget | None]
    floor: Callable[[HostName], int]
    network: str
    unshared: Callable[[Move], str]
    guard: tuple[GuardRule, ...] = ()
    everywhere: tuple[HostName, ...] = ()
