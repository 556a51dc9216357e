"""What the journal holds: intent before every effect, what happened after it, what was seen, and how it ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType

from orchestrator.model.command import Command, Repair
from orchestrator.model.effect import Effect
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.move import Outcome, State
from orchestrator.model.offer import Crossing, Measurement
from orchestrator.model.order import Change, Keep, Kind
from orchestrator.model.path import Way
from orchestrator.model.run import RunId
from orchestrator.model.sighting import Sighting

Seq = NewType("Seq", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """About to be done on `host`."""

    guest: GuestId
    host: HostName
    command: Command
    because: str
    kind: Literal["intent"] = "intent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What the command of intent number `intent` answered."""

    guest: GuestId
    host: HostName
    intent: Seq
    effect: Effect
    kind: Literal["happened"] = "happened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A move changed its state, with what both hosts said at that moment (None: they were not asked)."""

    guest: GuestId
    state: State
    because: str
    source: Sighting | Unknown | None = None
    destination: Sighting | Unknown | None = None
    kind: Literal["seen"] = "seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The verdict on one move."""

    guest: GuestId
    outcome: Outcome
    kind: Literal["ended"] = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An operator's order as the run has taken it, for one guest or (None) for all. The fields are those of an Order.

    queued: its number in the store's queue, where it came from another process. refused: why it cannot be obeyed.
    """

    order: Kind
    by: str
    guest: GuestId | None = None
    change: Change | None = None
    keep: Keep | None = None
    queued: int | None = None
    refused: str | None = None
    kind: Literal["ordered"] = "ordered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured before the copy begins, and what earlier moves have taught about this way."""

    guest: GuestId
    measurement: Measurement
    crossing: Crossing
    kind: Literal["measured"] = "measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """By which ways the memory of a guest was seen to leave; fits: that is the network that was ordered."""

    guest: GuestId
    fits: bool
    says: str
    ways: tuple[Way, ...] = ()
    kind: Literal["traced"] = "traced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """Another process took the run over, with a new fence."""

    by: str
    guest: None = None
    kind: Literal["adopted"] = "adopted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A person declared the end of the guest's slot at this host free, without the host having said so."""

    guest: GuestId
    host: HostName
    because: str
    by: str
    kind: Literal["released"] = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """About to remove, on `host`, what the check `check` found."""

    host: HostName
    check: str
    repair: Repair
    guest: None = None
    kind: Literal["mending"] = "mending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What the repair of number `mending` answered."""

    host: HostName
    mending: Seq
    effect: Effect
    guest: None = None
    kind: Literal["mended"] = "mended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The run is over; exit_code is what its command answered. An interrupted run has no such entry."""

    exit_code: int
    guest: None = None
    kind: Literal["closed"] = "closed"


Entry = Intent | Happened | Seen | Measured | Traced | Ended | Ordered | Adopted | Released | Mending | Mended | Closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An entry as the journal keeps it."""

    run: RunId
    seq: Seq
    at: datetime
    entry: Entry
