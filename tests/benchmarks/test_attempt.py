"""What is read from a journal and from a console."""

from datetime import UTC, datetime, timedelta

from orchestrator.model.command import BeginMove, Cancel, SetDowntimeLimit, Undefine
from orchestrator.model.entry import Ended, Entry, Intent, Recorded, Seen, Seq
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.move import Outcome, State
from orchestrator.model.run import RunId
from orchestrator.model.transport import Compression, Method, Throttle, Transport
from tests.benchmarks import attempt
from tests.benchmarks.result import Result
from tests.benchmarks.watching import Watching

_GUEST, _HOST = GuestId("uuid"), HostName("kvm01")
_TCP = Transport(
    network="migration", address="10.0.2.2", persistent=True, paused=False, downtime_limit_ms=400,
    bandwidth_bytes_per_second=None, sharing_proven=False, throttle=Throttle(initial=20, increment=10),
)  # fmt: skip
_ZSTD = Transport(
    network="migration", address="10.0.2.2", persistent=True, paused=False, downtime_limit_ms=400,
    bandwidth_bytes_per_second=None, sharing_proven=False, method=Method.COMPRESSED,
    compression=Compression(algorithm="zstd", level=1),
)  # fmt: skip


def journal(*entries: tuple[float, Entry]) -> list[Recorded]:
    begin = datetime(2026, 11, 21, tzinfo=UTC)
    return [
        Recorded(run=RunId("r"), seq=Seq(number), at=begin + timedelta(seconds=second), entry=entry)
        for number, (second, entry) in enumerate(entries)
    ]


def intent(command: BeginMove | Cancel | SetDowntimeLimit | Undefine) -> Intent:
    return Intent(guest=_GUEST, host=_HOST, command=command, because="")


def seen(state: State) -> Seen:
    return Seen(guest=_GUEST, state=state, because="")


def result(entries: list[Recorded], why: str = "") -> Result:
    return attempt._result(entries, why=why, cell="a", strategy="ours", consent=False, round=0, process=9.0)


def test_a_journal_is_read() -> None:
    begin = {"guest": _GUEST, "destination": HostName("kvm02"), "peer_uri": ""}
    outcome = Outcome(
        guest=_GUEST, state=State.MIGRATED, where=_HOST, because="both agree", downtime_ms=80, blackout_ms=90
    )
    found = result(
        journal(
            (0, seen(State.MEASURING)),
            (1.5, seen(State.PREPARING)),
            (1.6, intent(BeginMove(**begin, transport=_TCP))),  # type: ignore[arg-type]
            (2, seen(State.PRECOPY)),
            (5, intent(SetDowntimeLimit(guest=_GUEST, limit_ms=300))),
            (6, intent(Cancel(guest=_GUEST, again=_ZSTD))),
            (7, seen(State.PREPARING)),
            (7, intent(BeginMove(**begin, transport=_ZSTD))),  # type: ignore[arg-type]
            (9, intent(Undefine(guest=_GUEST))),
            (9.25, Ended(guest=_GUEST, outcome=outcome)),
        )
    )
    assert (found.outcome, found.measuring, found.total) == ("migrated", 1.5, 7.75)
    assert (found.downtime_ms, found.blackout_ms, found.why) == (80, 90, "")
    assert found.transport == "tcp + auto-converge, then zstd"
    assert found.acted == ("set-downtime-limit", "begun anew as zstd")


def test_the_cut_is_no_act_and_its_reason_is_kept() -> None:
    outcome = Outcome(guest=_GUEST, state=State.KEPT, where=_HOST, because="not finished after max_duration 90 s")
    entries = journal((0, intent(Cancel(guest=_GUEST))), (1, Ended(guest=_GUEST, outcome=outcome)))
    assert (result(entries).outcome, result(entries).acted) == ("kept", ())
    assert result(entries, why="exit 1").why == "not finished after max_duration 90 s"


def test_what_did_not_end_or_begin_is_told_apart() -> None:
    assert result(journal((0, seen(State.PRECOPY))), why="gone").outcome == "not ended"
    assert (result([], why="transport: refused").outcome, result([], why="no").why) == ("blocked", "no")


def test_work_between_two_sights_is_in_proportion() -> None:
    watching = Watching(None, "moved")  # type: ignore[arg-type]
    watching._seen = [(10.0, 1000, 0), (12.0, 3000, 500), (13.0, 3000 + 1, 500)]
    assert watching.work(10.5, 11.5) == 1000.0
    assert watching.written(10.0, 12.0) == 500 * 4096 / 2 / 1e6
    assert watching.work(12.5, 20.5) == 0.5 / 8
