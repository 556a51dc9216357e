"""Whether a roll is to be begun: it may be done already, nothing can come of it, or another one has its hosts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.roll import Step
from orchestrator.model.run import RunId
from orchestrator.operations.rolling import done_since, preview
from tests.scenarios.rolling_world import GIB, A, B, C, Rack
from tests.scenarios.simulated import guest_id


def test_a_roll_that_ended_since_its_time_is_done_and_answers_as_it_ended() -> None:
    rack = Rack()
    rack.guests(1)
    slot = rack.bench.clock.now()
    doors = rack.doors()
    assert done_since(doors, rack.wish(), slot) is None
    rack.home_says = "guest-01: kvm01 has no room"
    rolled = rack.roll(restore=True)
    found = done_since(rack.doors(), rack.wish(id=RunId("roll-2"), restore=True), slot)
    assert found == rolled and found.exit_code == 1
    assert done_since(doors, rack.wish(restore=True), rack.bench.clock.now() + timedelta(seconds=1)) is None
    assert done_since(doors, rack.wish(restore=False), slot) is None, "another wish"


def test_a_roll_that_was_begun_before_and_has_ended_since_is_done_too() -> None:
    rack = Rack(stuck=(guest_id(1),))
    rack.guests(1)
    rack.roll(attempts=1)
    slot = rack.bench.clock.now()
    assert done_since(rack.doors(), rack.wish(), slot) is None, "it rests"
    rack.stuck = ()
    rack.bench.pass_time(60)
    rack.resume()
    found = done_since(rack.doors(), rack.wish(), slot)
    assert found is not None and found.exit_code == 0


def test_a_roll_that_was_given_up_is_not_done() -> None:
    rack = Rack(hosts=(A, B, C), stuck=(guest_id(1),))
    rack.guests(1)
    slot = rack.bench.clock.now()
    rack.roll(attempts=1)
    rack.roll(attempts=1, id=RunId("roll-2"), anew=True)
    assert any(entry.step is Step.ENDED for entry in rack.kept().entries)
    assert done_since(rack.doors(), rack.wish(), slot) is None
    assert len(rack.bench.store.rolls()) == 2


def test_what_speaks_against_a_roll_is_told_apart_from_who_is_silent() -> None:
    rack = Rack()
    rack.guests(1)
    assert (preview(rack.doors(), rack.wish()).against, preview(rack.doors(), rack.wish()).joins) == ((), False)
    rack.bench.world.machines[B].down = True
    seen = preview(rack.doors(), rack.wish())
    [silent] = seen.silent
    assert silent.saw in seen.against and silent.saw.startswith(f"{B} does not answer: ")
    assert silent.code == "host.unreachable"
    assert f"{B}: its guests are not known" in seen.ways
    assert not preview(rack.doors(), rack.wish(hosts=(A, C))).silent, "it is none of theirs"
    rack.bench.world.machines[B].down = False
    rack.bench.guest(9, C, memory=8 * GIB - 2**27)
    seen = preview(rack.doors(), rack.wish(hosts=(C, A)))
    assert (seen.silent, seen.joins) == ((), False) and "kvm03 cannot be emptied" in seen.against[0]
    rack.stuck = (guest_id(1),)
    rack.roll(attempts=1, hosts=(A, B))
    assert preview(rack.doors(), rack.wish(hosts=(A, B))).joins


def test_a_roll_that_goes_on_is_waited_for_and_one_that_rests_is_told() -> None:
    """For cron: what ends by itself is looked at later, in silence; what nobody works on has to be said."""
    rack = Rack(stuck=(guest_id(1),))
    rack.guests(1)
    codes: list[tuple[str, int]] = []

    def other(entry) -> None:
        if entry.step is Step.EVACUATING:
            beside()

    def beside() -> None:
        doors = replace(rack.doors(), lives=lambda _holder: True)
        with pytest.raises(OrchestratorError) as refused:
            preview(doors, rack.wish(hosts=(B, C)))
        codes.append((refused.value.problems[0].code, refused.value.exit_code))

    rack.on_entry = other
    rack.roll(hosts=(A, B), attempts=1)
    beside()
    assert codes == [("evacuation.roll-overlaps", 75), ("evacuation.roll-rests", 5)]
