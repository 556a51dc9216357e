"""Hosts that a person lets take no guests, and what happens to moves towards them."""

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.cordon import Cordon
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence
from orchestrator.model.run import RunId
from orchestrator.operations.cordons import cordon, cordoned, uncordon
from orchestrator.simulator.clock import EPOCH
from orchestrator.simulator.kill import Killed, Killer
from orchestrator.simulator.store_outage import Outage
from tests.scenarios.simulated import WHO, A, B, Bench

WHY = "a new mainboard"
OF_RUN = Cordon(host=B, by="ada on ctl", at=EPOCH, because="is being emptied", run=RunId("run-x"))


def refused(code: str, *words: str, call) -> None:
    with pytest.raises(OrchestratorError) as raised:
        call()
    (problem,) = raised.value.problems
    assert problem.code == code
    assert [word for word in words if word not in problem.saw] == []


def test_a_host_is_cordoned_and_takes_guests_again() -> None:
    bench = Bench()
    put = cordon(bench.doors(), B, WHY, WHO)
    assert (put.done, put.before, put.arriving) == (True, None, ())
    assert put.cordon == Cordon(host=B, by="ada on ctl", at=EPOCH, because=WHY)
    assert cordoned(bench.doors()) == (put.cordon,)
    lifted = uncordon(bench.doors(), B)
    assert (lifted.done, lifted.cordon, lifted.before) == (True, None, put.cordon)
    assert cordoned(bench.doors()) == ()
    assert uncordon(bench.doors(), B).before is None, "once more is no error"


def test_what_is_only_shown_changes_nothing() -> None:
    bench = Bench()
    put = cordon(bench.doors(), B, WHY, WHO, dry_run=True)
    assert (put.done, put.cordon is not None, bench.store.cordons()) == (False, True, ())
    bench.store.keep_cordon(OF_RUN)
    assert uncordon(bench.doors(), B, dry_run=True).before == OF_RUN
    assert bench.store.cordons() == (OF_RUN,)


def test_moves_towards_it_are_named() -> None:
    bench = Bench(live=1)
    first, second = bench.guest(1, memory=2**34), bench.guest(2)
    with pytest.raises(Killed):
        bench.apply(bench.move(first), bench.move(second), killer=Killer(before=frozenset({60})))
    put = cordon(bench.doors(), B, WHY, WHO)
    assert [(one.name, one.run, one.begun) for one in put.arriving] == [
        ("guest-01", "run-1", True),
        ("guest-02", "run-1", False),
    ]
    assert cordon(bench.doors(), A, WHY, WHO).arriving == ()


def test_a_person_takes_the_cordon_of_a_run_over() -> None:
    bench = Bench()
    bench.store.keep_cordon(OF_RUN)
    put = cordon(bench.doors(), B, WHY, WHO)
    assert (put.before, put.cordon.run) == (OF_RUN, None)
    assert bench.store.lift_cordon(B, of=RunId("run-x")) is False


def test_the_cordon_of_a_run_is_lifted_once_nobody_drives_it() -> None:
    bench = Bench()
    doors = bench.doors()
    fence = doors.store().take("run-x", doors.holder, lasts=60.0)
    assert isinstance(fence, Fence)
    bench.store.keep_cordon(OF_RUN)
    refused("host.cordon-held", "kvm02 is cordoned", "drives run run-x", call=lambda: uncordon(doors, B))
    assert bench.store.cordons() == (OF_RUN,)
    later = bench.doors()  # its predecessor is dead
    assert uncordon(later, B).cordon is None
    assert bench.store.cordons() == ()


def test_a_host_that_is_not_configured_is_unknown_unless_it_is_cordoned() -> None:
    bench, gone = Bench(), HostName("kvm09")
    refused("usage.unknown-host", "kvm09", call=lambda: cordon(bench.doors(), gone, WHY, WHO))
    refused("usage.unknown-host", "kvm09", call=lambda: uncordon(bench.doors(), gone))
    bench.store.keep_cordon(Cordon(host=gone, by="ada on ctl", at=EPOCH, because=WHY))
    assert uncordon(bench.doors(), gone).before is not None
    assert bench.store.cordons() == ()


def test_a_store_that_is_away_says_nothing_of_cordons() -> None:
    bench = Bench()
    bench.outages.append(Outage(begins=0.0, ends=1.0))
    said = cordoned(bench.doors())
    assert isinstance(said, Unknown)
    assert said.code == "store.unavailable"
