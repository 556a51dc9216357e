"""What has changed since a plan was made: every fact that the plan relied on, and nothing else."""

from dataclasses import replace

import pytest

from orchestrator.model.evacuation import Staying
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.guest import Power
from orchestrator.model.plan import Plan
from orchestrator.model.transport import Mode
from orchestrator.planning.drift import drift, refreshed
from tests.screens.world import GIB, KVM01, KVM02, KVM03, guest, host, move, uuid

WEB, DB = guest("web-01", 1), guest("db-01", 2, power=Power.PAUSED)
OFF = guest("old", 4, power=Power.SHUT_OFF)
SHUT = move("old", 4)
PLAN = Plan(
    moves=(
        move("web-01", 1),
        replace(move("db-01", 2), paused=True),
        replace(SHUT, transport=replace(SHUT.transport, mode=Mode.OFFLINE)),
    ),
    findings=(),
)
STAYS = Staying(guest=uuid(3), name="build-07", host=KVM01, why="pinned", fix="")


def facts(*here, there=(), third=(), **more):
    said = {KVM01: host(KVM01, here), KVM02: host(KVM02, tuple(there)), KVM03: host(KVM03, tuple(third))}
    return Facts(hosts={**said, **more})


AS_PLANNED = (WEB, DB, OFF)


def without(guest_left_out, *put):
    return facts(*(one for one in AS_PLANNED if one is not guest_left_out), *put)


def test_nothing_has_changed() -> None:
    assert drift(PLAN, facts(*AS_PLANNED)) == ()


def test_time_that_passes_and_others_that_come_are_no_drift() -> None:
    busy = replace(WEB, vcpu_time_ns=99, reason="migrated")
    assert drift(PLAN, facts(busy, DB, OFF, guest("new", 9), there=(guest("newer", 8),))) == ()


ROWS = {
    "moved": (
        facts(DB, OFF, there=(WEB,)), "web-01", "web-01 is running on kvm01", "web-01 is running on kvm02"
    ),
    "gone": (without(WEB), "web-01", "web-01 is running on kvm01", "web-01 is not on kvm01 any more"),
    "stopped": (
        without(WEB, replace(WEB, power=Power.SHUT_OFF)), "web-01", "running on kvm01", "shut off on kvm01"
    ),
    "stopped here, started there": (
        replace(without(WEB, replace(WEB, power=Power.SHUT_OFF)), hosts={
            **without(WEB, replace(WEB, power=Power.SHUT_OFF)).hosts, KVM03: host(KVM03, (WEB,))
        }),
        "web-01", "running on kvm01", "web-01 is shut off on kvm01 and running on kvm03",
    ),
    "resumed": (without(DB, replace(DB, power=Power.RUNNING)), "db-01", "paused on kvm01", "running on kvm01"),
    "started": (without(OFF, replace(OFF, power=Power.RUNNING)), "old", "shut off on kvm01", "running on kvm01"),
    "renamed": (without(WEB, replace(WEB, name="www-01")), "web-01", "called web-01", "called www-01"),
    "grown": (without(WEB, replace(WEB, memory_bytes=8 * GIB)), "web-01", str(4 * GIB), str(8 * GIB)),
    "undefined": (without(WEB, replace(WEB, persistent=False)), "web-01", "definition that stays", "is transient"),
    "autostart": (without(WEB, replace(WEB, autostart=True)), "web-01", "does not start", "starts with its host"),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_guest_is_not_as_planned(row) -> None:
    now, name, was, is_now = row
    [found] = drift(PLAN, now)
    assert found.guest == name
    assert was in found.was
    assert is_now in found.now
    assert found.sentence == f"planned: {found.was}; now: {found.now}"


def test_a_silent_host_is_said_once_and_says_nothing_of_its_guests() -> None:
    mute = Unknown(why="no answer within 10 s")
    [source] = drift(PLAN, facts(kvm01=mute))
    assert source.now == "kvm01 does not answer: no answer within 10 s"
    [destination] = drift(PLAN, facts(*AS_PLANNED, kvm02=mute))
    assert destination.now.startswith("kvm02 does not answer")


def test_a_host_that_is_not_configured_any_more_was_not_asked() -> None:
    [found] = drift(PLAN, Facts(hosts={KVM01: host(KVM01, AS_PLANNED)}))
    assert found.now == "kvm02 does not answer: it is not in the configuration any more"


def test_on_a_host_to_be_emptied_every_guest_is_known_or_drift() -> None:
    plan, stays = replace(PLAN, staying=(STAYS,)), guest("build-07", 3)
    shut = guest("spare", 7, power=Power.SHUT_OFF)
    assert drift(plan, facts(*AS_PLANNED, stays, shut), (KVM01,)) == ()
    [found] = drift(plan, facts(*AS_PLANNED, stays, guest("late", 8)), (KVM01,))
    assert (found.guest, found.sentence) == ("late", "planned: late is not on kvm01; now: it is running there")
    [mute] = drift(plan, facts(*AS_PLANNED, stays, kvm03=Unknown(why="cut")), (KVM01, KVM03))
    assert mute.now == "kvm03 does not answer: cut"


def test_what_grows_by_itself_is_taken_anew_and_nothing_else() -> None:
    plan = Plan(moves=(move("web-01", 1), move("gone", 6)), findings=())
    again = refreshed(plan, facts(replace(WEB, vcpu_time_ns=77)))
    assert again.moves == (replace(plan.moves[0], vcpu_time_ns=77), plan.moves[1])
