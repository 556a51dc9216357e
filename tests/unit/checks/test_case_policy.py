"""Whose policy counts for what is looked at: a host's, a guest's, or a guest's at its destination."""

from dataclasses import replace

import pytest

from orchestrator.checks.case import AtSource, Looking, OfPlan, Reaching
from orchestrator.checks.memory import RULE
from orchestrator.checks.runner import run
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Severity
from orchestrator.model.host import HostName
from orchestrator.model.inheritance import Layer, Override, Setting
from orchestrator.model.units import Bytes
from tests.unit.checks.builders import GIB, at_host, case, guest, host, on_link, settings

KVM02 = HostName("kvm02")


def reserve(layer: Layer, name: str, gib: int) -> Override:
    return Override(
        layer=layer, name=name, settings=(Setting(path=("memory_reserve",), value=Bytes(gib * GIB), layer=layer),)
    )


GIVEN = settings(
    overrides=(reserve(Layer.HOST, "kvm01", 11), reserve(Layer.HOST, "kvm02", 12), reserve(Layer.GUESTS, "db-*", 20))
)
DB = guest("db-01")
SOURCE = {"source": host("kvm01"), "lives_on": (HostName("kvm01"),)}

WHOSE = {
    "a host by itself": (at_host(settings=GIVEN), 11),
    "a guest, wherever it goes": (AtSource(settings=GIVEN, guest=DB, **SOURCE), 20),
    "a guest of whom nothing is said": (AtSource(settings=GIVEN, guest=guest(), **SOURCE), 1),
    "a destination that may be silent": (
        Reaching(
            settings=GIVEN,
            guest=guest(),
            destination_entry=GIVEN.hosts[KVM02],
            answer=Unknown(why="silence"),
            **SOURCE,
        ),
        12,
    ),
    "the way to a destination": (on_link(settings=GIVEN), 12),
    "a move": (case(settings=GIVEN), 12),
    "a move of a guest of its own": (case(DB, settings=GIVEN), 20),
    "a whole plan": (OfPlan(settings=GIVEN, moves=(), hosts=()), 1),
}


@pytest.mark.parametrize(("looking", "gib"), WHOSE.values(), ids=WHOSE.keys())
def test_whose_policy_counts(looking: Looking, gib: int) -> None:
    assert looking.policy.memory_reserve == gib * GIB


def test_a_rule_obeys_it() -> None:
    assert run((RULE,), case(settings=settings())) == ()
    given = settings(overrides=(reserve(Layer.HOST, "kvm02", 16),))
    [found] = run((RULE,), case(settings=given))
    assert "16384 MiB reserve" in found.saw


def test_the_runner_counts_a_finding_as_that_policy_does() -> None:
    lower = Setting(path=("checks", "severity", "memory"), value=Severity.NOTE)
    given = settings(
        overrides=(
            reserve(Layer.HOST, "kvm02", 16),
            Override(layer=Layer.GUESTS, name="db-*", settings=(lower,)),
        )
    )
    for moving, severity in ((guest(), Severity.BLOCKER), (DB, Severity.NOTE)):
        [found] = run((RULE,), replace(case(moving), settings=given))
        assert found.severity is severity
