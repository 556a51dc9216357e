"""A guest's CPU against a host: now, after a restart, or never; and the way back."""

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.cpu import CpuAnswer
from orchestrator.model.facts import Asked, Facts, Unknown
from orchestrator.model.guest import Guest, Power
from orchestrator.model.hardware import Hardware, Kept
from orchestrator.model.host import HostName
from orchestrator.planning.cpu_matrix import Cell, Fit, Matrix, matrix, rows, wanted
from tests.unit.checks.builders import SILENT, guest, host, offer, pair, settings, uuid

A, B, C = (HostName(f"kvm0{n}") for n in (1, 2, 3))
NO = CpuAnswer(offered=False, detail="the CPU is incompatible", missing=("avx2", "bmi1"))
UNCOMPARED = CpuAnswer(offered=True, compared=False, detail="libvirt compares nothing")
UNNAMED = CpuAnswer(offered=False, detail="Unknown CPU feature fsrm")


def decided(moving: Guest | None = None, *, here: Any = None, there: Any = None, **answers: Any) -> Cell:
    """The one cell of a guest on kvm01 and kvm02 as its possible destination."""
    moving = moving or guest()
    known = Facts(
        hosts={A: here or host("kvm01", moving), B: there or host("kvm02")},
        pairs={(moving.uuid, B): pair(moving, **answers)},
    )
    asked = Asked(guest=moving.uuid, source=A, destination=B)
    (cell,) = matrix([(moving, A)], [asked], known).cells
    return cell


def mode(name: str | None) -> Guest:
    """A guest whose definition has a CPU of that mode."""
    return guest(kept=Kept(cpu_mode=name))


ROWS = [
    ("offered", guest(), CpuAnswer(offered=True), {}, Fit.FITS, ""),
    ("passed through", guest(), UNCOMPARED, {}, Fit.UNPROVEN, "compares nothing"),
    ("nobody knows", guest(), SILENT, {}, Fit.UNKNOWN, "no answer"),
    ("custom", mode("custom"), NO, {}, Fit.RESTART, "ferry cpu apply web"),
    ("definition not read", mode(None), NO, {}, Fit.RESTART, "ferry cpu apply web"),
    ("host-model", mode("host-model"), NO, {}, Fit.RESTART, "started on kvm02, it fits"),
    ("host-model there is none of", mode("host-model"), NO, {"host_model": None}, Fit.RESTART, "ferry cpu apply"),
    ("maximum", mode("maximum"), NO, {"maximum": True}, Fit.RESTART, "started on kvm02, it fits"),
    ("maximum that is not had", mode("maximum"), NO, {}, Fit.RESTART, "ferry cpu apply"),
    ("host-passthrough", mode("host-passthrough"), NO, {"passthrough": True}, Fit.RESTART, "started on kvm02, it fits"),
    ("host-passthrough that is not had", mode("host-passthrough"), NO, {}, Fit.RESTART, "ferry cpu apply"),
    ("transient", guest(persistent=False), NO, {}, Fit.NEVER, "transient"),
    ("another architecture", guest(), NO, {"arch": "aarch64"}, Fit.NEVER, "no x86_64 guests under kvm"),
    ("another acceleration", guest(), NO, {"virt_type": "qemu"}, Fit.NEVER, "no x86_64 guests under kvm"),
    ("nothing to be had", guest(), NO, {"host_model": None, "usable": frozenset()}, Fit.NEVER, "no x86_64 guests"),
]  # fmt: skip


@pytest.mark.parametrize(("moving", "cpu", "offers", "fit", "why"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS])
def test_a_cell(moving: Guest, cpu: Any, offers: dict[str, Any], fit: Fit, why: str) -> None:
    cell = decided(moving, there=host("kvm02", cpu_offers=(offer(**offers),)), cpu=cpu)
    assert cell.fit is fit
    assert why in cell.why
    assert cell.missing == (("avx2", "bmi1") if cpu is NO else ())


def test_a_host_that_does_not_say_what_it_offers() -> None:
    cell = decided(there=host("kvm02", cpu_offers=SILENT), cpu=NO)
    assert (cell.fit, cell.missing) == (Fit.UNKNOWN, ("avx2", "bmi1"))


def test_a_silent_host() -> None:
    assert decided(there=SILENT, cpu=NO).fit is Fit.UNKNOWN


def test_a_pair_that_nobody_asked_about() -> None:
    asked = Asked(guest=guest().uuid, source=A, destination=B)
    found = matrix([(guest(), A)], [asked], Facts(hosts={A: host("kvm01"), B: host("kvm02")}))
    assert [cell.fit for cell in found.cells] == [Fit.UNKNOWN]


class TestNames:
    def test_what_libvirt_does_not_name_is_looked_for_in_the_offer(self) -> None:
        listed = {"fsrm": "require", "avx": "require", "aes": "disable"}
        cell = decided(guest(hardware=Hardware(cpu_features=listed)), cpu=UNNAMED)
        assert cell.missing == ("fsrm",)
        assert "Unknown CPU feature" not in cell.why, "the names say it better"

    def test_otherwise_libvirts_own_words_stand(self) -> None:
        cell = decided(guest(), cpu=UNNAMED)
        assert cell.missing == ()
        assert cell.why.startswith("Unknown CPU feature fsrm; ")

    def test_an_offer_without_features_names_nothing(self) -> None:
        listed = {"fsrm": "require"}
        there = host("kvm02", cpu_offers=(offer(features=frozenset()),))
        assert decided(guest(hardware=Hardware(cpu_features=listed)), there=there, cpu=UNNAMED).missing == ()


class TestTheWayBack:
    def test_it_is_open(self) -> None:
        assert decided(cpu_back=CpuAnswer(offered=True)).returns is True

    def test_it_is_closed(self) -> None:
        cell = decided(cpu_back=NO)
        assert (cell.fit, cell.returns, cell.missing_back) == (Fit.FITS, False, ("avx2", "bmi1"))

    @pytest.mark.parametrize("back", [SILENT, UNCOMPARED])
    def test_nobody_knows(self, back: CpuAnswer | Unknown) -> None:
        cell = decided(cpu_back=back)
        assert (cell.returns, cell.missing_back) == (None, ())

    def test_what_libvirt_does_not_name_is_looked_for_in_both_offers(self) -> None:
        there = host("kvm02", cpu_offers=(offer(features=frozenset({"avx", "fsrm"})),))
        assert decided(there=there, cpu_back=UNNAMED).missing_back == ("fsrm",)


class TestRows:
    WEB, OTHER = guest("web", uuid=uuid(1)), guest("alpha", uuid=uuid(2))
    IDLE = guest("idle", uuid=uuid(3), power=Power.SHUT_OFF)
    KNOWN = Facts(hosts={A: host("kvm01", WEB, IDLE), B: host("kvm02", OTHER), C: SILENT})

    def test_all_running_guests_by_name(self) -> None:
        assert rows((), self.KNOWN) == (((self.OTHER, B), (self.WEB, A)), ())

    def test_those_that_are_named(self) -> None:
        assert rows(("kvm01/web",), self.KNOWN) == (((self.WEB, A),), ())

    def test_one_that_does_not_run_is_left_out_with_the_reason(self) -> None:
        assert rows(("kvm01/idle",), self.KNOWN) == ((), (("idle", "it is shut off on kvm01"),))

    def test_one_that_a_silent_host_may_have(self) -> None:
        with pytest.raises(OrchestratorError, match=r"host\.unreachable"):
            rows(("nobody",), self.KNOWN)


class TestWanted:
    def test_every_other_host(self) -> None:
        found = wanted([(guest(), A)], (A, B, C), settings("kvm01", "kvm02", "kvm03"), mixed=False)
        assert [(one.source, one.destination) for one in found] == [(A, B), (A, C)]

    @pytest.mark.parametrize(("mixed", "hosts"), [(False, [B]), (True, [B, C])])
    def test_another_group_only_where_it_is_named(self, mixed: bool, hosts: list[HostName]) -> None:
        made = settings("kvm01", "kvm02", "kvm03")
        groups = {A: "red", B: "red", C: "blue"}
        made = replace(made, hosts={name: replace(entry, group=groups[name]) for name, entry in made.hosts.items()})
        found = wanted([(guest(), A)], (B, C), made, mixed=mixed)
        assert [one.destination for one in found] == hosts


def test_columns_are_the_hosts_in_question_and_who_is_left_out_is_said() -> None:
    known = Facts(hosts={C: host("kvm03"), A: host("kvm01"), B: host("kvm02")})
    asked = [Asked(guest=guest().uuid, source=A, destination=to) for to in (B, C)]
    found = matrix([(guest(), A)], asked, known, (("idle", "why"),))
    assert (found.hosts, found.left_out) == ((C, B), (("idle", "why"),))
    assert matrix([], [], known) == Matrix(hosts=(), cells=())
