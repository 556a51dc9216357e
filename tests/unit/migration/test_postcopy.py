"""A guest whose memory is on both hosts."""

from dataclasses import replace

import pytest

from orchestrator.migration.decide import decide
from orchestrator.migration.decision import Become, Do, End, Side, Wait, Watch
from orchestrator.migration.place import Place
from orchestrator.migration.postcopy import RECOVERY_LASTS
from orchestrator.migration.terms import Level
from orchestrator.model.command import PausePostCopy, RecoverPostCopy, SetBandwidth
from orchestrator.model.effect import Unclear
from orchestrator.model.guest import Power
from orchestrator.model.move import Doubt, State
from orchestrator.model.offer import Feature, Offers
from orchestrator.model.sighting import InFlight, Returned
from tests.unit.migration import scenes as s

SPLIT = s.record(State.POSTCOPY, split_at=s.NOW)
PAUSED = s.record(State.POSTCOPY_PAUSED, split_at=s.NOW)


def decided(record, look, *, watch: Watch | None = None, **terms):
    decision, _ = decide(record, watch or s.settled(Place.TORN), look, s.terms(**terms))
    return decision


@pytest.mark.parametrize("before", [State.PRECOPY, State.SWITCHOVER, State.CANCELLING, State.PREPARING])
def test_the_switch_is_told(before) -> None:
    assert decided(s.record(before), s.look(s.SERVING, s.FETCHING)).state is State.POSTCOPY


@pytest.mark.parametrize("level", Level)
def test_it_is_never_cancelled(level) -> None:
    assert isinstance(decided(SPLIT, s.look(s.SERVING, s.FETCHING), level=level), Wait)


def test_pages_that_stay_away_are_waited_for() -> None:
    watch = replace(s.settled(Place.SPLIT), longest_still=30.0)
    assert isinstance(decided(SPLIT, s.look(s.SERVING, s.FETCHING), watch=watch), Wait)


def test_the_last_page() -> None:
    assert decided(SPLIT, s.look(s.ABSENT, s.ARRIVED)).state is State.CONFIRMING


class TestABrokenPath:
    def test_it_is_told_once_it_is_seen_again(self) -> None:
        first = decided(SPLIT, s.look(s.TORN_HERE, s.TORN_THERE), watch=Watch())
        again = decided(SPLIT, s.look(s.TORN_HERE, s.TORN_THERE))
        assert isinstance(first, Wait)
        assert again == Become(state=State.POSTCOPY_PAUSED, because=again.because)

    def test_both_halves_are_connected_again(self) -> None:
        decision = decided(PAUSED, s.look(s.TORN_HERE, s.TORN_THERE))
        assert isinstance(decision.command, RecoverPostCopy)
        assert decision.side is Side.SOURCE
        assert decision.command.transport.address == s.TRANSPORT.address

    def test_over_another_network_where_the_operator_says_so(self) -> None:
        decision = decided(PAUSED, s.look(s.TORN_HERE, s.TORN_THERE), recovery_address="10.77.3.12")
        assert decision.command.transport.address == "10.77.3.12"

    def test_the_end_that_has_not_noticed_lets_go_first(self) -> None:
        decision = decided(PAUSED, s.look(s.SERVING, s.TORN_THERE))
        assert not isinstance(decision, Do), "its own call has not returned"
        returned = replace(s.SERVING, call=Returned(effect=Unclear(why="failed")))
        assert isinstance(decided(PAUSED, s.look(returned, s.TORN_THERE)).command, PausePostCopy)

    @pytest.mark.parametrize("look", [s.look(s.TORN_HERE, s.SILENT), s.look(s.TORN_HERE, s.TORN_THERE)])
    def test_not_all_the_time(self, look) -> None:
        watch = replace(s.settled(Place.TORN, since=95.0), recovered_at=98.0, recovering_since=95.0)
        assert isinstance(decided(PAUSED, look, watch=watch), Wait)

    def test_nor_while_the_call_is_out(self) -> None:
        out = replace(s.TORN_HERE, call=InFlight())
        assert isinstance(decided(PAUSED, s.look(out, s.TORN_THERE), watch=s.settled(Place.TORN, since=95.0)), Wait)

    @pytest.mark.parametrize("look", [s.look(s.TORN_HERE, s.TORN_THERE), s.look(s.TORN_HERE, s.SILENT)])
    def test_nor_for_ever(self, look) -> None:
        since = 100.0 - RECOVERY_LASTS - 1
        watch = replace(s.settled(Place.TORN, since=since), recovered_at=since, recovering_since=since)
        decision = decided(PAUSED, look, watch=watch)
        assert isinstance(decision, End)
        assert (decision.state, decision.code) == (State.POSTCOPY_PAUSED, "migration.postcopy-paused")
        assert decision.where == "kvm02"

    def test_never_towards_a_daemon_that_it_would_kill(self) -> None:
        offers = Offers(absent={Feature.POSTCOPY_RECOVERY: "libvirt 11.3.0 on kvm02 crashes"})
        record = replace(PAUSED, move=s.move(offers=offers))
        decision = decided(record, s.look(s.TORN_HERE, s.TORN_THERE))
        assert isinstance(decision, End)
        assert "crashes" in decision.because

    def test_recovered(self) -> None:
        assert decided(PAUSED, s.look(s.SERVING, s.FETCHING)).state is State.POSTCOPY


@pytest.mark.parametrize(
    "look", [s.look(s.TORN_HERE, s.ABSENT), s.look(s.ABSENT, s.TORN_THERE), s.look(s.SERVING, s.ABSENT)]
)
def test_half_a_guest_is_a_persons_matter(look) -> None:
    first = decided(SPLIT, look, watch=s.settled(Place.HALF_LOST, since=99.5))
    later = decided(SPLIT, look, watch=s.settled(Place.HALF_LOST))
    assert isinstance(first, Wait), "libvirt may be clearing up behind the last page"
    assert (later.state, later.code, later.doubt) == (State.UNCLEAR, "guest.half-lost", Doubt.CONTRADICTION)


ENDED_THERE = replace(s.ABSENT, power=Power.SHUT_OFF, reason="shutdown", persistent=True)


@pytest.mark.parametrize("here", [s.TORN_HERE, s.SERVING])
@pytest.mark.parametrize("record", [SPLIT, PAUSED])
def test_a_guest_that_shut_itself_down_has_ended(record, here) -> None:
    first = decided(record, s.look(here, ENDED_THERE), watch=s.settled(Place.HALF_LOST, since=99.5))
    later = decided(record, s.look(here, ENDED_THERE), watch=s.settled(Place.HALF_LOST))
    assert isinstance(first, Wait)
    assert (later.state, later.where, later.code, later.doubt) == (State.ENDED, None, "guest.ended", None)
    (warning,) = later.warnings
    assert f"virsh destroy {record.move.guest} on kvm01" in warning


@pytest.mark.parametrize("reason", ["crashed", "failed", "destroyed", "unknown"])
def test_one_that_was_ended_by_anything_else_has_lost_its_half(reason) -> None:
    ended = decided(SPLIT, s.look(s.TORN_HERE, replace(ENDED_THERE, reason=reason)), watch=s.settled(Place.HALF_LOST))
    assert (ended.state, ended.code) == (State.UNCLEAR, "guest.half-lost")


class TestItsShare:
    """The second half keeps to its share of the network as the first one does."""

    HOLDS = {  # noqa: RUF012
        "postcopy_bandwidth_bytes_per_second": 12_000_000,
        "share_bytes_per_second": 12_000_000,
        "share_because": "its part of the network migration, beside 2 more",
    }

    def test_another_share_is_ordered_at_the_source(self) -> None:
        decision = decided(SPLIT, s.look(s.SERVING, s.FETCHING), **self.HOLDS)
        assert (decision.side, decision.command) == (
            Side.SOURCE,
            SetBandwidth(guest=SPLIT.move.guest, bytes_per_second=12_000_000, postcopy=True),
        )
        assert "beside 2 more" in decision.because

    def test_a_cap_that_holds_is_not_ordered_again(self) -> None:
        holds = replace(SPLIT, postcopy_bandwidth_bytes_per_second=12_000_000)
        assert isinstance(decided(holds, s.look(s.SERVING, s.FETCHING), **self.HOLDS), Wait)

    def test_nor_one_that_the_host_has_refused(self) -> None:
        refused = SetBandwidth(guest=SPLIT.move.guest, bytes_per_second=12_000_000, postcopy=True)
        declined = replace(SPLIT, declined=(refused,))
        assert isinstance(decided(declined, s.look(s.SERVING, s.FETCHING), **self.HOLDS), Wait)

    def test_it_goes_when_nothing_is_shared_any_more(self) -> None:
        capped = replace(SPLIT, postcopy_bandwidth_bytes_per_second=12_000_000)
        assert decided(capped, s.look(s.SERVING, s.FETCHING)).command.bytes_per_second is None

    def test_a_recovery_begins_under_it(self) -> None:
        way = replace(s.TRANSPORT, postcopy=True)
        decision = decided(replace(PAUSED, transport=way), s.look(s.TORN_HERE, s.TORN_THERE), **self.HOLDS)
        assert decision.command.transport.postcopy_bandwidth_bytes_per_second == 12_000_000
