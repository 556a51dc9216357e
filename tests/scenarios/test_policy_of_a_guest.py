"""A run obeys what a guest, or the host it goes to, settles differently from the policy of the site."""

from dataclasses import replace

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.model.inheritance import Layer, Override, Setting
from orchestrator.model.move import State
from orchestrator.model.plan import Plan
from orchestrator.model.units import Milliseconds
from orchestrator.operations.apply import apply
from tests.scenarios.simulated import LINK, WHO, A, B, Bench


@pytest.mark.parametrize(
    ("layer", "name", "counts"),
    [(Layer.GUESTS, "guest-*", "10s"), (Layer.HOST, B, "10s"), (Layer.HOST, A, "15s"), (Layer.GUESTS, "db-*", "15s")],
    ids=["the guest", "its destination", "its source does not count", "another guest"],
)
def test_max_duration(layer: Layer, name: str, counts: str) -> None:
    bench = Bench(max_duration="15s")
    guest = bench.guest(1, dirty=LINK)
    shorter = Setting(path=("max_duration",), value=Milliseconds(10_000), layer=layer, of=name)
    doors = bench.doors()
    settings = replace(doors.settings, overrides=(Override(layer=layer, name=name, settings=(shorter,)),))
    plan = Plan(moves=(bench.move(guest),), findings=())
    report = apply(replace(doors, settings=settings), plan, WHO, (), Stop())
    outcome = report.moves[0].outcome
    assert outcome is not None
    assert (outcome.state, outcome.code) == (State.KEPT, "migration.too-long")
    assert f"max_duration {counts}" in outcome.because
    # The journal keeps the policy of the site: what comes on top is read anew when the run is taken over.
    assert report.run.policy.name == "test"
