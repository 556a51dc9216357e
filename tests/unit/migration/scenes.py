"""Moves, sightings and looks in one line each."""

from datetime import UTC, datetime

from orchestrator.migration.decision import Look, Watch
from orchestrator.migration.record import MoveRecord
from orchestrator.migration.terms import Terms
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.move import Move, State
from orchestrator.model.policy import Policy
from orchestrator.model.sample import Sample
from orchestrator.model.sighting import InFlight, Sighting
from orchestrator.model.transport import Transport

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GUEST = GuestId("00000000-0000-4000-8000-000000000001")
TRANSPORT = Transport(
    network="migration",
    address="10.77.2.12",
    persistent=True,
    paused=False,
    downtime_limit_ms=300,
    bandwidth_bytes_per_second=None,
    sharing_proven=False,
)


def move(**more: object) -> Move:
    fields: dict[str, object] = {
        "guest": GUEST,
        "name": "web-01",
        "source": HostName("kvm01"),
        "destination": HostName("kvm02"),
        "peer_uri": "qemu+tls://kvm02/system",
        "memory_bytes": 2**28,
        "persistent": True,
        "autostart": False,
        "paused": False,
        "transport": TRANSPORT,
        "probe_address": None,
        "because": "most free memory",
        "vcpu_time_ns": 0,
    }
    return Move(**(fields | more))


def record(state: State, *, the_move: Move | None = None, **more: object) -> MoveRecord:
    begun = more.get("begun", state not in (State.PLANNED, State.WAITING, State.MEASURING))
    fields: dict[str, object] = {"begun": begun, "destination_was_free": begun, "prepared_at": NOW}
    if begun:
        fields |= {"attempt": 1, "transport": TRANSPORT, "limit_ms": TRANSPORT.downtime_limit_ms}
    return MoveRecord(move=the_move or move(), state=state, **(fields | more))


def sample(*, elapsed_ms: int = 3000, remaining: int = 2**27) -> Sample:
    return Sample(
        elapsed_ms=elapsed_ms,
        total_bytes=2**28,
        processed_bytes=2**27,
        remaining_bytes=remaining,
        transfer_bytes_per_second=10**7,
        dirty_bytes_per_second=10**6,
        round=1,
    )


RUNNING = Sighting(power=Power.RUNNING, vcpu_time_ns=10)
PAUSED = Sighting(power=Power.PAUSED, reason="user")
OFF = Sighting(power=Power.SHUT_OFF, reason="migrated", persistent=True)
ABSENT = Sighting(power=Power.ABSENT)
INCOMING = Sighting(power=Power.INCOMING)
LEAVING = Sighting(power=Power.RUNNING, moving=True, job=sample(), call=InFlight())
HALTED = Sighting(power=Power.PAUSED, reason="migration", moving=True, call=InFlight())
STRANDED = Sighting(power=Power.PAUSED, reason="migration")
ARRIVED = Sighting(power=Power.RUNNING, persistent=True, vcpu_time_ns=20)
SERVING = Sighting(power=Power.PAUSED, reason="post-copy", moving=True, job=sample(remaining=2**20), call=InFlight())
FETCHING = Sighting(power=Power.RUNNING, reason="post-copy", persistent=True, vcpu_time_ns=20)
TORN_HERE = Sighting(power=Power.PAUSED, reason="post-copy failed", moving=True)
TORN_THERE = Sighting(power=Power.RUNNING, reason="post-copy failed", persistent=True, vcpu_time_ns=30)
WAITING = Sighting(power=Power.PAUSED, reason="user", persistent=True)
SILENT = Unknown(why="did not answer within 10 s")


def policy(**more: object) -> Policy:
    return Policy(**({"name": "test"} | more))


def terms(**more: object) -> Terms:
    """Nothing is ordered, and a copy may take a minute."""
    return Terms(**({"policy": policy(), "max_duration_ms": 60_000} | more))


def look(source: Sighting | Unknown, destination: Sighting | Unknown, at: float = 100.0, **more: object) -> Look:
    return Look(at=at, source=source, destination=destination, **more)


def settled(where: object, since: float = 0.0, looks: int = 5, **more: object) -> Watch:
    return Watch(where=where, place_since=since, looks=looks, **more)
