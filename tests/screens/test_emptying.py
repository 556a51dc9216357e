"""`ferry evacuate` and `ferry restore`: the plan, what came of it, and what stays silent."""

import json
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from orchestrator.cli import emptying, homecoming
from orchestrator.errors import OrchestratorError
from orchestrator.model.emptied import Emptied
from orchestrator.model.evacuation import EvacuationRequest, Staying
from orchestrator.model.plan import Plan
from orchestrator.model.restored import Homecoming, Restored, WayHome
from orchestrator.model.run import RunId
from orchestrator.model.stored_plan import StoredPlan
from orchestrator.operations import stored_plans
from tests.screens import world
from tests.screens.world import KVM01, KVM02

STAYS = Staying(
    guest=world.uuid(3),
    name="build-07",
    host=KVM01,
    why="host-device: build-07 uses the PCI device 0000:3b:00.0 of kvm01, which cannot travel",
    fix="virsh -c qemu+ssh://root@kvm01/system detach-device build-07 device.xml --live",
)
OFF = Staying(
    guest=world.uuid(4),
    name="old",
    host=KVM01,
    why="it is shut off (evacuation.shut_off: stay)",
    fix=f"ferry migrate {world.uuid(4)} --offline",
    live=False,
)
ASKED = Staying(guest=world.uuid(9), name=world.HOSTILE, host=KVM01, why="left out with --exclude", fix="", asked=True)
DONE = Emptied(
    hosts=(KVM01,),
    runs=(world.done(world.migrated("web-01", 1), world.migrated("db-01", 2)),),
    staying=(OFF,),
    silent=(),
    cordoned=(KVM01,),
    stopped="",
    exit_code=0,
)
PARTLY = replace(
    DONE,
    runs=(
        world.done(world.migrated("web-01", 1), world.kept("db-01", 2), code=1),
        world.done(world.migrated("db-01", 2)),
    ),
    staying=(STAYS, OFF, ASKED),
    exit_code=1,
)


class Emptying:
    """What the operations answer, and in which order they were asked."""

    def __init__(self) -> None:
        self.plan = replace(world.PLAN, staying=(STAYS, OFF, ASKED))
        self.told: Emptied | OrchestratorError = DONE
        self.held: OrchestratorError | None = None
        self.asked: list[object] = []

    def propose(self, _doors, request, **_more):
        self.asked.append(request)
        return self.plan

    def evacuate(self, _doors, _request, _plan, _who, _sinks, _stop, **more):
        self.asked.append(more["bounds"])
        if isinstance(self.told, OrchestratorError):
            raise self.told
        return self.told

    def cordon(self, _doors, hosts, _who, because):
        self.asked.append(f"cordon {' '.join(hosts)}: {because}")

    @contextmanager
    def taken(self, _doors, _hosts):
        if self.held is not None:
            raise self.held
        yield ()


@pytest.fixture
def hosts(given, monkeypatch) -> Emptying:
    made = Emptying()
    monkeypatch.setattr(emptying, "propose_emptying", made.propose)
    monkeypatch.setattr(emptying, "evacuate", made.evacuate)
    monkeypatch.setattr(emptying, "close", made.cordon)
    monkeypatch.setattr(emptying, "taken", made.taken)
    return made


def test_what_would_be_done(ferry, hosts, screen) -> None:
    shown = ferry("evacuate", "kvm01", "--dry-run", "--to", "kvm02", "--exclude", "w*")
    assert str(shown) == screen
    (request,) = hosts.asked
    assert (request.hosts, request.to, request.exclude) == ((KVM01,), (KVM02,), ("w*",))


def test_patterns_that_mean_nobody_are_named(ferry, hosts, screen) -> None:
    hosts.plan = replace(hosts.plan, moves=(), findings=(), staying=(OFF,), unmatched=("wbe-*", world.HOSTILE))
    shown = ferry("evacuate", "kvm01", "--dry-run", "--exclude", "wbe-*", "--exclude", world.HOSTILE)
    assert str(shown) == screen


def test_a_kept_plan_is_what_empties_it(ferry, hosts, given, monkeypatch) -> None:
    kept = StoredPlan(
        name="night", made_at=world.BEGIN, by="anna on ctl1", digest="d", policy_digest="p",
        request=EvacuationRequest(hosts=(KVM01,), exclude=("w*",)), plan=replace(hosts.plan, staying=()),
    )  # fmt: skip
    monkeypatch.setattr(stored_plans, "one", lambda _doors, _name: kept)
    monkeypatch.setattr(stored_plans, "unchanged", lambda _doors, stored, _who: stored.plan)
    begun = []

    def evacuate(_doors, request, plan, *_more, **_named):
        begun.append((request, plan))
        return hosts.told

    monkeypatch.setattr(emptying, "evacuate", evacuate)
    assert ferry("apply", "night", "--yes").code == 0
    assert begun == [(kept.request, kept.plan)]
    assert [one for one in hosts.asked if isinstance(one, EvacuationRequest)] == [], "nothing is proposed anew"
    assert hosts.asked[0].startswith("cordon kvm01")
    assert given.demanded == [(KVM01,), (KVM01, KVM02)], "also where the kept plan leads to"
    assert ferry("apply", "night", "--yes", "--despite-hold").code == 0
    assert len(given.demanded) == 2
    assert begun[1][0].despite_hold


def test_a_host_becomes_empty(ferry, hosts, screen) -> None:
    assert str(ferry("evacuate", "kvm01", "--yes", "--reason", "new memory")) == screen
    assert hosts.asked[1] == "cordon kvm01: new memory for kvm01", "before anything is moved"


def test_neither_a_host_nor_where_it_goes_may_be_on_hold(ferry, hosts, given) -> None:
    ferry("evacuate", "kvm01", "--yes", "--to", "kvm02")
    assert given.demanded == [(KVM01, KVM02)] * 2, "before the plan, and what the plan leads to"
    ferry("evacuate", "kvm01", "--yes", "--despite-hold")
    assert len(given.demanded) == 2
    assert hosts.asked[-2].startswith("cordon")


def test_who_is_left_is_said_loudly(ferry, hosts, screen) -> None:
    hosts.told = PARTLY
    assert str(ferry("evacuate", "kvm01", "--yes")) == screen


def test_cron_hears_nothing_when_all_is_well(ferry, hosts) -> None:
    shown = ferry("evacuate", "kvm01", "--unattended", "--yes")
    assert (shown.code, shown.out, shown.err) == (0, "", "")


def test_cron_hears_who_is_left(ferry, hosts, screen) -> None:
    hosts.told = replace(PARTLY, stopped="the deadline (2026-11-22 05:00 UTC)")
    assert str(ferry("evacuate", "kvm01", "--unattended", "--yes")) == screen


def test_as_json(ferry, hosts) -> None:
    hosts.told = PARTLY
    shown = ferry("-o", "json", "evacuate", "kvm01", "--yes")
    told = json.loads(shown.out)
    assert (shown.code, told["schema"], told["empty"]) == (1, "ferry.evacuation/1", False)
    assert told["summary"].startswith("kvm01 NOT empty: 2 guests moved, 2 left: build-07, ")
    assert [one["name"] for one in told["evacuation"]["staying"]][:2] == ["build-07", "old"]


def test_another_ferry_is_at_work(ferry, hosts, screen) -> None:
    saw = "process 4711 on ctl2 is at work on kvm01"
    hosts.held = OrchestratorError.of("evacuation.running", saw)
    assert str(ferry("evacuate", "kvm01", "--yes")) == screen
    assert hosts.asked == []


def left_behind(given, **of_run) -> None:
    """A run of this kind, which a process that died has left incomplete."""
    report = world.done(world.kept("web-01", 1, code="migration.interrupted"), code=1)
    report = replace(report, run=replace(report.run, **of_run))
    given.orphans, given.adopted = (report.run,), (report,)


@pytest.mark.parametrize(
    ("words", "emptied", "code"),
    [
        (("kvm01",), (KVM01,), 0),
        (("kvm01", "kvm02"), (KVM01,), 0),
        (("kvm01",), (KVM01, KVM02), 1),
        (("kvm01", "--only", "db-*"), (KVM01,), 1),
        (("kvm01", "--exclude", "web-*"), (KVM01,), 1),
    ],
)
def test_what_a_process_that_died_left_undone_counts_unless_it_is_done_now(
    ferry, hosts, given, words, emptied, code
) -> None:
    left_behind(given, purpose="evacuate", emptied=emptied)
    shown = ferry("evacuate", *words, "--yes")
    assert (shown.code, "taking it over first" in shown.err) == (code, True)


def test_after_a_shutdown_it_is_said_how_it_goes_on(ferry, hosts) -> None:
    hosts.told = replace(PARTLY, stopped="SIGTERM", exit_code=130)
    assert "Next      ferry resume" in ferry("evacuate", "kvm01", "--yes").out
    hosts.told = replace(PARTLY, stopped="Ctrl-C", exit_code=130)
    assert "ferry resume" not in ferry("evacuate", "kvm01", "--yes").out


def test_a_guest_of_a_dead_run_that_came_to_harm_counts(ferry, hosts, given) -> None:
    left_behind(given, purpose="evacuate", emptied=(KVM01,))
    (report,) = given.adopted
    given.adopted = (replace(report, moves=(world.migrated("web-01", 1, code="guest.not-advancing"),)),)
    assert ferry("evacuate", "kvm01", "--yes").code == 1


def test_the_cordon_is_said_when_it_breaks_off(ferry, hosts) -> None:
    hosts.told = OrchestratorError.of("store.unavailable", "the disk is full")
    shown = ferry("evacuate", "kvm01", "--yes")
    assert "kvm01 takes no guests until: ferry uncordon kvm01" in shown.err


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "kvm01", "--yes"),
        ("--at-deadline", "cancel", "--yes"),
        ("--deadline", "late", "--yes"),
        ("--deadline", "2020-01-01T00:00", "--yes"),
        (),
    ],
)
def test_what_does_not_go_together(ferry, hosts, words) -> None:
    assert ferry("evacuate", "kvm01", *words).code == 2
    assert hosts.asked == []


WAY = WayHome(
    homes=(KVM01,),
    guests=(
        Homecoming(guest=world.uuid(1), name="web-01", home=KVM01, now=KVM02),
        Homecoming(guest=world.uuid(8), name=world.HOSTILE, home=KVM01, now=None),
        Homecoming(guest=world.uuid(5), name="old-05", home=KVM01, now=None, gone=True),
    ),
    uncordoned=(KVM01,),
    plan=Plan(moves=(replace(world.move("web-01", 1), source=KVM02, destination=KVM01),), findings=()),
)
HOME = Restored(
    homes=(KVM01,),
    runs=(world.done(world.migrated("web-01", 1)),),
    guests=1,
    home=1,
    staying=(),
    uncordoned=(KVM01,),
    stopped="",
    exit_code=0,
)


@pytest.fixture
def home(given, monkeypatch, hosts):
    """What the operations of a way home answer."""
    answers = {"away": (SimpleNamespace(home=KVM01),), "way": WAY, "told": HOME}
    answers["may"] = lambda guests, _policy: (guests, (), False)
    monkeypatch.setattr(homecoming, "who_is_away", lambda _doors, _names: answers["away"])
    monkeypatch.setattr(homecoming, "who_may_come", lambda _doors, guests, policy: answers["may"](guests, policy))
    monkeypatch.setattr(homecoming, "homes_of", lambda _doors, _names, _guests: (KVM01,))
    monkeypatch.setattr(homecoming, "way_home", lambda _doors, _guests, _homes, soon=False: answers["way"])
    monkeypatch.setattr(homecoming, "restore", lambda *_given, beside: answers["told"])
    monkeypatch.setattr(homecoming, "taken", hosts.taken)
    return answers


def test_a_roll_that_was_left_at_a_home_stops(ferry, home, screen) -> None:
    home["told"] = replace(HOME, rolls=(RunId("1121-0412-r1"),))
    assert str(ferry("restore", "kvm01", "--yes")) == screen


def test_the_way_home(ferry, home, screen) -> None:
    assert str(ferry("restore", "kvm01", "--dry-run")) == screen


def test_nobody_is_away(ferry, home, screen) -> None:
    home["away"], home["way"] = (), WayHome(homes=(), guests=(), uncordoned=(), plan=Plan(moves=(), findings=()))
    home["told"] = replace(HOME, homes=(), runs=(), guests=0, home=0, uncordoned=())
    assert str(ferry("restore", "kvm01", "--yes")) == screen
    assert ferry("restore", "kvm01", "--dry-run").out == "No guest is away.\nNothing was changed.\n"
    shown = ferry("restore", "kvm01", "--yes", "--unattended")
    assert (shown.code, shown.out, shown.err) == (0, "", "")


@pytest.mark.parametrize(("moves", "silent", "code"), [(0, (KVM01,), 6), (1, (KVM01,), 5), (0, (), 5)])
def test_a_home_that_does_not_answer(ferry, home, moves, silent, code) -> None:
    stays = replace(STAYS, guest=world.uuid(1), host=KVM02, why="kvm01 does not answer: no route")
    home["way"] = replace(WAY, silent=silent, plan=replace(WAY.plan, moves=WAY.plan.moves[:moves], staying=(stays,)))
    shown = ferry("restore", "kvm01", "--dry-run")
    assert (shown.code, "kvm01 does not answer" in shown.out) == (code, True)


def test_a_guest_that_is_gone_is_said_and_no_failure(ferry, home, screen) -> None:
    home["told"] = replace(HOME, gone=("old-05", world.HOSTILE))
    assert str(ferry("restore", "kvm01", "--yes")) == screen
    assert ferry("restore", "kvm01", "--yes", "--unattended").out == ""


def test_guests_are_home(ferry, home, screen) -> None:
    assert str(ferry("restore", "kvm01", "--yes")) == screen


def test_one_is_not_home(ferry, home, screen) -> None:
    away = replace(
        STAYS, host=KVM02, why="memory: kvm01 is short of 2.0 GiB", fix="ferry check kvm02/build-07 --to kvm01"
    )
    home["told"] = replace(HOME, guests=2, staying=(away,), stopped="Ctrl-C", exit_code=130)
    assert str(ferry("restore", "kvm01", "--yes")) == screen
    told = json.loads(ferry("-o", "json", "restore", "kvm01", "--yes").out)
    assert (told["schema"], told["summary"]) == ("ferry.restore/1", "kvm01: 1 of 2 guests are home, NOT build-07")


def test_who_is_kept_away_by_a_policy_is_named_and_no_failure(ferry, home, screen) -> None:
    waits = replace(
        STAYS, host=KVM02, asked=True, why="it comes home from 2026-11-22 22:00 UTC on (evacuation.restore: 22:00)",
        fix="ferry restore kvm01 --policy immediate",
    )  # fmt: skip
    home["may"] = lambda guests, policy: ((), (waits,), policy == "22:00")
    home["told"] = replace(HOME, runs=(), guests=0, home=0)
    assert str(ferry("restore", "kvm01", "--yes", "--policy", "22:00")) == screen
    assert ferry("restore", "kvm01", "--yes", "--policy", "never").code == 0
    assert ferry("restore", "kvm01", "--yes", "--unattended", "--policy", "22:00").out == ""
    assert ferry("restore", "kvm01", "--yes", "--policy", "soon").code == 2


@pytest.mark.parametrize(("comes", "opens"), [((), ()), ((0,), (KVM01,)), ((1,), ()), (None, (KVM01,))])
def test_a_host_is_opened_only_where_somebody_comes_home_to_it(ferry, home, monkeypatch, comes, opens) -> None:
    """Or where nobody is away from it: a cordon whose guests all wait, or never come, stands."""
    asked = []
    monkeypatch.setattr(homecoming, "way_home", lambda _doors, _guests, homes, soon=False: asked.append(homes) or WAY)
    away = (SimpleNamespace(home=KVM01), SimpleNamespace(home=KVM02))
    home["away"] = away if comes is not None else ()
    home["may"] = lambda guests, _policy: (tuple(guests[n] for n in comes or () if n < len(guests)), (), False)
    ferry("restore", "kvm01", "--yes")
    ferry("restore", "kvm01", "--dry-run")
    assert asked == [opens, opens]
    ferry("restore", "kvm01", "--yes", "--policy", "never")
    assert asked[2:] == [(KVM01,)], "whoever says so leaves them where they are, and wants the host back"


@pytest.mark.parametrize(("name", "code"), [("kvm02", 0), ("kvm01", 1), ("run-20261120-2200-ab12", 1)])
def test_a_way_home_that_broke_off_counts_unless_it_is_gone_now(ferry, home, given, name, code) -> None:
    left_behind(given, purpose="restore")  # it was on its way to kvm02
    assert ferry("restore", name, "--yes").code == code
