"""One execution of a plan: who asked for it, and where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NewType

from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.policy import Policy

RunId = NewType("RunId", str)
Purpose = Literal["move", "evacuate", "restore", "roll"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """The audit fields of a run: login behind sudo, controller, terminal or unit, arguments, version, digests."""

    login: str
    user: str
    controller: str
    terminal: str
    argv: tuple[str, ...]
    version: str
    config_digest: str
    policy_digest: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process that holds a lease: enough to tell, on the same machine, whether it still lives.

    pid_namespace: where the pid means something (/proc/self/ns/pid); "" when unknown, then its death is never proven.
    """

    controller: str
    boot_id: str
    pid: int
    started: int  # clock ticks after boot, from /proc/PID/stat: tells a reused pid apart
    pid_namespace: str = ""

    def __str__(self) -> str:
        return f"process {self.pid} on {self.controller}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Why a run tries moves of an earlier one again. attempt: 2 for the first time. because: how they failed before."""

    attempt: int
    follows: RunId
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The head of a run; everything that happened is in its entries. retry: what it tries again, if it does.

    raised: limits of the policy that an operator has raised for this run alone, by name. purpose: what it is for.
    emptied: hosts that no guest shall be left on. deadline: nothing begins that would last longer than until then;
    at_deadline: what becomes of moves that go on at that moment.
    """

    id: RunId
    started_at: datetime
    who: Who
    moves: tuple[Move, ...]
    policy: Policy
    retry: Retry | None = None
    raised: Mapping[str, int] = field(default_factory=dict)
    purpose: Purpose = "move"
    emptied: tuple[HostName, ...] = ()
    deadline: datetime | None = None
    at_deadline: Literal["finish", "cancel"] = "finish"
