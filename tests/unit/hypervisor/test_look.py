"""What one look makes of libvirt's answers."""

from typing import Any, cast

import libvirt
import pytest

from orchestrator.hypervisor.look import look
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.sighting import InFlight, NotOurs, Sighting
from tests.unit.hypervisor.fakes import FakeConnection, FakeDomain, error
from tests.unit.hypervisor.test_statistics import ARRIVED, RUNNING

G = GuestId("u-1")
ON_SOURCE_ONLY = error(
    libvirt.VIR_ERR_OPERATION_UNSUPPORTED, "migration statistics are available only on the source host"
)
NOT_ACTIVE = error(libvirt.VIR_ERR_OPERATION_INVALID, "domain is not running")
GONE = error(libvirt.VIR_ERR_SYSTEM_ERROR, "cannot get CPU affinity of process 16442: No such process")
CUT = error(libvirt.VIR_ERR_SYSTEM_ERROR, "Cannot write data: Broken pipe", libvirt.VIR_FROM_RPC)


def see(**fields: Any) -> Sighting:
    return look(cast(Any, FakeConnection(FakeDomain(**fields))), G, NotOurs())


def test_no_domain_is_a_proven_absence() -> None:
    said = look(cast(Any, FakeConnection()), G, InFlight())
    assert said == Sighting(power=Power.ABSENT, call=InFlight())


def test_a_running_guest() -> None:
    said = see(starts=True)
    assert (said.power, said.reason, said.persistent, said.autostart) == (Power.RUNNING, "booted", True, True)
    assert said.vcpu_time_ns == 100, "the sum over its processors"
    assert not said.moving and said.job is None and said.last_job is None


def test_a_transient_guest_has_no_autostart_mark() -> None:
    assert not see(persistent=False, starts=True).autostart


def test_leaving() -> None:
    said = see(job=RUNNING)
    assert said.moving and said.job is not None and said.last_job is None


def test_another_job_is_not_a_move() -> None:
    said = see(job=RUNNING | {"operation": 9})
    assert not said.moving and said.job is None


def test_halted_at_the_source() -> None:
    said = see(job=RUNNING, state_now=(3, 2))
    assert (said.power, said.reason, said.moving) == (Power.PAUSED, "migration", True)


def test_incoming_is_told_from_paused_by_code_84() -> None:
    said = see(state_now=(3, 2), fails={"jobStats": ON_SOURCE_ONLY})
    assert said.power is Power.INCOMING and not said.moving
    assert see(state_now=(3, 1)).power is Power.PAUSED


def test_the_half_of_a_post_copy_that_serves() -> None:
    said = see(job=RUNNING, state_now=(3, 12))
    assert (said.power, said.reason, said.moving) == (Power.PAUSED, "post-copy", True)
    assert said.job is not None and said.last_job is None


def test_the_half_of_a_post_copy_that_runs() -> None:
    said = see(state_now=(1, 10), fails={"jobStats": ON_SOURCE_ONLY})
    assert (said.power, said.reason, said.moving, said.job) == (Power.RUNNING, "post-copy", False, None)


def test_a_broken_post_copy_at_the_source_still_has_its_job() -> None:
    said = see(job=RUNNING, state_now=(3, 13))
    assert (said.power, said.reason, said.moving) == (Power.PAUSED, "post-copy failed", True)


@pytest.mark.parametrize(("state", "power"), [((1, 11), Power.RUNNING), ((3, 13), Power.PAUSED)])
def test_a_broken_post_copy_at_the_destination_is_no_incoming_copy(state: tuple[int, int], power: Power) -> None:
    said = see(state_now=state, fails={"jobStats": ON_SOURCE_ONLY})
    assert (said.power, said.reason, said.moving) == (power, "post-copy failed", False)


def test_a_copy_that_has_been_started_but_not_confirmed() -> None:
    said = see(state_now=(1, 2), fails={"jobStats": ON_SOURCE_ONLY})
    assert (said.power, said.last_job) == (Power.RUNNING, None)


def test_arrived_with_its_statistics() -> None:
    said = see(state_now=(1, 2), completed=ARRIVED)
    assert said.reason == "migrated" and said.last_job is not None and said.last_job.downtime_ms == 229


def test_shut_off() -> None:
    said = see(state_now=(5, 4), fails={"jobStats": NOT_ACTIVE, "completed": NOT_ACTIVE})
    assert (said.power, said.reason, said.vcpu_time_ns) == (Power.SHUT_OFF, "migrated", None)


def test_a_copy_whose_processors_have_no_threads_yet() -> None:
    assert see(state_now=(3, 11), fails={"vcpus": NOT_ACTIVE}).vcpu_time_ns is None


def test_a_guest_whose_process_ends_between_two_questions() -> None:
    assert see(state_now=(1, 1), fails={"vcpus": GONE}).vcpu_time_ns is None


def test_a_connection_that_breaks_between_two_questions_is_no_answer() -> None:
    with pytest.raises(libvirt.libvirtError):
        see(state_now=(1, 1), fails={"vcpus": CUT})


@pytest.mark.parametrize("call", ["state", "jobStats", "vcpus", "completed"])
def test_any_other_error_is_no_answer(call: str) -> None:
    broken = error(libvirt.VIR_ERR_INTERNAL_ERROR, "client socket is closed", libvirt.VIR_FROM_RPC)
    with pytest.raises(libvirt.libvirtError):
        see(fails={call: broken})


def test_a_guest_that_goes_during_the_look_was_not_there() -> None:
    gone = error(libvirt.VIR_ERR_NO_DOMAIN, "Domain not found")
    assert see(fails={"vcpus": gone}).power is Power.ABSENT
