"""What `ferry migrate` answers when it had to take over the runs of dead processes first."""

import signal

import pytest

from orchestrator.cli import moving
from orchestrator.errors import OrchestratorError
from tests.screens import world

UNREACHABLE = OrchestratorError.of("host.unreachable", "kvm02 does not answer")


@pytest.fixture
def held(given):
    """A dead run that ends with a guest held; the new one goes well."""
    report = world.done(world.migrated("web-01", 1), code=7)
    given.orphans, given.adopted = (report.run,), (report,)
    given.reports = (world.done(world.migrated("db-01", 2)),)
    return given


def test_a_run_that_goes_well_does_not_hide_a_guest_that_is_held(ferry, held):
    assert ferry("migrate", "db-01", "--yes").code == 7
    assert len(held.applied) == 1, "the new run is not stopped by it"


def test_a_taken_over_run_that_ended_well_changes_nothing(ferry, held):
    held.adopted = (world.done(world.migrated("web-01", 1)),)
    assert ferry("migrate", "db-01", "--yes").code == 0


def test_a_plan_that_is_blocked_does_not_hide_it(ferry, held):
    held.plan = world.BLOCKED
    assert ferry("migrate", "db-01", "--yes").code == 7


def test_consent_refused_does_not_hide_it(ferry, held, monkeypatch):
    monkeypatch.setattr(moving, "_agreed", lambda *_args, **_more: False)
    assert ferry("migrate", "db-01", "--yes").code == 7


@pytest.mark.parametrize(("taken", "code"), [(7, 7), (1, 1), (0, 6)])
def test_an_error_after_it_does_not_hide_it(ferry, held, monkeypatch, taken, code):
    held.adopted = (world.done(world.migrated("web-01", 1), code=taken),)
    plans = iter([world.PLAN])

    def propose(_doors, _request, **_more):
        for plan in plans:
            return plan
        raise UNREACHABLE

    monkeypatch.setattr(moving, "propose", propose)
    shown = ferry("migrate", "db-01", "--yes")
    assert (shown.code, "host.unreachable" in shown.err) == (code, True)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_meanwhile_ends_the_command_with_its_own_code(ferry, held, number, code):
    held.adopted = (world.done(world.kept("web-01", 1, code="migration.cancelled"), code=130),)
    held.during = lambda _stop: signal.raise_signal(number)
    assert ferry("migrate", "db-01", "--yes").code == code
    assert held.applied == []


def test_what_one_run_could_not_do_counts_in_what_resume_answers(ferry, given):
    given.reports, given.failures = (world.done(world.migrated("web-01", 1)),), (UNREACHABLE,)
    assert ferry("resume").code == 6
