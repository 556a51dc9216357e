"""How long a guest will stand still, from what is known beforehand."""

from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.offer import Crossing, Offers
from orchestrator.operations.doors import Doors
from orchestrator.operations.standstill import standstill
from tests.unit.migration.scenes import TRANSPORT, move

MB = 1_000_000


@dataclass
class Store:
    known: int | None

    def crossing(self, *_way: object) -> Crossing:
        return Crossing(bytes_per_second=self.known)


@dataclass
class TheseDoors:
    known: int | None = None
    away: bool = False

    def store(self) -> Store:
        if self.away:
            raise OrchestratorError.of("store.unavailable", "it is locked")
        return Store(self.known)


@pytest.mark.parametrize(
    ("doors", "link", "cap", "rate"),
    [
        (TheseDoors(known=50 * MB), 1250 * MB, None, 50 * MB),
        (TheseDoors(), 1250 * MB, None, 1250 * MB),
        (TheseDoors(known=50 * MB), None, 10 * MB, 10 * MB),
        (TheseDoors(), None, None, None),
        (TheseDoors(known=50 * MB, away=True), 125 * MB, None, 125 * MB),
    ],
    ids=["an earlier move", "the link", "the cap", "nobody knows", "the store is away"],
)
def test_the_rate(doors: TheseDoors, link: int | None, cap: int | None, rate: int | None) -> None:
    offers = Offers(source_cpus=2, destination_cpus=2, used_bytes=100 * MB, link_bytes_per_second=link)
    moving = move(offers=offers, transport=replace(TRANSPORT, bandwidth_bytes_per_second=cap))
    found = standstill(cast(Doors, cast(Any, doors)), moving)
    assert (found.used_bytes, found.bytes_per_second) == (100 * MB, rate)
    assert found.seconds == (None if rate is None else 100 * MB / rate)
