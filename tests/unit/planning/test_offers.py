"""A plan carries what both hosts offer, and a policy that asks for more is a blocker, not a surprise."""

from typing import Any

from orchestrator.model.finding import Severity
from orchestrator.model.host import HostName
from orchestrator.model.offer import Feature
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Policy
from orchestrator.model.request import MoveRequest
from orchestrator.model.transport import Method
from orchestrator.planning.planner import plan
from tests.unit.checks.builders import GIB, TODAY, guest, host, settings
from tests.unit.planning.worlds import surveyed

OLD = {"libvirt_version": 9_000_000, "qemu_version": 7_002_000}
ROOMY = {"memory_free_bytes": 32 * GIB}


def planned(*hosts: Any, to: str | None = None, **allowed: Any) -> Plan:
    by_name = {one.name: one for one in hosts}
    given = settings(*by_name, policy=Policy(name="p", **allowed))
    request = MoveRequest(guests=("web",), to=None if to is None else HostName(to))
    return plan(request, given, surveyed(request, given, by_name), TODAY)


def test_a_move_carries_what_its_own_hosts_offer() -> None:
    (to_the_old,) = planned(host("kvm01", guest()), host("kvm02", **OLD), host("kvm03"), to="kvm02").moves
    assert to_the_old.offers.absent[Feature.ZSTD] == "kvm02 has libvirt 9.0.0, and it takes 9.4.0"
    assert to_the_old.transport.method is Method.TCP
    (to_the_new,) = planned(host("kvm01", guest()), host("kvm02", **OLD), host("kvm03"), to="kvm03").moves
    assert to_the_new.offers.has(Feature.ZSTD)


def test_a_transport_that_one_host_has_not_sends_the_guest_to_another() -> None:
    hosts = host("kvm01", guest()), host("kvm02", **OLD, **ROOMY), host("kvm03")
    assert [move.destination for move in planned(*hosts).moves] == ["kvm02"]
    (move,) = planned(*hosts, transport="compressed").moves
    assert (move.destination, move.transport.method) == ("kvm03", Method.COMPRESSED)


def test_a_transport_that_no_host_has_blocks() -> None:
    result = planned(host("kvm01", guest()), host("kvm02"), encryption="required")
    assert result.moves == ()
    (finding,) = [one for one in result.findings if one.severity is Severity.BLOCKER]
    assert (finding.check, finding.guest, finding.destination) == ("encryption-possible", "web", "kvm02")


def test_a_wish_that_cannot_be_met_is_noted_in_plan_and_transport() -> None:
    result = planned(host("kvm01", guest()), host("kvm02"), encryption="preferred")
    (move,) = result.moves
    (note,) = result.findings
    assert (note.check, note.severity) == ("encryption-possible", Severity.NOTE)
    assert "kvm01 has no client certificate for QEMU" in note.saw
    assert move.transport.forgone == ("encryption: kvm01 has no client certificate for QEMU",)
