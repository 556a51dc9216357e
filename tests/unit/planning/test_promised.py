"""What is on its way to a host counts once, and only as far as it has not arrived."""

from orchestrator.checks.memory import required_bytes, required_of
from orchestrator.model.facts import Facts
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.open_move import Coming
from orchestrator.model.request import MoveRequest
from orchestrator.planning.planner import plan
from orchestrator.planning.promised import promised
from tests.unit.checks.builders import OTHER, TODAY, WEB, guest, host, settings
from tests.unit.planning.worlds import surveyed

A, B, C = HostName("kvm01"), HostName("kvm02"), HostName("kvm03")
GIB = 2**30


def on_their_way(*coming: Coming, there=()):
    facts = Facts(hosts={A: host(A, guest("other", uuid=OTHER)), B: host(B, *there)})
    return promised(facts, coming)[B]


def test_a_guest_that_its_destination_does_not_show_yet_counts() -> None:
    other = guest("other", uuid=OTHER)
    found = on_their_way(Coming(guest=OTHER, destination=B, memory_bytes=1))
    assert (found.memory_bytes, found.vcpus) == (required_bytes(other), other.vcpus)
    assert on_their_way(Coming(guest=OTHER, destination=A)).memory_bytes == 0


def test_of_one_that_no_host_shows_its_memory_is_on_record() -> None:
    unseen = GuestId("00000000-0000-4000-8000-00000000abcd")
    assert on_their_way(Coming(guest=unseen, destination=B, memory_bytes=GIB)).memory_bytes == required_of(GIB)
    assert on_their_way(Coming(guest=unseen, destination=B)).memory_bytes == 0


def test_what_has_arrived_is_not_free_any_more_and_does_not_count_twice() -> None:
    arriving = guest("other", uuid=OTHER, power=Power.INCOMING)
    whole = on_their_way(there=(arriving,)).memory_bytes
    assert whole == required_bytes(arriving)
    half = Coming(guest=OTHER, destination=B, filled_bytes=arriving.memory_bytes // 2)
    assert on_their_way(half, there=(arriving,)).memory_bytes == whole - arriving.memory_bytes // 2
    more = Coming(guest=OTHER, destination=B, filled_bytes=2 * arriving.memory_bytes)
    assert on_their_way(more, there=(arriving,)).memory_bytes == whole - arriving.memory_bytes


def test_one_that_runs_there_counts_no_more() -> None:
    assert on_their_way(Coming(guest=OTHER, destination=B), there=(guest("other", uuid=OTHER),)).memory_bytes == 0


def test_a_move_that_began_a_moment_ago_leaves_no_room_for_another_one() -> None:
    request, given = MoveRequest(guests=("web",), to=B), settings(A, B, C)
    full = host(B, memory_free_bytes=3 * GIB, memory_total_bytes=64 * GIB)
    hosts = {A: host(A, guest(memory_bytes=GIB)), B: full, C: host(C)}
    facts = surveyed(request, given, hosts)

    def moves(*coming: Coming) -> int:
        return len(plan(request, given, facts, TODAY, coming=coming).moves)

    assert moves() == 1
    assert moves(Coming(guest=OTHER, destination=B, memory_bytes=GIB)) == 0
    assert moves(Coming(guest=WEB, destination=B, memory_bytes=GIB)) == 1, "it is not in its own way"
