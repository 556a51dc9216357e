"""Whom a baseline is for, what each host gives up by it, and what has changed since one was stored."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.baseline import Baseline, CommonCpu, Fingerprint, Member
from orchestrator.model.cpu import CpuAnswer, CpuOffer
from orchestrator.model.facts import NOT_ASKED, Facts, HostFacts, Unknown
from orchestrator.model.guest import Guest, Power
from orchestrator.model.host import HostName
from orchestrator.model.settings import Settings
from orchestrator.planning.baseline import BaselineRequest, built, chosen, fingerprint, limited, offered, refused
from orchestrator.planning.baseline_changes import (
    Drift,
    Gain,
    Misfit,
    drifts,
    features_gained,
    gains,
    makes,
    misfits,
    stored_before,
)
from orchestrator.planning.cpu_models import LEVELS, document, of_no_maker, shared_part
from tests.unit.checks.builders import GIB, SILENT, guest, host, offer, pair, processor, settings, uuid

A, B, C = (HostName(f"kvm0{n}") for n in (1, 2, 3))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ALL = BaselineRequest()
CPU = CommonCpu(
    document="<cpu>\n  <model>Nehalem</model>\n</cpu>\n", model="Nehalem", vendor="Intel", features=("sse2", "ssse3")
)


def grouped(**groups: str) -> Settings:
    """Hosts by group."""
    made = settings(*groups)
    return replace(made, hosts={name: replace(entry, group=groups[name]) for name, entry in made.hosts.items()})


def facts(*hosts: HostFacts | Unknown) -> Facts:
    """Answers of kvm01, kvm02, … in this order."""
    return Facts(hosts={HostName(f"kvm0{n}"): said for n, said in enumerate(hosts, start=1)})


def refusal(code: str, *words: str) -> Any:
    """An error of that code which says these words."""
    return pytest.raises(
        OrchestratorError,
        check=lambda error: error.problems[0].code == code and all(w in error.problems[0].saw for w in words),
    )


class TestChosen:
    def test_all_hosts_where_there_are_no_groups(self) -> None:
        assert chosen(ALL, settings("kvm01", "kvm02")) == (A, B)

    def test_groups_are_not_mixed_unasked(self) -> None:
        with refusal("usage.mixed-groups", "blue", "red"):
            chosen(ALL, grouped(kvm01="red", kvm02="blue"))

    def test_hosts_without_a_group_are_no_part_of_one(self) -> None:
        with refusal("usage.mixed-groups", "(no group)"):
            chosen(ALL, grouped(kvm01="", kvm02="blue"))

    def test_a_group_by_name(self) -> None:
        assert chosen(BaselineRequest(group="red"), grouped(kvm01="red", kvm02="blue", kvm03="red")) == (A, C)

    def test_hosts_by_name_may_be_of_several_groups(self) -> None:
        assert chosen(BaselineRequest(hosts=(B, A)), grouped(kvm01="red", kvm02="blue")) == (B, A)

    def test_what_does_not_exist(self) -> None:
        with refusal("usage.unknown-host", "kvm09"):
            chosen(BaselineRequest(hosts=(HostName("kvm09"),)), settings())
        with refusal("usage.unknown-host", "green"):
            chosen(BaselineRequest(group="green"), grouped(kvm01="red"))


QEMU = offer(virt_type="qemu", vendor="AMD")


class TestOffered:
    @pytest.mark.parametrize(
        ("offers", "virt_type"),
        [(((offer(),), (offer(), QEMU)), "kvm"), (((QEMU,), (offer(), QEMU)), "qemu")],
    )
    def test_the_acceleration_that_all_have(self, offers: Any, virt_type: str) -> None:
        known = facts(*(host(f"kvm0{n}", cpu_offers=o) for n, o in enumerate(offers, start=1)))
        given = offered(ALL, (A, B), settings(), known)
        assert (given.arch, given.virt_type) == ("x86_64", virt_type)
        assert all(o.virt_type == virt_type for o in given.offers.values())

    def test_the_acceleration_that_is_wanted(self) -> None:
        known = facts(host("kvm01", cpu_offers=(offer(), QEMU)))
        assert offered(BaselineRequest(virt_type="qemu"), (A,), settings(), known).offers == {A: QEMU}

    @pytest.mark.parametrize(
        ("code", "words", "other"),
        [
            ("host.unreachable", ("kvm02", "no answer"), SILENT),
            ("host.shell", ("kvm02", "not asked"), host("kvm02", cpu_offers=NOT_ASKED)),
            ("host.no-common-cpu", ("aarch64",), host("kvm02", arch="aarch64")),
            ("host.no-common-cpu", ("kvm02 qemu",), host("kvm02", cpu_offers=(QEMU,))),
            ("host.no-common-cpu", ("kvm02 nothing",), host("kvm02", cpu_offers=(offer(host_model=None),))),
            ("host.no-common-cpu", ("kvm01 Intel", "kvm02 AMD"), host("kvm02", cpu_offers=(offer(vendor="AMD"),))),
        ],
    )
    def test_what_makes_a_baseline_impossible(self, code: str, words: tuple[str, ...], other: Any) -> None:
        with refusal(code, *words):
            offered(ALL, (A, B), settings(), facts(host("kvm01"), other))

    @pytest.mark.parametrize(
        ("model", "insists", "passes"),
        [("x86-64-v2", True, True), ("qemu64", True, True), ("x86-64-v2", False, False), ("Nehalem", True, False)],
    )
    def test_hosts_of_two_makers_need_a_neutral_model_and_an_operator_who_insists(
        self, model: str, insists: bool, passes: bool
    ) -> None:
        known = facts(host("kvm01"), host("kvm02", cpu_offers=(offer(vendor="AMD"),)))
        request = BaselineRequest(model=model, cross_vendor=insists)
        if passes:
            assert set(offered(request, (A, B), settings(), known).offers) == {A, B}
        else:
            with refusal("host.no-common-cpu", "different makers"):
                offered(request, (A, B), settings(), known)

    def test_the_oldest_map_of_names_comes_first(self) -> None:
        known = facts(host("kvm01"), host("kvm02", libvirt_version=9_000_000))
        assert offered(ALL, (A, B), settings(), known).oldest_first == (B, A)

    def test_the_group_that_they_share(self) -> None:
        known = facts(host("kvm01"), host("kvm02"))
        assert offered(ALL, (A, B), grouped(kvm01="red", kvm02="red"), known).group == "red"
        assert offered(ALL, (A, B), grouped(kvm01="red", kvm02="blue"), known).group == ""


def given(*offers: CpuOffer) -> Any:
    """What kvm01, kvm02, … offer."""
    known = facts(*(host(f"kvm0{n}", cpu_offers=(o,)) for n, o in enumerate(offers, start=1)))
    return offered(ALL, tuple(known.hosts), settings(*known.hosts), known)


def baseline(*members: Member, **changes: Any) -> Baseline:
    """A baseline of these hosts."""
    made = Baseline(arch="x86_64", virt_type="kvm", group="", cpu=CPU, members=members, made_at=NOW)
    return replace(made, **changes)


def member(name: str = "kvm01", *features: str, **prints: Any) -> Member:
    """A host of a baseline."""
    known = {"libvirt_version": 11_003_000, "qemu_version": 10_000_003, "kernel": "6.12", "microcode": "0x1"}
    return Member(
        host=HostName(name),
        fingerprint=Fingerprint(**{**known, "host_model": "d", **prints}),
        features=features or ("avx", "sse2", "ssse3"),
    )


class TestBuilt:
    def test_each_host_says_what_it_gives_up(self) -> None:
        able = {A: frozenset({"avx", "sse2", "ssse3"}), B: frozenset({"sse2", "ssse3"})}
        seen = {host: frozenset({"sse2", "ssse3"}) for host in able}
        made = built(ALL, given(offer(), offer()), CPU, able, seen, NOW)
        assert [(m.host, m.features, m.lost) for m in made.members] == [
            (A, ("avx", "sse2", "ssse3"), ("avx",)),
            (B, ("sse2", "ssse3"), ()),
        ]
        assert (made.named, made.made_at, made.cpu) == (False, NOW, CPU)

    @pytest.mark.parametrize(("bits", "smallest"), [((46, 52), 46), ((46, None), None)])
    def test_the_smallest_address_space_counts_where_each_is_known(self, bits: Any, smallest: int | None) -> None:
        hosts = given(*(offer(physical_address_bits=b) for b in bits))
        none = {A: frozenset[str](), B: frozenset[str]()}
        assert built(ALL, hosts, CPU, none, none, NOW).physical_address_bits == smallest
        limit = "<maxphysaddr mode='emulate' bits='46'/>"
        assert (limit in limited(CPU, hosts).document) is (smallest == 46)

    def test_a_limit_that_libvirt_wrote_is_replaced(self) -> None:
        cpu = replace(CPU, document="<cpu>\n  <maxphysaddr mode='passthrough' limit='52'/>\n</cpu>\n")
        found = limited(cpu, given(offer(physical_address_bits=46))).document
        assert found == "<cpu>\n  <maxphysaddr mode='emulate' bits='46'/>\n</cpu>\n"

    def test_an_emulated_cpu_keeps_the_one_size_that_qemu_has(self) -> None:
        assert limited(CPU, given(offer(virt_type="qemu", physical_address_bits=46))) == CPU

    def test_a_fingerprint_holds_all_that_changes_an_offer(self) -> None:
        one, other = offer(), offer(host_model="<cpu mode='custom'><model>Nehalem</model></cpu>")
        seen = fingerprint(host("kvm01", processor=processor(microcode="0x7")), one)
        assert (seen.libvirt_version, seen.qemu_version, seen.kernel) == (11_003_000, 10_000_003, "6.12.0-1")
        assert seen.microcode == "0x7"
        assert seen.host_model != fingerprint(host("kvm01"), other).host_model
        unread = fingerprint(host("kvm01", kernel=SILENT, processor=SILENT), one)
        assert (unread.kernel, unread.microcode) == ("", "")

    def test_a_refusal_names_host_and_features(self) -> None:
        error = refused("Nehalem", {A: CpuAnswer(offered=False, missing=("avx", "aes")), B: CpuAnswer(offered=False)})
        assert error.problems[0].saw == "Not every chosen host offers Nehalem: kvm01 lacks avx, aes; kvm02 lacks it"


class TestModels:
    def test_levels_grow(self) -> None:
        levels = [set(features) for features in LEVELS.values()]
        assert all(small < large for small, large in pairwise(levels))

    def test_a_level_is_a_model_of_no_maker_with_its_features(self) -> None:
        text = document("x86-64-v2")
        assert "<model fallback='forbid'>kvm64</model>" in text
        assert "<feature policy='require' name='sse4.2'/>" in text
        assert "<vendor>" not in text

    def test_a_model_is_itself(self) -> None:
        assert document("EPYC") == (
            "<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>EPYC</model>\n</cpu>\n"
        )

    def test_a_name_stays_a_name(self) -> None:
        assert "<x>" not in document("<x>'")

    @pytest.mark.parametrize(
        ("model", "neutral"),
        [("x86-64-v3", True), ("kvm64", True), ("qemu64-v1", True), ("EPYC", False), ("Nehalem-v2", False)],
    )
    def test_models_of_no_maker(self, model: str, neutral: bool) -> None:
        assert of_no_maker(model) is neutral

    def test_what_hosts_share_carries_their_maker(self) -> None:
        text = shared_part({"b", "a"}, "AMD")
        assert "<vendor>AMD</vendor>" in text
        assert text.index("name='a'") < text.index("name='b'")


class TestDrifts:
    def test_nothing(self) -> None:
        assert drifts(baseline(member()), baseline(member())) == ()

    def test_who_came_and_went(self) -> None:
        found = drifts(baseline(member("kvm01"), member("kvm02")), baseline(member("kvm02"), member("kvm03")))
        assert found == (Drift(host=C, kind="joined"), Drift(host=A, kind="left"))

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            ({"libvirt_version": 11_004_000}, "libvirt 11.3.0 -> 11.4.0"),
            ({"qemu_version": 10_001_000}, "QEMU 10.0.3 -> 10.1.0"),
            ({"kernel": "6.13"}, "kernel 6.12 -> 6.13"),
            ({"microcode": "0x2"}, "microcode 0x1 -> 0x2"),
            ({"host_model": "e"}, "describes its CPU differently, with the same features"),
        ],
    )
    def test_a_host_that_is_no_longer_what_it_was(self, change: dict[str, Any], what: str) -> None:
        assert drifts(baseline(member()), baseline(member(**change))) == (Drift(host=A, kind="changed", what=(what,)),)

    def test_features_are_named(self) -> None:
        now = member("kvm01", "avx2", "sse2", "ssse3", host_model="e")
        assert drifts(baseline(member()), baseline(now))[0].what == ("gains avx2", "loses avx")

    @pytest.mark.parametrize("unread", [{"kernel": ""}, {"microcode": ""}])
    def test_what_could_not_be_read_has_not_changed(self, unread: dict[str, Any]) -> None:
        assert drifts(baseline(member()), baseline(member(**unread))) == ()
        assert drifts(baseline(member(**unread)), baseline(member())) == ()

    def test_features_of_the_baseline(self) -> None:
        old, new = (baseline(cpu=replace(CPU, features=names)) for names in (("a", "b"), ("b", "d", "c")))
        assert features_gained(old, new) == ("c", "d")
        assert features_gained(new, old) == ("a",)


class TestStoredBefore:
    NEW = baseline(member("kvm01"), member("kvm02"))

    @pytest.mark.parametrize(
        ("other", "found"),
        [
            (baseline(member("kvm02")), True),
            (baseline(member("kvm03")), False),
            (baseline(member("kvm02"), virt_type="qemu"), False),
            (baseline(member("kvm02"), arch="aarch64"), False),
            (baseline(member("kvm02"), named=True), False),
        ],
    )
    def test_it_is_about_the_same_kind_of_guest_on_some_of_the_same_hosts(self, other: Baseline, found: bool) -> None:
        assert stored_before({"x": other}, self.NEW, None) == (("x", other) if found else None)

    def test_the_newest_one_counts(self) -> None:
        newer, older = baseline(member()), baseline(member(), made_at=NOW - timedelta(days=1))
        assert stored_before({"newer": newer, "older": older}, self.NEW, None) == ("newer", newer)

    def test_one_by_name_whatever_it_is_about(self) -> None:
        other = baseline(member("kvm03"))
        assert stored_before({"y": self.NEW, "x": other}, self.NEW, "x") == ("x", other)
        assert stored_before({"y": self.NEW}, self.NEW, "x") is None

    def test_a_model_that_was_named_is_compared_with_itself_only(self) -> None:
        level = replace(CPU, model="x86-64-v2")
        new = baseline(member(), named=True, cpu=level)
        assert stored_before({"x": baseline(member(), named=True)}, new, None) is None
        assert stored_before({"x": new}, new, None) == ("x", new)


def running(name: str, number: int, cpu: str | None = "<cpu/>", **changes: Any) -> Guest:
    """A guest on kvm01."""
    return guest(name, uuid=uuid(number), cpu_xml=cpu, **changes)


class TestGuests:
    WEB, TWIN, OTHER = running("web", 1), running("twin", 2), running("other", 3, "<cpu mode='custom'/>")
    IDLE = running("idle", 4, power=Power.SHUT_OFF)
    FOREIGN, ANY = running("foreign", 5, virt_type="qemu"), running("any", 6, None)
    KNOWN = facts(host("kvm01", WEB, TWIN, OTHER, IDLE, FOREIGN, ANY, memory_free_bytes=GIB), host("kvm02"))
    BOTH = baseline(member("kvm01"), member("kvm02"))

    def test_guests_of_one_make_share_an_answer(self) -> None:
        assert makes(self.KNOWN, self.BOTH) == {
            (A, "<cpu/>"): [self.WEB, self.TWIN],
            (A, "<cpu mode='custom'/>"): [self.OTHER],
        }

    def test_guests_that_a_host_refuses(self) -> None:
        answer = CpuAnswer(offered=False, detail="lacks", missing=("avx",))
        known = replace(
            self.KNOWN,
            pairs={
                (self.WEB.uuid, B): pair(self.WEB, cpu=answer),
                (self.OTHER.uuid, B): pair(self.OTHER, cpu=CpuAnswer(offered=True)),
            },
        )
        found = misfits(makes(known, self.BOTH), known, self.BOTH, (Drift(host=B, kind="joined"),))
        ours = {"host": A, "refused_by": B, "missing": ("avx",), "detail": "lacks", "new": True}
        assert found == (Misfit(guest="web", **ours), Misfit(guest="twin", **ours))
        (old, _) = misfits(makes(known, self.BOTH), known, self.BOTH, (Drift(host=A, kind="changed"),))
        assert not old.new

    def test_an_answer_that_nobody_has_is_no_refusal(self) -> None:
        known = replace(self.KNOWN, pairs={(self.WEB.uuid, B): pair(self.WEB, cpu=SILENT)})
        assert misfits(makes(known, self.BOTH), known, self.BOTH, ()) == ()

    def test_guests_that_lack_what_was_won(self) -> None:
        live = {(A, "<cpu/>"): frozenset({"sse2"}), (A, "<cpu mode='custom'/>"): frozenset({"sse2", "avx", "aes"})}
        found = gains(makes(self.KNOWN, self.BOTH), live, ("avx", "aes"))
        assert found == tuple(Gain(guest=name, host=A, features=("aes", "avx")) for name in ("web", "twin"))

    def test_a_guest_whose_features_nobody_knows_gains_nothing_for_certain(self) -> None:
        assert gains(makes(self.KNOWN, self.BOTH), {}, ("avx",)) == ()
