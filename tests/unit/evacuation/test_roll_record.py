"""What a roll answers and has to tell, from its record alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.evacuation.rolling import exit_code, freed, harmed, kept_shut, was_worked_on
from orchestrator.model.host import HostName
from orchestrator.model.roll import Roll, RollEntry, Step
from orchestrator.model.run import RunId

A, B = HostName("kvm01"), HostName("kvm02")
T0 = datetime(2026, 11, 21, tzinfo=UTC)
DONE = ((A, Step.DONE, {}), (B, Step.DONE, {}), (None, Step.ENDED, {}))
HELD = {"harm": "web-01: it stands still", "code": 7}
LEFT = {"harm": "web-01: an ISO was left behind", "code": 1}


def roll(*entries: tuple[HostName | None, Step, dict[str, Any]]) -> Roll:
    """A roll over two hosts in which all this has happened."""
    made = tuple(
        RollEntry(at=T0 + timedelta(minutes=n), host=host, step=step, **more)
        for n, (host, step, more) in enumerate(entries)
    )
    return Roll(id=RunId("r"), started_at=T0, by="ada", hosts=(A, B), command="x", entries=made)


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        (DONE, 0),
        (((A, Step.EMPTIED, HELD), *DONE), 7),
        (((A, Step.EMPTIED, LEFT), *DONE), 1),
        (((A, Step.EMPTIED, LEFT), (B, Step.RESTORED, HELD), *DONE), 7),
        (((A, Step.EMPTIED, LEFT), (None, Step.STOPPED, {})), 130),
        (((A, Step.EMPTIED, HELD), (None, Step.STOPPED, {})), 7),
        (((A, Step.FAILED, HELD), (None, Step.STOPPED, {})), 7),
        (((A, Step.EMPTIED, HELD), (None, Step.STOPPED, {}), (None, Step.CONTINUED, {}), *DONE), 0),
        # Killed with a failed host and taken up: nobody was told yet.
        (((A, Step.FAILED, HELD), (None, Step.CONTINUED, {}), *DONE), 7),
    ],
)
def test_a_guest_that_came_to_harm_counts_until_it_was_told(entries: Any, code: int) -> None:
    assert exit_code(roll(*entries)) == code


def test_what_is_told_of_guests_is_told_once() -> None:
    told = roll((A, Step.EVACUATING, HELD), (A, Step.EMPTIED, HELD), (B, Step.RESTORED, LEFT))
    assert harmed(told) == ("web-01: it stands still", "web-01: an ISO was left behind")


def test_a_host_is_kept_shut_from_its_evacuation_until_it_is_well() -> None:
    course = [Step.CHECKED, Step.CORDONED, Step.EVACUATING, Step.EMPTIED, Step.COMMANDING, Step.COMMANDED, Step.HEALTHY]
    shut = [kept_shut(roll(*((A, step, {}) for step in course[: n + 1])), A) for n in range(len(course))]
    assert shut == [False, True, True, True, True, True, False]
    assert not kept_shut(roll(), A) and not kept_shut(roll(), HostName("kvm09"))


def test_a_host_that_failed_after_its_command_is_kept_shut_and_one_that_was_let_go_is_not() -> None:
    given = ((A, Step.CHECKED, {}), (A, Step.COMMANDING, {}))
    worked_on = roll(*given, (A, Step.FAILED, {"again": Step.CHECKED}))
    assert (was_worked_on(worked_on, A), kept_shut(worked_on, A), freed(worked_on)) == (True, True, ())
    let_go = roll(*given, (A, Step.FAILED, {"again": Step.CHECKED, "freed": True}))
    assert (was_worked_on(let_go, A), kept_shut(let_go, A), freed(let_go)) == (False, False, (A,))
    again = roll(*given, (A, Step.FAILED, {"again": Step.CHECKED, "freed": True}), (A, Step.CHECKED, {}))
    assert freed(again) == ()
