"""What the slots of a dead run still cost."""

import pytest

from orchestrator.limits.abandoned import left
from orchestrator.model.guest import Power
from orchestrator.model.host import HostName
from orchestrator.model.sample import Sample
from orchestrator.model.sighting import Sighting
from orchestrator.model.unknown import Unknown
from tests.contract.store_contract import SAMPLE
from tests.unit.limits.tickets import held

SILENT = Unknown(why="it does not answer")
GONE, STAYED = Sighting(power=Power.ABSENT), Sighting(power=Power.RUNNING, reason="booted")
SENDS = Sighting(power=Power.RUNNING, moving=True)
RECEIVES = Sighting(power=Power.INCOMING)
ALL = {"A", "B", "shared"}


def whose(source: Sighting | Unknown, destination: Sighting | Unknown, **more: object) -> set[str]:
    found = left(held("web", "A>B", **more), source, destination)
    ends = {name for name in ("A", "B") if any(f":{name}." in r or r.endswith(f"@{name}") for r in found)}
    return ends | ({"shared"} if "cluster.live" in found else set())


JOB: Sample = SAMPLE


@pytest.mark.parametrize(
    ("source", "destination", "still"),
    [
        (SENDS, RECEIVES, ALL),
        (SILENT, SILENT, ALL),
        (GONE, STAYED, set()),
        (STAYED, GONE, set()),
        (STAYED, Sighting(power=Power.SHUT_OFF), set()),
        (SENDS, GONE, {"A", "shared"}),
        (STAYED, RECEIVES, {"B", "shared"}),
        (SILENT, STAYED, {"A", "shared"}),
        (GONE, SILENT, {"B", "shared"}),
        (Sighting(power=Power.PAUSED, job=JOB), GONE, {"A", "shared"}),
        (Sighting(power=Power.PAUSED, reason="post-copy"), Sighting(power=Power.RUNNING, reason="post-copy"), ALL),
        (Sighting(power=Power.PAUSED, reason="post-copy failed"), GONE, {"A", "shared"}),
    ],
)
def test_each_end_is_free_once_it_says_so(source, destination, still) -> None:
    assert whose(source, destination) == still


def test_an_end_that_a_person_released_is_free() -> None:
    assert whose(SILENT, STAYED, released={HostName("A"): "it burnt"}) == set()
    assert whose(SILENT, SILENT, released={HostName("A"): "it burnt"}) == {"B", "shared"}


def test_nothing_is_added() -> None:
    found = left(held("web", "A>B"), SENDS, RECEIVES)
    assert found == held("web", "A>B").costs
