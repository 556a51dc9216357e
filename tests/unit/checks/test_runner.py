"""Rules are run apart from each other, and what they found is counted as the policy says and put in order."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.checks.registry import GUEST_RULES, HOST_RULES, LINK_RULES, MOVE_RULES, PAIR_RULES
from orchestrator.checks.rule import Rule, blocker, known, note, warning
from orchestrator.checks.runner import run
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Power
from orchestrator.model.policy import Checks, Policy, Waiver
from tests.unit.checks.builders import TODAY, at_host, case, guest, on_link, settings, summary


def _broken(given):
    yield warning("seen before it broke", "look")
    raise ZeroDivisionError("by zero")


BROKEN = Rule(name="broken", title="Breaks.", scope=Scope.GUEST, severity=Severity.WARNING, examine=_broken)


def test_nothing_speaks_against_an_ordinary_move() -> None:
    assert run((*GUEST_RULES, *MOVE_RULES, *PAIR_RULES), case()) == ()
    assert run(LINK_RULES, on_link()) == ()
    assert run(HOST_RULES, at_host()) == ()


def test_a_rule_that_breaks_blocks_and_spoils_no_other() -> None:
    shut = case(guest(power=Power.SHUT_OFF))
    found = run((BROKEN, *GUEST_RULES), shut)
    assert summary(found) == [("broken", "blocker"), ("guest-state", "blocker"), ("broken", "warning")]
    assert "ZeroDivisionError: by zero" in found[0].saw
    assert found[0].exit_code == 4


def test_blockers_come_first_and_rules_keep_their_order() -> None:
    old = case(guest(active_job="backup"), there=[guest(power=Power.SHUT_OFF)], incoming_bytes=2**60)
    found = run((*MOVE_RULES, *GUEST_RULES), old)
    assert summary(found) == [("memory", "blocker"), ("active-job", "blocker"), ("identity", "warning")]


def _rule(found, **changes) -> Rule:
    return replace(
        Rule(name="odd", title="It is even.", scope=Scope.GUEST, severity=Severity.BLOCKER, examine=lambda _: [found]),
        **changes,
    )


def _under(checks: Checks, name: str = "web"):
    """The ordinary case under a policy with these settings for checks."""
    return case(guest(name), settings=settings(policy=Policy(name="own", checks=checks)))


LACKING = Rule(
    name="lacking",
    title="The fact is there.",
    scope=Scope.GUEST,
    severity=Severity.WARNING,
    examine=lambda _: [note(known(Unknown(why="nobody said", code="host.shell", leg="here to there")), "")],
)


def test_a_rule_that_lacks_a_fact_says_which_and_why() -> None:
    (found,) = run((LACKING,), case())
    assert (found.severity, found.undecided) == (Severity.WARNING, "here to there: nobody said")
    assert found.saw == "The fact is there. That could not be decided: here to there: nobody said"
    assert "ferry explain host.shell" in found.fix


def test_the_policy_says_how_bad_it_is_not_to_know_unless_the_rule_does() -> None:
    strict = _under(Checks(unknown=Severity.BLOCKER))
    assert run((LACKING,), strict)[0].severity is Severity.BLOCKER
    assert run((replace(LACKING, undecided=Severity.NOTE),), strict)[0].severity is Severity.NOTE


def test_the_policy_changes_the_severity_of_a_check_but_not_of_what_it_could_not_decide() -> None:
    checks = Checks(severity={"odd": Severity.NOTE, "lacking": Severity.BLOCKER})
    assert run((_rule(warning("x", "y")),), _under(checks))[0].severity is Severity.NOTE
    assert run((LACKING,), _under(checks))[0].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("waiver", "holds"),
    [
        ({}, True),
        ({"guest": "we*"}, True),
        ({"host": "kvm02"}, True),
        ({"until": TODAY}, True),
        ({"until": TODAY - timedelta(days=1)}, False),
        ({"guest": "db*"}, False),
        ({"host": "kvm03"}, False),
        ({"check": "other"}, False),
    ],
)
def test_a_waiver_holds_for_what_it_names_and_is_shown(waiver, holds) -> None:
    given = Waiver(**{"check": "odd", "reason": "known", "until": TODAY + timedelta(days=1)} | waiver)
    (found,) = run((_rule(blocker("x", "y")),), _under(Checks(waive=(given,))))
    assert (found.severity is Severity.NOTE) is holds
    assert (found.waived is not None) is holds
    if found.waived is not None:
        assert (found.waived.reason, found.waived.severity) == ("known", Severity.BLOCKER)


def test_what_may_cost_a_guest_its_data_is_never_waived_and_neither_is_an_alarm() -> None:
    waiver = Waiver(check="odd", reason="please", until=TODAY)
    checks = Checks(severity={"odd": Severity.NOTE}, waive=(waiver,))
    assert run((_rule(blocker("x", "y"), waivable=False),), _under(checks))[0].severity is Severity.BLOCKER
    assert run((_rule(blocker("x", "y", exit_code=7)),), _under(checks))[0].severity is Severity.BLOCKER
