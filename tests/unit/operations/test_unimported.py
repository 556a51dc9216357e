"""Where entries wait: beside a store that is a file, on this machine for one that is not; another store's are left."""

from dataclasses import replace
from typing import Any, cast

import pytest

from orchestrator import wiring
from orchestrator.model.entry import Adopted, Seq
from orchestrator.model.lease import Fence
from orchestrator.model.spilled import Spilled
from orchestrator.operations.unimported import import_left
from orchestrator.simulator.clock import EPOCH
from tests.scenarios.simulated import Bench


@pytest.mark.parametrize(
    ("store", "place"),
    [
        ("sqlite:////srv/ferry/ferry.db", "/srv/ferry/spill/r.1.jsonl"),
        ("postgresql://ferry@db/ferry", "/var/lib/ferry/spill/r.1.jsonl"),
        ("postgresql:///ferry", "/var/lib/ferry/spill/r.1.jsonl"),
    ],
)
def test_where_entries_wait(store: str, place: str) -> None:
    settings = replace(Bench().doors().settings, store=store)
    assert wiring.real(settings).spill().place(Fence(name="r", number=1)) == place


def test_entries_of_a_run_that_this_store_does_not_know_are_left_where_they_are() -> None:
    bench = Bench()
    fence = Fence(name="elsewhere", number=1)
    bench.spill.add(fence, Spilled(number=Seq(-1), after=Seq(0), at=EPOCH, entry=cast(Any, Adopted(by="bob"))))
    import_left(bench.doors())
    assert bench.spill.waiting() == [fence]
    assert bench.store.lease("elsewhere") is None
