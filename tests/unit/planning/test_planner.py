"""Who goes where, why, and who cannot."""

from dataclasses import replace

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.cpu import CpuAnswer
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.guest import HostDevice, Nic, Power
from orchestrator.model.network import Network, Role
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Affinity
from orchestrator.model.request import MoveRequest
from orchestrator.planning.planner import candidates, plan
from orchestrator.planning.verdict import exit_code
from tests.unit.checks.builders import GIB, MIB, OTHER, TODAY, WEB, guest, host, settings, summary, uuid
from tests.unit.planning.worlds import planned

SILENT = Unknown(why="no answer within 10 s")
SHUT = guest(power=Power.SHUT_OFF, reason="shutdown")
BIG, SMALL = {"memory_free_bytes": 12 * GIB}, {"memory_free_bytes": 8 * GIB}


def places(result: Plan) -> dict[str, str]:
    return {move.name: move.destination for move in result.moves}


def asked(names: tuple[str, ...], *hosts, **more) -> set[tuple[str, str]]:
    answers = {h.name: h for h in hosts}
    given = settings(*answers)
    return {
        (a.guest, a.destination)
        for a in candidates(MoveRequest(guests=names, **more), given, Facts(hosts=answers), TODAY)
    }


def test_the_host_with_most_free_memory_is_taken_and_the_numbers_are_said() -> None:
    result = planned(("web",), host("kvm01", guest()), host("kvm02", **SMALL), host("kvm03", **BIG))
    assert places(result) == {"web": "kvm03"}
    (move,) = result.moves
    assert move.because == (
        "kvm03 has most memory of 2 hosts that pass: 12288 MiB free after what is already planned; kvm02 8192 MiB"
    )
    (other,) = result.rejected
    assert (other.guest, other.destination) == ("web", "kvm02")
    assert other.why == "passes too, with less free memory: 8192 MiB, kvm03 12288 MiB"
    assert (result.findings, exit_code(result)) == ((), 0)


def test_a_move_carries_what_the_verdict_will_compare_with() -> None:
    paused = guest(power=Power.PAUSED, reason="user", autostart=True, vcpu_time_ns=7, probe_address="10.0.4.5")
    (move,) = planned(("web",), host("kvm01", paused), host("kvm02"), to="kvm02").moves
    assert (move.guest, move.name, move.source, move.destination) == (WEB, "web", "kvm01", "kvm02")
    assert (move.peer_uri, move.transport.address) == ("qemu+tls://kvm02.lan/system", "10.0.2.2")
    assert (move.paused, move.transport.paused, move.autostart, move.persistent) == (True, True, True, True)
    assert (move.vcpu_time_ns, move.probe_address, move.because) == (7, "10.0.4.5", "asked for")


def test_equal_hosts_are_taken_by_name() -> None:
    result = planned(("web",), host("kvm03"), host("kvm02"), host("kvm01", guest()))
    assert places(result) == {"web": "kvm02"}
    assert "as much memory as any, and the first name" in result.moves[0].because
    assert "as much free memory" in result.rejected[0].why


def test_what_is_planned_already_counts() -> None:
    guests = [guest(f"g{n}", uuid=uuid(n), memory_bytes=3 * GIB) for n in range(4)]
    names = tuple(g.name for g in guests)
    result = planned(names, host("kvm01", *guests), host("kvm02", **SMALL), host("kvm03", **BIG))
    assert places(result) == {"g0": "kvm03", "g1": "kvm03", "g2": "kvm02", "g3": "kvm03"}
    assert [m.name for m in result.moves] == list(names)


def test_guests_that_must_be_apart_are_not_brought_together_by_one_plan() -> None:
    both = [guest("db-1", uuid=uuid(1)), guest("db-2", uuid=uuid(2))]
    rule = Affinity(apart=("db-*",))
    there = host("kvm02", **BIG), host("kvm03", **SMALL)
    result = planned(("db-1", "db-2"), host("kvm01", *both), *there, affinity=(rule,))
    assert places(result) == {"db-1": "kvm02", "db-2": "kvm03"}
    named = planned(("db-1", "db-2"), host("kvm01", *both), *there, to="kvm02", affinity=(rule,))
    assert (places(named), summary(named.findings), exit_code(named)) == (
        {"db-1": "kvm02"}, [("affinity", "blocker")], 4,
    )  # fmt: skip
    soft = planned(("db-1", "db-2"), host("kvm01", *both), *there, to="kvm02", affinity=(replace(rule, hard=False),))
    assert (len(soft.moves), summary(soft.findings)) == (2, [("affinity", "warning")])


def test_a_copy_that_is_still_arriving_counts() -> None:
    arriving = guest("db", uuid=OTHER, power=Power.INCOMING, memory_bytes=8 * GIB)
    result = planned(("web",), host("kvm01", guest()), host("kvm02", arriving, **BIG), host("kvm03", **SMALL))
    assert places(result) == {"web": "kvm03"}


def test_the_largest_is_placed_first_and_shown_in_the_order_asked_for() -> None:
    small = [guest(f"s{n}", uuid=uuid(n), memory_bytes=3 * GIB) for n in range(2)]
    large = guest("large", uuid=OTHER, memory_bytes=6 * GIB)
    result = planned(
        ("s0", "s1", "large"), host("kvm01", *small, large), host("kvm02", **SMALL), host("kvm03", **SMALL)
    )
    assert places(result) == {"s0": "kvm03", "s1": "kvm03", "large": "kvm02"}
    assert [m.name for m in result.moves] == ["s0", "s1", "large"]


def test_a_host_that_fails_is_passed_over_with_its_reason() -> None:
    wired = guest(nics=(Nic(kind="bridge", source="br7"),))
    result = planned(
        ("web",), host("kvm01", wired), host("kvm02", bridges=frozenset({"br7"}), **SMALL), host("kvm03", **BIG)
    )
    assert places(result) == {"web": "kvm02"}
    assert "only host of 2 that passes" in result.moves[0].because
    assert result.rejected[0].why.startswith("network-present: web is on the bridge br7")
    assert result.findings == ()


def test_a_silent_host_is_passed_over() -> None:
    result = planned(("web",), host("kvm01", guest()), ("kvm02", SILENT), host("kvm03"))
    assert places(result) == {"web": "kvm03"}
    assert "kvm02 does not answer" in result.rejected[0].why
    assert [(f.check, f.severity.value) for f in result.findings] == [("host-reachable", "note")]
    assert exit_code(result) == 0


def test_with_no_destination_left_all_of_them_say_why() -> None:
    result = planned(
        ("web",), host("kvm01", guest()), host("kvm02"), host("kvm03"), cpu=CpuAnswer(offered=False, detail="avx")
    )
    assert result.moves == ()
    assert [(f.check, f.destination) for f in result.findings] == [("cpu", "kvm02"), ("cpu", "kvm03")]
    assert {r.destination for r in result.rejected} == {"kvm02", "kvm03"}
    assert exit_code(result) == 4


def test_a_silent_host_named_as_destination_is_exit_6() -> None:
    result = planned(("web",), host("kvm01", guest()), ("kvm02", SILENT), host("kvm03"), to="kvm02")
    assert result.moves == ()
    assert summary(result.findings) == [("host-reachable", "blocker")]
    assert "no answer within 10 s" in result.findings[0].saw
    assert exit_code(result) == 6


def test_a_shut_off_guest_is_one_finding_not_one_for_each_host() -> None:
    result = planned(("web",), host("kvm01", SHUT), host("kvm02"), host("kvm03"), ("kvm04", SILENT))
    assert [(f.check, f.destination) for f in result.findings] == [("guest-state", None)]
    assert exit_code(result) == 4


def test_a_named_destination_shows_everything_at_once() -> None:
    held = guest(host_devices=(HostDevice(kind="pci", address="0000:03:00.0"),), machine="pc-q35-99.0")
    result = planned(
        ("web",), host("kvm01", held), host("kvm02"), to="kvm02", cpu=CpuAnswer(offered=False), peer=SILENT
    )
    assert {f.check for f in result.findings} == {"pci-device", "machine-type", "cpu", "peer"}


def test_a_guest_that_cannot_move_does_not_move_to_a_perfect_host_either() -> None:
    busy = guest(active_job="dump")
    for to in (None, "kvm02"):
        result = planned(("web",), host("kvm01", busy), host("kvm02"), to=to)
        assert result.moves == ()
        assert summary(result.findings) == [("active-job", "blocker")]
        assert exit_code(result) == 4


def test_nothing_is_missed_between_hosts_for_a_guest_that_is_not_live() -> None:
    result = planned(("web",), host("kvm01", SHUT), host("kvm02"), to="kvm02")
    assert summary(result.findings) == [("guest-state", "blocker")]
    assert result.rejected[0].why == "the guest itself cannot move"


def test_warnings_of_the_chosen_host_are_kept() -> None:
    result = planned(("web",), host("kvm01", guest()), host("kvm02", SHUT))
    assert places(result) == {"web": "kvm02"}
    assert summary(result.findings) == [("identity", "warning")]


def test_a_double_run_is_an_alarm_wherever_the_copies_are() -> None:
    for to in (None, "kvm01", "kvm02", "kvm03"):
        result = planned(("web",), host("kvm01", guest()), host("kvm02"), host("kvm03", guest()), to=to)
        assert result.moves == ()
        assert result.findings[0].check == "runs-once"
        assert exit_code(result) == 7


def test_a_pair_that_was_not_surveyed_never_passes() -> None:
    facts = Facts(hosts={"kvm01": host("kvm01", guest()), "kvm02": host("kvm02")})
    result = plan(MoveRequest(guests=("web",)), settings(), facts, TODAY)
    assert result.moves == ()
    assert any("nothing was tried between kvm01 and kvm02" in f.saw for f in result.blockers())


def test_one_host_alone() -> None:
    result = planned(("web",), host("kvm01", guest()))
    assert "names no host besides kvm01" in result.findings[0].saw
    assert exit_code(result) == 4


def test_a_guest_asked_for_twice_is_one_move() -> None:
    result = planned(("web", WEB, "kvm01/web"), host("kvm01", guest()), host("kvm02"))
    assert len(result.moves) == 1


def test_one_refused_guest_does_not_hide_the_others() -> None:
    result = planned(("web", "db"), host("kvm01", guest(), guest("db", uuid=OTHER, active_job="dump")), host("kvm02"))
    assert places(result) == {"web": "kvm02"}
    assert [(f.guest, f.check) for f in result.blockers()] == [("db", "active-job")]


@pytest.mark.parametrize(
    ("names", "to", "codes", "number"),
    [
        (("web",), "kvm01", ["usage.same-host"], 2),
        (("db", "web"), "kvm01", ["usage.same-host"], 2),
        (("web",), "kvm99", ["usage.unknown-host"], 2),
        (("nobody", "none"), None, ["guest.unknown", "guest.unknown"], 4),
        (("kvm03/x", "kvm9/x"), None, ["usage.unknown-host", "host.unreachable"], 2),
        (("kvm03/x",), "kvm02", ["host.unreachable"], 6),
    ],
)
def test_what_is_wrong_with_a_request_is_said_at_once(names, to, codes, number) -> None:
    silent = () if codes[0] == "guest.unknown" else (("kvm03", SILENT),)
    with pytest.raises(OrchestratorError) as caught:
        planned(names, host("kvm01", guest()), host("kvm02", guest("db", uuid=OTHER)), *silent, to=to)
    assert [p.code for p in caught.value.problems] == codes
    assert caught.value.exit_code == number


def test_only_hosts_that_could_do_are_surveyed() -> None:
    full = host("kvm02", memory_free_bytes=GIB + 100 * MIB)
    assert asked(("web",), host("kvm01", guest()), full, host("kvm03")) == {(WEB, "kvm03")}
    assert asked(("web",), host("kvm01", SHUT), full, host("kvm03")) == set()
    assert asked(("web",), host("kvm01", guest(active_job="dump")), host("kvm03")) == set()


def test_a_named_host_is_surveyed_whatever_else_speaks_against_it() -> None:
    full = host("kvm02", memory_free_bytes=0)
    busy = guest(active_job="dump")
    assert asked(("web",), host("kvm01", busy), full, host("kvm03"), to="kvm02") == {(WEB, "kvm02")}
    assert asked(("web",), host("kvm01", SHUT), full, to="kvm02") == set()
    assert asked(("web",), host("kvm01", guest()), host("kvm02", guest()), to="kvm02") == set()


def test_a_thorough_request_looks_at_every_host_that_answers() -> None:
    full, busy = host("kvm02", memory_free_bytes=0), guest(active_job="dump")
    everywhere = {(WEB, "kvm02"), (WEB, "kvm03")}
    assert asked(("web",), host("kvm01", busy), full, host("kvm03"), thorough=True) == everywhere
    assert asked(("web",), host("kvm01", SHUT), full, thorough=True) == set()


def test_a_host_without_migration_address_is_not_surveyed_and_says_so() -> None:
    answers = {"kvm01": host("kvm01", guest()), "kvm02": host("kvm02")}
    given = settings(networks={"fast": Network(name="fast", cidr="10.0.9.0/24", roles=frozenset({Role.MIGRATION}))})
    request = MoveRequest(guests=("web",), to="kvm02")
    assert candidates(request, given, Facts(hosts=answers), TODAY) == ()
    assert summary(plan(request, given, Facts(hosts=answers), TODAY).findings) == [("migration-address", "blocker")]
