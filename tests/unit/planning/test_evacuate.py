"""Emptying hosts: places, turns, rules, swaps, and what is said where it cannot be."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.cordon import Cordon
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.guest import Guest, Power
from orchestrator.model.hardware import Hardware, HugePages
from orchestrator.model.host import HostName
from orchestrator.model.inheritance import Layer, Override, Setting
from orchestrator.model.machine import NumaCell, Pages
from orchestrator.model.policy import Affinity
from orchestrator.model.transport import Mode
from orchestrator.planning.evacuate import plan_evacuation
from tests.unit.checks.builders import GIB, TODAY, guest, host, uuid
from tests.unit.planning.evacuations import HERE, places, planned, roomy, site, surveyed

K2, K3, K4 = (HostName(name) for name in ("kvm02", "kvm03", "kvm04"))


def named(name: str, number: int, gib: int = 1, **changes: object) -> Guest:
    return guest(name, uuid=uuid(number), memory_bytes=gib * GIB, **changes)


def cordon(name: str) -> Cordon:
    return Cordon(host=HostName(name), by="anna", at=datetime(2026, 11, 21, tzinfo=UTC), because="a new disk")


def test_every_guest_goes_and_no_host_takes_more_than_it_has() -> None:
    leaving = [named(f"g{n}", n, gib=4) for n in range(4)]
    plan = planned([host("kvm01", *leaving), host("kvm02", **roomy(9)), host("kvm03", **roomy(9))])
    assert sorted(places(plan).values()) == ["kvm02", "kvm02", "kvm03", "kvm03"]
    assert plan.staying == () and plan.proof is None and plan.blockers() == ()
    assert [move.order for move in plan.moves] == [1, 2, 3, 4]
    assert plan.forecast_seconds is not None and plan.bound_seconds is not None
    assert plan.bound_seconds <= plan.forecast_seconds <= 1.05 * plan.bound_seconds
    first = plan.moves[0]
    assert first.begins_seconds == 0 and first.forecast is not None and first.forecast.seconds
    assert "2 hosts can take it" in first.because


def test_who_is_of_higher_priority_leaves_first() -> None:
    small, large = named("small", 1), named("large", 2, gib=4)
    hosts = [host("kvm01", small, large), host("kvm02")]
    assert [move.name for move in planned(hosts).moves] == ["large", "small"]
    by_name = {one.name: one for one in hosts}
    given = site(*by_name)
    urgent = Override(layer=Layer.GUESTS, name="small", settings=(Setting(path=("priority",), value="high"),))
    given = replace(given, overrides=(urgent,))
    request = EvacuationRequest(hosts=(HERE,))
    plan = plan_evacuation(request, given, surveyed(request, given, by_name), TODAY)
    assert [move.name for move in plan.moves] == ["small", "large"]


def test_who_finds_no_room_stays_with_a_proof() -> None:
    leaving = [named("a", 1, gib=4), named("b", 2, gib=4)]
    plan = planned([host("kvm01", *leaving), host("kvm02", **roomy(5)), host("kvm03", **roomy(1))])
    assert len(plan.moves) == 1
    [stays] = plan.staying
    assert stays.live and not stays.asked and "no host has room" in stays.why
    assert stays.fix == f"ferry why {stays.name}"
    assert plan.proof is not None and plan.proof.proven and plan.proof.left == (stays.name,)
    [short] = plan.proof.shortages
    # 4 GiB, 128 MiB and 4 GiB / 256 are needed; kvm03 lacks less of it than kvm02, which the other one fills.
    assert short.resource == "memory" and short.needed == 4 * GIB + 128 * 2**20 + 16 * 2**20
    assert short.short_by == short.needed - short.free > 0
    assert f"--exclude {stays.name}" in plan.proof.changes[0]
    assert any(change.startswith("Free ") and "kvm03" in change for change in plan.proof.changes)


def test_a_resident_moves_aside_where_there_is_no_direct_place() -> None:
    large, resident = named("large", 1, gib=6), named("resident", 2, gib=3)
    hosts = [host("kvm01", large), host("kvm02", resident, **roomy(4)), host("kvm03", **roomy(4))]
    plan = planned(hosts)
    assert places(plan) == {"resident": "kvm03", "large": "kvm02"}
    aside, then = plan.moves
    assert (aside.name, then.after) == ("resident", (resident.uuid,))
    assert aside.forecast is not None and then.begins_seconds is not None and then.begins_seconds > 0
    assert "makes room on kvm02 for large" in aside.because and "resident moves aside first" in then.because
    assert plan.staying == () and plan.proof is None

    alone = planned(hosts, EvacuationRequest(hosts=(HERE,), swaps=False))
    assert [s.name for s in alone.staying] == ["large"]


def test_nobody_is_sent_to_a_cordoned_host() -> None:
    hosts = [host("kvm01", named("web", 1)), host("kvm02"), host("kvm03", **roomy(0.5))]
    plan = planned(hosts, cordons=[cordon("kvm02")])
    assert plan.moves == ()
    assert plan.proof is not None and any("Lift the cordon of kvm02" in change for change in plan.proof.changes)
    plan = planned(hosts[:2], cordons=[cordon("kvm02")])
    assert "kvm02 is cordoned" in plan.staying[0].why


def test_only_named_destinations_receive() -> None:
    hosts = [host("kvm01", named("web", 1)), host("kvm02"), host("kvm03", **roomy(2))]
    assert places(planned(hosts, EvacuationRequest(hosts=(HERE,), to=(K3,)))) == {"web": "kvm03"}


def test_several_hosts_are_emptied_at_once_and_none_into_the_other() -> None:
    hosts = [host("kvm01", named("a", 1)), host("kvm02", named("b", 2)), host("kvm03")]
    plan = planned(hosts, EvacuationRequest(hosts=(HERE, K2)))
    assert places(plan) == {"a": "kvm03", "b": "kvm03"}


def test_apart_is_never_broken_and_rather_apart_where_it_can_be() -> None:
    both = [named("db-1", 1), named("db-2", 2)]
    hosts = [host("kvm01", *both), host("kvm02", **roomy(64)), host("kvm03")]
    for hard in (True, False):
        plan = planned(hosts, affinity=(Affinity(apart=("db-*",), hard=hard),))
        assert set(places(plan).values()) == {"kvm02", "kvm03"}
    full = [host("kvm01", *both), host("kvm02")]
    plan = planned(full, affinity=(Affinity(apart=("db-*",)),))
    assert len(plan.moves) == 1 and "apart" in plan.staying[0].why
    assert plan.proof is not None and plan.proof.proven
    assert len(planned(full, affinity=(Affinity(apart=("db-*",), hard=False),)).moves) == 2


def test_a_guest_does_not_join_one_that_it_must_be_apart_from() -> None:
    hosts = [host("kvm01", named("db-1", 1)), host("kvm02", named("db-2", 2), **roomy(64)), host("kvm03")]
    assert places(planned(hosts, affinity=(Affinity(apart=("db-*",)),))) == {"db-1": "kvm03"}


def test_together_goes_as_one_or_stays_as_one() -> None:
    rule = (Affinity(together=("web", "cache")),)
    both = [named("web", 1, gib=4), named("cache", 2, gib=4)]
    hosts = [host("kvm01", *both), host("kvm02", **roomy(5)), host("kvm03", **roomy(9))]
    plan = planned(hosts, affinity=rule)
    assert places(plan) == {"web": "kvm03", "cache": "kvm03"}
    assert "together with web" in plan.moves[0].because + plan.moves[1].because
    assert not [f for f in plan.findings if f.check == "together"]
    plan = planned([*hosts[:2], host("kvm03", **roomy(5))], affinity=rule)
    assert plan.moves == () and {s.name for s in plan.staying} == {"web", "cache"}
    request = EvacuationRequest(hosts=(HERE,), exclude=("cache",))
    plan = planned(hosts, request, affinity=rule)
    assert plan.moves == ()
    assert any("together with cache, which stays" in s.why for s in plan.staying)


def test_pins_bind_and_preferred_hosts_come_first() -> None:
    hosts = [host("kvm01", named("web", 1)), host("kvm02"), host("kvm03"), host("kvm04")]
    assert places(planned(hosts, pins=("kvm03",))) == {"web": "kvm03"}
    assert places(planned(hosts, prefer=("kvm04",))) == {"web": "kvm04"}


def test_virtual_cpus_and_huge_pages_are_counted() -> None:
    leaving = [named("a", 1, vcpus=6), named("b", 2, vcpus=6)]
    hosts = [host("kvm01", *leaving), host("kvm02"), host("kvm03")]
    assert set(places(planned(hosts, vcpu_ratio=1.0)).values()) == {"kvm02", "kvm03"}
    plan = planned(hosts[:2], vcpu_ratio=1.0)
    assert plan.proof is not None and plan.proof.shortages[0].resource == "virtual CPUs"
    assert plan.proof.shortages[0].short_by == 4

    def cell(pages: int) -> NumaCell:
        sizes = (Pages(size_kib=2048, total=4096, free=pages),)
        return NumaCell(id=0, memory_bytes=64 * GIB, free_bytes=16 * GIB, cpus=frozenset(range(8)), pages=sizes)

    huge = Hardware(hugepages=(HugePages(size_kib=2048),))
    leaving = [named("a", 1, hardware=huge), named("b", 2, hardware=huge)]
    hosts = [host("kvm01", *leaving), host("kvm02", numa=(cell(600),)), host("kvm03", numa=(cell(600),))]
    assert set(places(planned(hosts)).values()) == {"kvm02", "kvm03"}


def test_guests_that_are_shut_off_excluded_or_arriving_stay_and_are_named() -> None:
    guests = [
        named("off", 1, power=Power.SHUT_OFF),
        named("kept", 2),
        named("new", 3, power=Power.INCOMING),
        named("web", 4, persistent=False),
    ]
    hosts = [host("kvm01", *guests), host("kvm02")]
    plan = planned(hosts, EvacuationRequest(hosts=(HERE,), exclude=("ke*",)))
    said = {s.name: (s.live, s.asked) for s in plan.staying}
    assert said == {"off": (False, True), "kept": (True, True), "new": (True, False)}
    assert places(plan) == {"web": "kvm02"} and "it is transient" in plan.moves[0].because
    plan = planned(hosts, EvacuationRequest(hosts=(HERE,), only=("off",), offline="move"))
    assert [(move.name, move.transport.mode) for move in plan.moves] == [("off", Mode.OFFLINE)]


def test_what_the_checks_refuse_is_planned_around_and_said() -> None:
    odd = named("odd", 1, machine="pc-q35-9.9")
    plan = planned([host("kvm01", odd, named("web", 2)), host("kvm02"), host("kvm03")])
    assert list(places(plan)) == ["web"]
    [stays] = plan.staying
    assert "machine-type" in stays.why and stays.fix
    assert plan.proof is None  # no room would help


def test_what_is_asked_wrongly_is_refused() -> None:
    hosts = {HERE: Unknown(why="down"), K2: host("kvm02")}
    with pytest.raises(OrchestratorError, match="does not answer"):
        plan_evacuation(EvacuationRequest(hosts=(HERE,)), site("kvm01", "kvm02"), Facts(hosts=hosts), TODAY)
    with pytest.raises(OrchestratorError):
        planned([host("kvm01"), host("kvm02")], EvacuationRequest(hosts=(HERE,), only=("nobody",)))
    with pytest.raises(OrchestratorError):
        planned([host("kvm01"), host("kvm02")], EvacuationRequest(hosts=(HostName("kvm09"),)))


def test_whether_one_more_host_may_fail_is_said() -> None:
    def hosts(free: float) -> list[HostFacts]:
        resident = named("r", 9, gib=4)
        return [
            host("kvm01", named("web", 1, gib=4)),
            host("kvm02", resident, **roomy(free)),
            host("kvm03", **roomy(free)),
        ]

    plan = planned(hosts(12))
    assert plan.spare is not None and plan.spare.holds
    plan = planned(hosts(5))
    assert plan.spare is not None and not plan.spare.holds
    assert plan.spare.host == K2 and "short by" in plan.spare.sentence and plan.spare.short_by_bytes > 0


def test_the_same_facts_give_the_same_plan() -> None:
    leaving = [named(f"g{n}", n, gib=1 + n % 3) for n in range(9)]
    hosts = [host("kvm01", *leaving), host("kvm02"), host("kvm03"), host("kvm04")]
    assert planned(hosts) == planned(hosts)


def test_nobody_is_swapped_to_where_one_goes_that_it_must_be_apart_from() -> None:
    hosts = [
        host("kvm01", named("db-1", 1, gib=6), named("db-2", 2)),
        host("kvm02", named("resident", 3, gib=4), **roomy(4)),
        host("kvm03", **roomy(5)),
    ]
    plan = planned(hosts, affinity=(Affinity(apart=("db-*",)),), prefer=("kvm02",))
    assert places(plan)["db-2"] == "kvm02"
    assert "db-1" not in places(plan) and [one.name for one in plan.staying] == ["db-1"]


def test_where_a_guest_has_failed_it_goes_only_if_no_other_host_takes_it() -> None:
    web = named("web", 1)
    failed = EvacuationRequest(hosts=(HERE,), avoid={web.uuid: frozenset({K2})})
    hosts = [host("kvm01", web), host("kvm02"), host("kvm03", **roomy(2))]
    assert places(planned(hosts, failed)) == {"web": "kvm03"}
    assert places(planned(hosts, failed, prefer=("kvm02",))) == {"web": "kvm03"}, "it prefers what may succeed"
    assert places(planned([*hosts[:2], host("kvm03", **roomy(0.5))], failed)) == {"web": "kvm02"}
    assert places(planned(hosts, failed, pins=("kvm02",))) == {"web": "kvm02"}


def test_a_definition_too_goes_elsewhere_first() -> None:
    off = named("off", 1, power=Power.SHUT_OFF)
    failed = EvacuationRequest(hosts=(HERE,), offline="move", avoid={off.uuid: frozenset({K2})})
    assert places(planned([host("kvm01", off), host("kvm02"), host("kvm03")], failed)) == {"off": "kvm03"}
    assert places(planned([host("kvm01", off), host("kvm02")], failed)) == {"off": "kvm02"}


def test_labels_of_guests_are_rules_too() -> None:
    def both(**labels: str) -> dict[str, str]:
        said = tuple((name.replace("_", "-"), value) for name, value in labels.items())
        guests = [named("a", 1, labels=said), named("b", 2, labels=said)]
        plan = planned([host("kvm01", *guests), host("kvm02"), host("kvm03", **roomy(3))])
        return places(plan)

    assert len({*both(apart="db").values()}) == 2
    assert len({*both(together="shop, x").values()}) == 1
    assert len({*both(rather_apart="db").values()}) == 2
    one = planned(
        [host("kvm01", *(named(n, i, labels=(("apart", "db"),)) for i, n in enumerate("ab", 1))), host("kvm02")]
    )
    assert len(one.moves) == 1 and len(one.staying) == 1, "hard"


def test_a_word_that_only_one_guest_has_is_no_rule() -> None:
    alone = [named("a", 1, labels=(("apart", "db"),)), named("b", 2, labels=(("apart", "web"),))]
    assert len(planned([host("kvm01", *alone), host("kvm02")]).moves) == 2
