"""Looking for leftovers: every host is asked, what a move would look like is looked at twice, and then cleaned."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.command import RemoveToken
from orchestrator.model.effect import Done
from orchestrator.model.facts import Ask, Facts, HostFacts
from orchestrator.model.guest import Power
from orchestrator.model.leftovers import Leftovers, Token
from orchestrator.model.topic import Topic
from orchestrator.operations import leftovers
from orchestrator.operations.doors import Doors
from orchestrator.ports import CommandResult, HostShell, Survey
from orchestrator.simulator.clock import EPOCH
from tests.scenarios.simulated import WHO, A, B, Bench, C
from tests.unit.checks import builders

TOKEN = "/images/.ferry-0123456789abcdef01234567"
OLD = Leftovers(tokens=(Token(path=TOKEN, filesystem="xfs", age_seconds=4000),))


class Site:
    """Three hosts whose looks are given one after the other; the last one stays."""

    def __init__(self, *looks: dict[str, HostFacts]) -> None:
        self.bench = Bench()
        self.looks = list(looks)
        self.asked: list[Ask] = []
        self.at: list[float] = []
        self.scripts: list[str] = []

    def facts(self, ask: Ask, *, within: float) -> Facts:
        """The next look."""
        self.asked.append(ask)
        self.at.append(self.bench.clock.ticks())
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return Facts(hosts=cast(Any, {name: look.get(name) or quiet(name) for name in ask.hosts}))

    def run(self, script: str, *, within: float) -> CommandResult:
        """Any script is done."""
        self.scripts.append(script)
        return CommandResult(status=0, stdout="", stderr="")

    def doors(self) -> Doors:
        """The doors to it."""
        return replace(self.bench.doors(), survey=lambda: cast(Survey, self), shell=lambda _host: cast(HostShell, self))


def quiet(name: str, *guests: Any, seen: Leftovers | None = None) -> HostFacts:
    """A host that has these guests and leftovers."""
    return builders.host(name, *guests, leftovers=seen or Leftovers())


COPY = builders.guest(power=Power.INCOMING, active_job="incoming migration")


def test_one_look_is_enough_where_nothing_looks_like_a_move() -> None:
    site = Site({A: quiet(A, seen=OLD)})
    (found,) = leftovers.find(site.doors())
    assert (found.check, found.source) == ("leftover-token", A)
    assert [ask.topics for ask in site.asked] == [{Topic.LEFTOVERS}]


def test_a_copy_that_nobody_sends_is_looked_at_again_seconds_later() -> None:
    site = Site({B: quiet(B, COPY)})
    (found,) = leftovers.find(site.doors())
    assert (found.check, found.exit_code) == ("leftover-incoming", 7)
    first, second = site.at
    assert second - first >= 3
    assert site.asked[1].shell is False, "only the guests"


def test_a_copy_that_has_arrived_meanwhile_is_none() -> None:
    site = Site({B: quiet(B, COPY)}, {B: quiet(B, builders.guest())})
    assert leftovers.find(site.doors()) == ()


def test_hosts_that_are_named_are_told_of_and_all_are_asked() -> None:
    site = Site({A: quiet(A, seen=OLD), B: quiet(B, seen=OLD), C: quiet(C, COPY)})
    found = leftovers.find(site.doors(), (B,))
    assert [(one.check, one.source) for one in found] == [("leftover-incoming", C), ("leftover-token", B)]
    assert site.asked[0].hosts == (A, B, C)
    with pytest.raises(OrchestratorError, match=r"usage\.unknown-host"):
        leftovers.find(site.doors(), (cast(Any, "kvm99"),))


def test_two_entries_that_are_one_machine_prove_nothing() -> None:
    same = replace(quiet(B), identity=quiet(A).identity)
    with pytest.raises(OrchestratorError, match=r"config\.same-machine"):
        leftovers.find(Site({B: same}).doors())


def test_what_is_still_there_at_the_second_look_is_cleaned() -> None:
    site = Site({A: quiet(A, seen=OLD)})
    (one,) = leftovers.clean(site.doors(), leftovers.find(site.doors()), WHO)
    assert (one.remedy.repair, one.effect) == (RemoveToken(path=TOKEN), Done())
    assert TOKEN in site.scripts[0]
    assert site.bench.clock.now() - EPOCH < timedelta(seconds=1)


def test_what_is_needed_by_now_is_not_cleaned_and_nothing_that_nobody_agreed_to() -> None:
    site = Site({A: quiet(A, seen=OLD)}, {B: quiet(B, seen=OLD)})
    assert leftovers.clean(site.doors(), leftovers.find(site.doors()), WHO) == ()
    assert not site.scripts and not site.bench.store.runs()
