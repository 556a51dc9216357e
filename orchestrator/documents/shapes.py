"""The documents that `-o json` writes. A change that could break a reader gets a new number behind the name;
new fields may appear under the old one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from orchestrator.model.cordon import Cordon, Cordoning
from orchestrator.model.emptied import Emptied
from orchestrator.model.event import Event
from orchestrator.model.facts import HostFacts, Identity, LinkFacts, PairFacts, Unknown
from orchestrator.model.given import Given
from orchestrator.model.guest import Guest
from orchestrator.model.hold import Hold
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.released import Freed
from orchestrator.model.repaired import Repaired
from orchestrator.model.report import RunReport
from orchestrator.model.roll import Roll
from orchestrator.model.slots import Slots
from orchestrator.model.unfinished import OpenEvacuation, OpenRoll
from orchestrator.planning.audit import Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host that answered. bridges is null where nobody looked."""

    name: HostName
    addresses: Mapping[str, str]
    identity: Identity
    hostname: str
    libvirt_version: str
    qemu_version: str
    arch: str
    cpu_model: str
    cpus: int
    memory_total_bytes: int
    memory_free_bytes: int
    networks: tuple[str, ...] | None
    bridges: tuple[str, ...] | None
    guests: tuple[str, ...]
    answers: Literal[True] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentHost:
    """A host that did not answer: why, the code to explain, and the leg that failed."""

    name: HostName
    addresses: Mapping[str, str]
    why: str
    code: str
    leg: str
    answers: Literal[False] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """ferry hosts. migration_network: the first of migration_networks. cordons: null where the store does not say."""

    migration_network: str
    migration_networks: tuple[str, ...]
    hosts: tuple[Host | SilentHost, ...]
    cordons: tuple[Cordon, ...] | None
    schema: Literal["ferry.hosts/1"] = "ferry.hosts/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestOnHost:
    """A guest where it was found."""

    host: HostName
    guest: Guest


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A host whose guests are not listed."""

    host: HostName
    why: str
    code: str
    leg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guests:
    """ferry guests"""

    guests: tuple[GuestOnHost, ...]
    silent: tuple[Silence, ...]
    schema: Literal["ferry.guests/1"] = "ferry.guests/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """ferry check, ferry migrate --dry-run"""

    digest: str
    plan: Plan
    schema: Literal["ferry.plan/1"] = "ferry.plan/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """ferry migrate, ferry history RUN. before: the runs whose failed moves this one has tried again, oldest first."""

    run: RunReport
    before: tuple[RunReport, ...] = ()
    schema: Literal["ferry.run/1"] = "ferry.run/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """ferry history"""

    runs: tuple[RunReport, ...]
    schema: Literal["ferry.history/1"] = "ferry.history/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """ferry status, ferry resume. slots: null without --slots. holds: those in force, for status. evacuations, rolls:
    that are not over. emptied, rolled: what ferry resume has gone on with, besides the runs, and what came of it.
    """

    runs: tuple[RunReport, ...]
    slots: Slots | None = None
    cordons: tuple[Cordon, ...] = ()
    holds: tuple[Hold, ...] = ()
    evacuations: tuple[OpenEvacuation, ...] = ()
    rolls: tuple[OpenRoll, ...] = ()
    emptied: tuple[Emptied, ...] = ()
    rolled: tuple[Roll, ...] = ()
    schema: Literal["ferry.status/1"] = "ferry.status/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """ferry release"""

    release: Freed
    schema: Literal["ferry.release/1"] = "ferry.release/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CordonPut:
    """ferry cordon, ferry uncordon"""

    cordoning: Cordoning
    schema: Literal["ferry.cordon/1"] = "ferry.cordon/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in a file, with the lines up to it."""

    file: str
    line: int
    column: int
    excerpt: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One problem, with what the catalogue knows about its code. now: where the guest is, if one is concerned."""

    code: str
    symptom: str
    saw: str
    now: str
    cause: str
    fix: str
    place: Position | None
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """Any command that failed"""

    problems: tuple[Trouble, ...]
    exit_code: int
    schema: Literal["ferry.error/1"] = "ferry.error/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of -o jsonl while a run goes on"""

    kind: Literal["opened", "recorded", "progress", "waiting", "guarded", "retrying"]
    event: Event
    schema: Literal["ferry.event/1"] = "ferry.event/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderGiven:
    """ferry set, ferry stop, ferry abort. given: number is null after --dry-run, taken_ms where no process of the run
    took the order; run: what became of the run, where this command drove it to its end."""

    given: Given
    run: RunReport | None
    schema: Literal["ferry.order/1"] = "ferry.order/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """ferry doctor"""

    audit: Audit
    schema: Literal["ferry.doctor/1"] = "ferry.doctor/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """ferry check --fix"""

    repairs: tuple[Repaired, ...]
    schema: Literal["ferry.repairs/1"] = "ferry.repairs/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAnswer:
    """One host: what it said, or why it said nothing."""

    name: HostName
    said: HostFacts | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFacts:
    """ferry facts --save. taken_at: when the hosts were asked."""

    taken_at: datetime
    hosts: tuple[HostAnswer, ...]
    links: tuple[LinkFacts, ...]
    pairs: tuple[PairFacts, ...]
    schema: Literal["ferry.facts/1"] = "ferry.facts/1"


_CHANGES = (Repairs, Run, OrderGiven, Release, CordonPut)
ALL = (Hosts, Guests, SavedFacts, Doctor, Proposal, History, Status, *_CHANGES, Error, Line)
