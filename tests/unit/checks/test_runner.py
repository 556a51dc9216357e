"""Rules are run apart from each other, and what they found is put in order."""

from orchestrator.checks.registry import GUEST_RULES, HOST_RULES, PAIR_RULES
from orchestrator.checks.rule import Rule
from orchestrator.checks.runner import run
from orchestrator.model.guest import Power
from tests.unit.checks.builders import case, guest, summary


def _broken(given):
    yield given.warning("broken", "seen before it broke", "look")
    raise ZeroDivisionError("by zero")


BROKEN = Rule(name="broken", title="Breaks.", examine=_broken)


def test_nothing_speaks_against_an_ordinary_move() -> None:
    assert run((*GUEST_RULES, *HOST_RULES, *PAIR_RULES), case()) == ()


def test_a_rule_that_breaks_blocks_and_spoils_no_other() -> None:
    shut = case(guest(power=Power.SHUT_OFF))
    found = run((BROKEN, *GUEST_RULES), shut)
    assert summary(found) == [("broken", "blocker"), ("guest-state", "blocker"), ("broken", "warning")]
    assert "ZeroDivisionError: by zero" in found[0].saw
    assert found[0].exit_code == 4


def test_blockers_come_first_and_rules_keep_their_order() -> None:
    old = case(guest(active_job="backup"), there=[guest(power=Power.SHUT_OFF)], incoming_bytes=2**60)
    found = run((*HOST_RULES, *GUEST_RULES), old)
    assert summary(found) == [("memory", "blocker"), ("active-job", "blocker"), ("identity", "warning")]
