"""The two definitions of a stale guest, side by side."""

from orchestrator.checks import identity
from orchestrator.checks.definition_diff import difference
from orchestrator.model.guest import Power
from tests.unit.checks.builders import case, guest, pair

HERE = """<domain type='kvm' id='7'>
  <name>web</name>
  <vcpu>2</vcpu>
  <devices>
    <target dev='vnet3'/>
    <alias name='net0'/>
  </devices>
</domain>"""
THERE = """<domain type='kvm'>
  <name>web</name>
  <vcpu>1</vcpu>
  <devices>
    <target dev='vnet12'/>
  </devices>
</domain>"""


def lines(there: str | None, here: str | None) -> tuple[str, ...]:
    return difference(there, here, there_name="kvm02", here_name="kvm01")


def test_what_will_change_is_shown_and_what_libvirt_makes_up_is_not() -> None:
    said = lines(THERE, HERE)
    assert said[:2] == ("--- kvm02", "+++ kvm01")
    assert [line for line in said[2:] if line[0] in "+-"] == ["-  <vcpu>1</vcpu>", "+  <vcpu>2</vcpu>"]


def test_equal_definitions_are_called_equal() -> None:
    assert lines(THERE, HERE.replace("<vcpu>2", "<vcpu>1")) == ("Both definitions say the same.",)


def test_a_missing_definition_is_named() -> None:
    assert lines(None, HERE) == ("The two definitions could not be compared: kvm02 gave none.",)
    assert "kvm02 and kvm01" in lines(None, None)[0]


def test_a_long_difference_is_cut_and_says_so() -> None:
    long = "\n".join(f"<memory>{n}</memory>" for n in range(200))
    said = lines(THERE, long)
    assert len(said) == 81
    assert said[-1].endswith("more lines")


def test_the_warning_carries_the_difference() -> None:
    stale = guest(power=Power.SHUT_OFF)
    given = case(there=[stale], pair=pair(stale, definition_here=HERE, definition_there=THERE))
    (finding,) = identity.RULE.examine(given)
    assert "+  <vcpu>2</vcpu>" in finding.detail
