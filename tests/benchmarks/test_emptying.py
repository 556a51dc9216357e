"""The judge of emptied hosts can fail, and does so for each of its reasons."""

from dataclasses import replace

import pytest

from tests.benchmarks.emptying import Crossing, Expected, Way, bound, judge

MB = 10**6
STATES = {"a": "running", "b": "running", "c": "paused", "d": "shut off"}
EXPECTED = Expected(states=STATES, apart=("a", "b"), limit=2, link=10 * MB)
AWAY = {"a": "kvm02", "b": "kvm03", "c": "kvm02", "d": "kvm04"}
WHERE = {name: {host: STATES[name]} for name, host in AWAY.items()}
HOME = {name: {"kvm01": state} for name, state in STATES.items()}
CROSSINGS = (
    Crossing("a", "kvm02", 40.0, 200 * MB),
    Crossing("b", "kvm03", 40.0, 200 * MB),
    Crossing("c", "kvm02", 40.0, 200 * MB),
    Crossing("d", "kvm04", 2.0, None, offline=True),
)
OURS = Way("ferry", 66.0, (0,), 610 * MB, {"kvm01": 2, "kvm02": 2}, WHERE, CROSSINGS)
LOOP = Way("virsh, one at a time", 75.0, (0, 0, 0, 0), 610 * MB, {"kvm01": 1}, WHERE)


def complaints(**changed: object) -> tuple[str, ...]:
    ours = replace(OURS, **changed)  # type: ignore[arg-type]
    return judge(EXPECTED, ours, [LOOP], HOME, ()).complaints


def test_what_is_good_is_called_good() -> None:
    verdict = judge(EXPECTED, OURS, [LOOP], HOME, ())
    assert verdict.complaints == ()
    assert (verdict.bound, verdict.ratio) == (60.0, 1.1)
    assert verdict.compared == {"virsh, one at a time": 75 / 66}


def test_no_order_is_quicker_than_its_longest_move() -> None:
    long = replace(CROSSINGS[0], seconds=80.0)
    assert bound((long, *CROSSINGS[1:]), EXPECTED.link) == 80.0
    assert complaints(seconds=90.0, crossings=(long, *CROSSINGS[1:])) == ()


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"seconds": 70.0}, "ferry took 1.167 times the bound of 60.0 s"),
        ({"codes": (1,)}, "ferry ended with 1"),
        ({"where": {**WHERE, "c": {"kvm01": "paused"}}}, "c is paused at kvm01, not paused at one other host alone"),
        ({"where": {**WHERE, "c": {"kvm02": "running"}}}, "c is running at kvm02"),
        ({"where": {**WHERE, "c": {"kvm02": "paused", "kvm03": "shut off"}}}, "c is paused at kvm02 and shut off at"),
        ({"where": {**WHERE, "c": {}}}, "c is nowhere"),
        ({"where": {**WHERE, "b": {"kvm02": "running"}}}, "a and b are both at kvm02"),
        ({"most": {"kvm01": 3}}, "libvirt showed 3 moves at kvm01 at once"),
        ({"most": {"kvm01": 1}}, "never as many moves at once as are allowed"),
        ({"crossings": CROSSINGS[:3]}, "ferry tells of no move of d"),
        ({"crossings": (replace(CROSSINGS[0], sent=None), *CROSSINGS[1:])}, "the moves of a have sent is not known"),
        ({"passed": 500 * MB}, "ferry tells of 600 MB, and 500 MB passed the link"),
        ({"passed": 700 * MB}, "ferry tells of 600 MB, and 700 MB passed the link"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, object], complaint: str) -> None:
    assert any(complaint in one for one in complaints(**changed)), complaints(**changed)


def test_guests_that_are_not_home_a_way_that_did_less_and_spoilt_memory() -> None:
    less = replace(LOOP, codes=(0, 1), where={**WHERE, "a": {"kvm01": "running"}})
    away = {**HOME, "d": {"kvm04": "shut off"}}
    found = judge(EXPECTED, OURS, [less], away, ["b"]).complaints
    assert "after the restore d is shut off at kvm04, not shut off at kvm01 alone" in found
    assert "virsh, one at a time ended with 0, 1" in found
    assert "virsh, one at a time: a is running at kvm01, not running at one other host alone" in found
    assert "the memory of b is not what it was" in found
