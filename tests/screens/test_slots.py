"""What moves wait for, what is taken of the limits and by whom, and what held finished copies back."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.bottleneck import Bottleneck, Limiting
from orchestrator.model.host import HostName
from orchestrator.model.released import Freed
from orchestrator.model.report import ReleaseReport
from orchestrator.model.run import RunId
from orchestrator.model.slots import Mute, Queued, Resource, Slots, Taker
from orchestrator.operations import release as releasing
from orchestrator.operations import slots as operation
from tests.screens import world

FULL = "kvm02 has 2 of 2 live slots, held by web-01 (run 1121-0412-a4) and by a migration ferry did not start (db-07)"
OURS, OTHER = RunId("1121-0412-a4"), RunId("1121-0405-7f")
GONE = "process 4711 on ctl1 is gone"


def taker(name: str, number: int, **more: object) -> Taker:
    fields = {"cost": 1, "source": world.KVM01, "destination": world.KVM02, "run": OURS, **more}
    return Taker(guest=world.uuid(number), name=name, **fields)


WEB = taker("web-01", 1)
LEFT = taker("mail-01", 5, run=OTHER, left=GONE, source=world.KVM03)
FOREIGN = taker("db-07", 7, run=None, source=HostName(""))
SLOTS = Slots(
    resources=(
        Resource(name="cluster.live", used=3, capacity=None, takers=(WEB, LEFT, FOREIGN)),
        Resource(name="host:kvm01.live", used=1, capacity=2, takers=(WEB,)),
        Resource(name="host:kvm02.live", used=3, capacity=2, takers=(WEB, LEFT, FOREIGN)),
        Resource(name="host:kvm03.live", used=1, capacity=2, takers=(LEFT,)),
        Resource(name="network:migration@kvm02", used=3, capacity=8, takers=(WEB, LEFT, FOREIGN)),
        Resource(name="pool:images", used=16, capacity=128, takers=(replace(LEFT, cost=16),)),
    ),
    waiting=(
        Queued(run=OURS, guest=world.uuid(2), name="db-01", source=world.KVM01, destination=world.KVM02,
               since=world.BEGIN, priority=3000, because=FULL),
        Queued(run=OTHER, guest=world.uuid(6), name="mail-02", source=world.KVM03, destination=world.KVM02,
               since=world.BEGIN + timedelta(seconds=20), priority=2000, because=FULL, left=GONE),
    ),
    silent=(Mute(host=world.KVM03, why="no answer within 10 s"),),
)  # fmt: skip


@pytest.fixture
def taken(given, monkeypatch):
    report = world.interrupted()
    waiting = replace(report.moves[1], because="its slots are taken", waits=FULL)
    held = replace(report.lease, expired=False)
    given.reports = (replace(report, lease=held, moves=(report.moves[0], waiting)),)
    monkeypatch.setattr(operation, "slots", lambda _doors: SLOTS)
    return given


def test_status_tells_what_a_move_waits_for_now(ferry, taken, screen):
    assert str(ferry("status")) == screen


def test_slots(ferry, taken, screen):
    assert str(ferry("status", "--slots")) == screen


def test_slots_where_nothing_moves(ferry, taken, screen, monkeypatch):
    taken.reports = ()
    monkeypatch.setattr(operation, "slots", lambda _doors: Slots(resources=()))
    assert str(ferry("status", "--slots")) == screen


def test_slots_for_a_program(ferry, taken):
    told = json.loads(ferry("status", "--slots", "-o", "json").out)
    assert told["schema"] == "ferry.status/1"
    assert told["runs"][0]["moves"][1]["waits"] == FULL
    by_name = {one["name"]: one for one in told["slots"]["resources"]}
    assert by_name["host:kvm02.live"]["takers"][1]["left"] == GONE
    assert by_name["host:kvm02.live"]["takers"][2]["run"] is None
    assert by_name["cluster.live"]["capacity"] is None
    assert told["slots"]["waiting"][0]["because"] == FULL
    assert json.loads(ferry("status", "-o", "json").out)["slots"] is None


CAP = Bottleneck(
    limiting=Limiting.CAP,
    evidence="it moved at 6.2 MB/s for 41 s of 43 s, with a cap of 50Mbit/s",
    advice="raise `bandwidth` in the policy, or of a move that goes on: ferry set GUEST --bandwidth RATE",
    copied_ms=43_000,
)
UNKNOWN = Bottleneck(
    limiting=Limiting.UNKNOWN,
    evidence="it moved at 40 MB/s, and what network migration carries is not known",
    advice="to have it measured: ferry network test kvm01 kvm02",
    copied_ms=12_000,
)


@pytest.fixture
def finished(given):
    moves = (
        world.migrated("web-01", 1, bottleneck=CAP),
        world.migrated("web-02", 2, bottleneck=replace(CAP, evidence="the same, for less long", copied_ms=20_000)),
        world.migrated("db-01", 3, bottleneck=UNKNOWN),
        world.migrated("tiny", 4, bottleneck=replace(CAP, copied_ms=900)),
    )
    given.reports = (world.done(*moves),)
    return given


def test_a_result_advises_where_it_is_worth_it(ferry, finished, screen):
    assert str(ferry("migrate", "web-01", "--yes", "-q")) == screen


def test_a_finished_run_tells_what_held_each_copy_back(ferry, finished, screen):
    assert str(ferry("history", "1121-0412-a4")) == screen


def test_and_so_does_its_document(ferry, finished):
    told = json.loads(ferry("history", "1121-0412-a4", "-o", "json").out)
    assert told["run"]["moves"][0]["outcome"]["bottleneck"] == {
        "limiting": "cap",
        "evidence": CAP.evidence,
        "advice": CAP.advice,
        "copied_ms": 43_000,
    }


FREED = Freed(
    run=OTHER,
    guest=world.uuid(5),
    name="mail-01",
    host=world.KVM02,
    because="its mainboard is broken",
    says="kvm02 does not answer: no answer within 10 s",
    frees={"host:kvm02.live": 1, "network:migration@kvm02": 1},
    keeps={"host:kvm03.live": 1, "cluster.live": 1},
)


@pytest.fixture
def slot(given, monkeypatch):
    given.asked = []

    def claim(_doors, named):
        given.asked.append(named)
        if named != "mail-01@kvm02":
            raise OrchestratorError.of("limits.no-slot", f"no slot is called {named}; there are mail-01@kvm02")
        return named

    def done(_doors, _wanted, because, _who):
        return given.answer(replace(FREED, because=because, done=True))

    monkeypatch.setattr(releasing, "claim", claim)
    monkeypatch.setattr(releasing, "foresee", lambda _doors, _wanted, because: replace(FREED, because=because))
    monkeypatch.setattr(releasing, "release", done)
    return given


RELEASE = ("release", "mail-01@kvm02", "--because", "its mainboard is broken")


def test_release(ferry, slot, screen):
    assert str(ferry(*RELEASE)) == screen


def test_release_shown_only(ferry, slot, screen):
    slot.fails = AssertionError("nothing is released by --dry-run")
    assert str(ferry(*RELEASE, "--dry-run")) == screen


def test_release_of_what_is_no_slot(ferry, slot, screen):
    assert str(ferry("release", "mail-01@kvm03", "--because", "so")) == screen


def test_release_of_a_guest_without_its_host(ferry, slot, screen):
    assert str(ferry("release", "mail-01", "--because", "so")) == screen


def test_release_of_a_slot_that_is_held(ferry, slot, screen):
    saw = "kvm02 answers, and shows that mail-01 still moves there"
    slot.fails = OrchestratorError.of("limits.slot-held", saw, fix="ferry resume 1121-0405-7f")
    assert str(ferry(*RELEASE)) == screen


@pytest.mark.parametrize("reason", [[], ["--because", " "]], ids=["none", "an empty one"])
def test_release_asks_for_a_reason(ferry, slot, reason):
    assert ferry("release", "mail-01@kvm02", *reason).code == 2
    assert slot.asked == []


def test_release_for_a_program(ferry, slot):
    told = json.loads(ferry(*RELEASE, "-o", "json").out)
    assert told["schema"] == "ferry.release/1"
    assert told["release"]["done"] is True
    assert told["release"]["frees"] == dict(FREED.frees)


def test_history_tells_what_was_released(ferry, given, screen):
    broken = ReleaseReport(
        at=world.BEGIN + timedelta(seconds=70), by="anna on ctl1", name="web-01", host=world.KVM02, because="no power"
    )
    given.reports = (replace(world.interrupted(), releases=(broken,)),)
    assert str(ferry("history", "1121-0412-a4")) == screen


def test_limits_are_raised_for_one_run(ferry, finished):
    raised = replace(finished.reports[0].run, raised={"live": 4})
    finished.reports = (replace(finished.reports[0], run=raised),)
    assert (
        "Limits raised for this run: live 4." in ferry("migrate", "web-01", "--yes", "--override-limits", "live=4").err
    )
    assert finished.raised == {"live": 4}
    assert "Raised   limits of this run: live 4" in ferry("history", "1121-0412-a4").out


@pytest.mark.parametrize(
    ("wanted", "saw"),
    [
        (["live=1"], "1 would lower it"),
        (["total=9"], "sets no limit total"),
        (["lanes=9"], "there is no limit lanes"),
        (["live"], "is not NAME=N"),
        (["live=4", "live=5"], "given twice"),
    ],
    ids=" ".join,
)
def test_what_is_no_raised_limit_is_refused_before_anything_is_asked(ferry, given, wanted, saw):
    options = [word for one in wanted for word in ("--override-limits", one)]
    shown = ferry("migrate", "web-01", "--yes", *options)
    assert shown.code == 2
    assert saw in " ".join(shown.err.split())
    assert given.applied == []
