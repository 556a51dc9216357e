"""The common CPU over hosts that know different names; and a change of a definition, with a store in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.baseline import CommonCpu, CpuChange
from orchestrator.model.command import SetCpu
from orchestrator.model.cpu import CpuAnswer
from orchestrator.model.effect import Done, Effect, Refused
from orchestrator.model.entry import Closed, Mended, Mending
from orchestrator.model.facts import Ask, Facts, HostFacts, Unknown
from orchestrator.model.guest import Guest
from orchestrator.model.host import HostName
from orchestrator.model.run import Holder, RunId, Who
from orchestrator.operations.cpu_apply import carry_out, propose
from orchestrator.operations.cpu_baseline import cpu_baseline
from orchestrator.operations.doors import Doors
from orchestrator.planning.baseline import BaselineRequest
from orchestrator.simulator.store import MemoryStore
from tests.unit.checks.builders import guest, host, offer, pair, settings, uuid

A, B, C = (HostName(f"kvm0{n}") for n in (1, 2, 3))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WHO = Who(
    login="ada", user="root", controller="ctl", terminal="", argv=(), version="", config_digest="", policy_digest=""
)
DECLINED = Unknown(why="Unknown CPU feature fsrm", code="host.libvirt", leg="controller to kvm02, libvirt")


def cpu(*features: str) -> str:
    """A document that is nothing but its features, as these hosts write it."""
    return f"<cpu>{' '.join(sorted(features))}</cpu>"


class FakeInventory:
    """A host whose libvirt knows some names of features, and whose QEMU can do some of them."""

    def __init__(self, *able: str, knows: str = "") -> None:
        self.claims = frozenset(able)  # what its description says; its QEMU may be able to do less
        self.able = self.claims
        self.names = self.able | set(knows.split())
        self.asked: list[Sequence[str]] = []
        self.silent: Unknown | None = None
        self.calls_it = "m"

    def common_cpu(self, cpus: Sequence[str], _arch: str, _virt_type: str, *, within: float) -> CommonCpu | Unknown:
        """Intersect, and take away what QEMU cannot do."""
        self.asked.append(cpus)
        wanted = [_features(text) for text in cpus]
        if self.silent is not None:
            return self.silent
        if any(features - self.names for features in wanted):
            return DECLINED
        left = sorted(frozenset.intersection(self.able, *wanted))
        return CommonCpu(
            document=cpu(*left), model=self.calls_it, listed=dict.fromkeys(left, "require"), features=tuple(left)
        )

    def compare(self, text: str, _arch: str, _virt_type: str, *, within: float) -> CpuAnswer:
        """Whether all of them can be had."""
        lacks = _features(text) - self.able
        return CpuAnswer(offered=not lacks, missing=tuple(sorted(lacks)))

    def cpu_change(self, _guest: object, text: str, *, within: float, earlier: object) -> CpuChange:
        """What would be replaced."""
        return CpuChange(before="<cpu mode='host-model'/>\n", after=f"{text}\n")


def _features(text: str) -> frozenset[str]:
    if "<feature" in text:  # the shared part that ferry itself has written
        return frozenset(part.split("'")[3] for part in text.splitlines() if "<feature" in part)
    return frozenset(text.removeprefix("<cpu>").removesuffix("</cpu>").split())


class World:
    """Hosts with their inventories, one store, and the guests on them."""

    def __init__(self, **inventories: FakeInventory) -> None:
        self.inventories = {HostName(name): inventory for name, inventory in inventories.items()}
        self.store = MemoryStore(lambda: 1000.0)
        self.guests: dict[HostName, tuple[Guest, ...]] = {}
        self.versions: dict[HostName, int] = {}
        self.answers: dict[tuple[str, HostName], CpuAnswer] = {}
        self.mended: list[SetCpu] = []
        self.effect: Effect = Done()

    def facts(self, ask: Ask, *, within: float) -> Facts:
        """Answer what was asked for."""
        found = {name: self._host(name) for name in ask.hosts}
        guests = {g.uuid: g for on_host in self.guests.values() for g in on_host}
        pairs = {
            (one.guest, one.destination): pair(
                guests[one.guest], one.source, one.destination,
                cpu=self.answers.get((guests[one.guest].name, one.destination), CpuAnswer(offered=True)),
            )
            for one in ask.pairs
        }  # fmt: skip
        return Facts(hosts=found, pairs=pairs)

    def _host(self, name: HostName) -> HostFacts:
        claims = self.inventories[name].claims
        version = self.versions.get(name, 11_003_000)
        return host(
            name,
            *self.guests.get(name, ()),
            libvirt_version=version,
            cpu_offers=(offer(host_model=cpu(*claims), features=claims),),
        )

    def mend(self, order: SetCpu, *, within: float) -> Effect:
        """Remember the order."""
        self.mended.append(order)
        return self.effect

    def doors(self) -> Doors:
        """The doors to all of it."""
        return cast(
            Doors,
            SimpleNamespace(
                settings=settings(*self.inventories),
                survey=lambda: self,
                store=lambda: self.store,
                inventory=lambda name: self.inventories[name],
                hypervisor=lambda _name: self,
                clock=SimpleNamespace(now=lambda: NOW),
                holder=Holder(controller="c", boot_id="b", pid=1, started=1),
                new_run_name=lambda: "r1",
            ),
        )

    def baseline(self, save: str | None = None, **wish: Any) -> Any:
        """Work a baseline out."""
        return cpu_baseline(self.doors(), BaselineRequest(**wish), save=save)


def test_it_is_what_all_hosts_can_do() -> None:
    world = World(kvm01=FakeInventory("a", "b", "c", knows="d"), kvm02=FakeInventory("b", "c", "d", knows="a"))
    report = world.baseline()
    assert report.baseline.cpu.features == ("b", "c")
    assert [(m.host, m.lost) for m in report.baseline.members] == [(A, ("a",)), (B, ("d",))]
    assert (report.before, report.saved) == (None, None)


def test_a_host_that_does_not_know_a_name_is_asked_what_the_others_made_of_it() -> None:
    world = World(kvm01=FakeInventory("b", "c", "fsrm", knows="d"), kvm02=FakeInventory("b", "d"))
    world.versions[B] = 9_000_000
    assert world.baseline().baseline.cpu.features == ("b",)
    assert [cpu("b", "d"), cpu("b")] in world.inventories[B].asked


def test_hosts_of_which_none_knows_all_names_are_asked_about_what_they_share() -> None:
    world = World(kvm01=FakeInventory("b", "fsrm"), kvm02=FakeInventory("b", "pcommit"))
    assert world.baseline().baseline.cpu.features == ("b",)


def test_what_one_host_answers_is_put_to_the_others_until_they_agree() -> None:
    one, other = FakeInventory("a", "b", "c"), FakeInventory("a", "b", "c")
    one.able, other.able = frozenset("ac"), frozenset("bc")
    world = World(kvm01=one, kvm02=other)
    assert world.baseline().baseline.cpu.features == ("c",)


def test_where_they_never_agree_on_a_name_the_older_one_counts() -> None:
    world = World(kvm01=FakeInventory("a"), kvm02=FakeInventory("a"))
    world.inventories[A].calls_it, world.versions[B] = "m-v2", 9_000_000
    assert world.baseline().baseline.cpu.model == "m"


def test_a_host_that_cannot_answer_ends_it() -> None:
    world = World(kvm01=FakeInventory("a"), kvm02=FakeInventory("a"))
    world.inventories[B].silent = Unknown(why="no answer", code="host.unreachable")
    with pytest.raises(OrchestratorError, match=r"host\.unreachable: kvm02 .* no answer"):
        world.baseline()


def test_a_named_model_is_proven_on_every_host() -> None:
    v2 = ("cx16", "lahf_lm", "pni", "popcnt", "sse4.1", "sse4.2", "ssse3")
    world = World(kvm01=FakeInventory(*v2, "avx"), kvm02=FakeInventory(*v2, knows="avx"))
    found = world.baseline(model="x86-64-v2").baseline
    assert (found.cpu.model, found.named, found.cpu.features) == ("x86-64-v2", True, v2)
    assert "kvm64" in found.cpu.document
    with pytest.raises(OrchestratorError, match=r"host\.no-common-cpu: .*x86-64-v3.*kvm02 lacks abm, avx"):
        world.baseline(model="x86-64-v3")


class TestStored:
    def world(self) -> World:
        """Two equal hosts, a smaller one, and guests on the first."""
        world = World(kvm01=FakeInventory("a", "b"), kvm02=FakeInventory("a", "b"), kvm03=FakeInventory("a", knows="b"))
        world.guests[A] = (guest("web", cpu_xml=cpu("a", "b")), guest("small", uuid=uuid(2), cpu_xml=cpu("a")))
        world.answers["web", C] = CpuAnswer(offered=False, missing=("b",))
        return world

    def test_a_smaller_host_lowers_it_and_the_guests_are_named(self) -> None:
        world = self.world()
        assert world.baseline(hosts=(A, B), save="rack").saved == "rack"
        report = world.baseline(hosts=(A, B, C))
        assert [(d.host, d.kind) for d in report.drifts] == [(C, "joined")]
        assert (report.gained, report.lost) == ((), ("b",))
        assert [(m.guest, m.refused_by, m.missing, m.new) for m in report.misfits] == [("web", C, ("b",), True)]
        assert report.before.name == "rack"
        assert report.before.broken == {}, "a host that was no part of it breaks nothing"
        assert world.store.baselines()["rack"].hosts == (A, B), "nothing is stored unasked"

    def test_without_it_the_others_gain(self) -> None:
        world = self.world()
        world.baseline(save="rack")
        report = world.baseline(hosts=(A, B), save="rack")
        assert [(d.host, d.kind) for d in report.drifts] == [(C, "left")]
        assert report.gained == ("b",)
        assert [(g.guest, g.features) for g in report.gains] == [("small", ("b",))]
        assert world.store.baselines()["rack"].hosts == (A, B)

    def test_a_host_that_lost_a_feature_breaks_it(self) -> None:
        world = self.world()
        world.baseline(hosts=(A, B), save="rack")
        world.inventories[B] = FakeInventory("a", knows="b")
        report = world.baseline(hosts=(A, B))
        assert {name: answer.missing for name, answer in report.before.broken.items()} == {B: ("b",)}
        assert [(d.host, d.what[-1]) for d in report.drifts] == [(B, "loses b")]


class TestApply:
    def world(self, **changes: Any) -> World:
        """A guest that has more than the other host offers."""
        world = World(kvm01=FakeInventory("a", "b"), kvm02=FakeInventory("a", knows="b"))
        world.guests[A] = (guest("web", **changes),)
        return world

    def test_the_newest_baseline_about_its_host_is_taken(self) -> None:
        world = self.world()
        world.baseline(save="all")
        found = propose(world.doors(), "web", model=None, baseline=None)
        assert found.change.after == f"{cpu('a')}\n"
        assert found.because == "baseline all, the newest one that is about its host"
        assert "next cold start" in found.takes_effect
        assert found.diff()[-2:] == ("-<cpu mode='host-model'/>", f"+{cpu('a')}")

    def test_hosts_that_would_not_take_it_are_named(self) -> None:
        world = self.world()
        world.baseline(hosts=(A,), save="mine")
        found = propose(world.doors(), "web", model=None, baseline="mine")
        assert {name: answer.missing for name, answer in found.refusing.items()} == {B: ("b",)}

    @pytest.mark.parametrize("name", [None, "other"])
    def test_a_baseline_that_nobody_stored(self, name: str | None) -> None:
        with pytest.raises(OrchestratorError, match=r"usage\.unknown-baseline"):
            propose(self.world().doors(), "web", model=None, baseline=name)

    def test_a_cpu_that_its_own_host_does_not_offer(self) -> None:
        with pytest.raises(OrchestratorError, match=r"host\.no-common-cpu: .*kvm01 lacks"):
            propose(self.world().doors(), "web", model="x86-64-v2", baseline=None)

    @pytest.mark.parametrize("state", [{"persistent": False}, {"active_job": "outgoing migration"}])
    def test_a_definition_that_cannot_be_changed_now(self, state: dict[str, Any]) -> None:
        world = self.world(**state)
        world.baseline(save="all")
        with pytest.raises(OrchestratorError, match=r"guest\.fixed-definition"):
            propose(world.doors(), "web", model=None, baseline=None)
        assert world.mended == []

    @pytest.mark.parametrize(("effect", "code"), [(Done(), 0), (Refused(why="changed meanwhile"), 1)])
    def test_it_is_journaled_before_and_after(self, effect: Effect, code: int) -> None:
        world = self.world()
        world.effect = effect
        world.baseline(save="all")
        proposal = propose(world.doors(), "web", model=None, baseline=None)
        assert carry_out(world.doors(), proposal, WHO) == effect
        (order,) = world.mended
        assert (order.cpu, order.replaces) == (proposal.change.after, proposal.change.before)
        entries = [recorded.entry for recorded in world.store.entries(RunId("r1"))]
        assert [type(entry) for entry in entries] == [Mending, Mended, Closed]
        assert cast(Closed, entries[-1]).exit_code == code
