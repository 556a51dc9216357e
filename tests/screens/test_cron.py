"""What ferry cron leaves in a mail and what it keeps to itself, and what ferry hold and ferry release answer."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import click
import pytest

from orchestrator import wiring
from orchestrator.cli import boundary, emptying, moving, rolling, scheduling
from orchestrator.cli.app import app
from orchestrator.config.times import read_times, read_window
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.evacuation.due import Due
from orchestrator.model.errand import OpenErrand
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.hold import Hold
from orchestrator.model.lease import Fence
from orchestrator.model.plan import Plan
from orchestrator.model.roll import Roll, RollEntry, Step
from orchestrator.model.run import Holder
from orchestrator.model.schedule import DOINGS, Occasion, Scheduled
from orchestrator.operations import holds, taking_up
from orchestrator.operations import rolling as rolls
from orchestrator.simulator.clock import SimClock, SimLoop
from orchestrator.simulator.store import MemoryStore
from tests.screens import world

NIGHT = datetime(2026, 11, 20, 21, 31, tzinfo=UTC)  # a Friday, 22:31 in Berlin
BERLIN = read_window("mon-fri 22:00-04:00 Europe/Berlin")
ADOPT = Scheduled(name="adopt", do="resume", at=read_times("*/10 * * * * UTC", None))
WEEKLY = Scheduled(name="weekly", do="resume", at=read_times("fri 22:30", BERLIN.zone), window=BERLIN)
ME = Holder(controller="ctl1", boot_id="b", pid=4712, started=1)
OTHER = replace(ME, controller="ctl2", pid=4711)
HOLD = Hold(
    name="kvm01", by="anna on ctl1", at=NIGHT - timedelta(hours=13), because="a new power supply",
    until=NIGHT + timedelta(hours=9),
)  # fmt: skip
in_force = holds.in_force  # the real one, which `given` replaces


class Night:
    """A schedule, a store in memory and a clock that stands where the test puts it."""

    def __init__(self, given) -> None:
        self.given = given
        self.at = NIGHT
        self.store = MemoryStore(self._ticks)
        self.schedule = (WEEKLY,)

    def _ticks(self) -> float:
        return self.at.timestamp()

    def now(self) -> datetime:
        return self.at

    def doors(self, settings):
        clock = SimClock()
        return SimpleNamespace(
            settings=replace(settings, schedule=self.schedule),
            store=lambda: self.store,
            loop=lambda: SimLoop(clock),
            holder=ME,
            lives=lambda _holder: True,
            clock=self,
        )


@pytest.fixture
def night(given, monkeypatch):
    made = Night(given)
    monkeypatch.setattr(wiring, "real", made.doors)
    monkeypatch.setattr(wiring, "load_settings", lambda _config: replace(world.SETTINGS, schedule=made.schedule))
    monkeypatch.setattr(holds, "in_force", in_force)
    return made


def test_nothing_is_due(ferry, night, screen):
    night.at = NIGHT - timedelta(hours=12)
    assert str(ferry("cron")) == screen


def test_nothing_is_due_and_that_is_asked_for(ferry, night, screen):
    night.at = NIGHT - timedelta(hours=12)
    assert str(ferry("cron", "-v")) == screen


def outside(night):
    night.at = NIGHT - timedelta(hours=2)
    night.schedule = (replace(WEEKLY, at=ADOPT.at),)


def test_outside_its_window(ferry, night, screen):
    outside(night)
    assert str(ferry("cron")) == screen


def test_outside_its_window_and_that_is_asked_for(ferry, night, screen):
    outside(night)
    assert str(ferry("cron", "-v")) == screen


@pytest.mark.parametrize("wanted", [(), ("-v",)], ids=["silent", "asked"])
def test_lease_held(ferry, night, screen, wanted):
    assert isinstance(night.store.take("cron", OTHER, lasts=60), Fence)
    assert str(ferry("cron", *wanted)) == screen


@pytest.mark.parametrize("wanted", [(), ("-v",)], ids=["silent", "asked"])
def test_on_hold(ferry, night, screen, wanted):
    night.store.keep_hold(replace(HOLD, name="weekly"))
    assert str(ferry("cron", *wanted)) == screen
    assert night.store.ran("weekly") is None, "it begins once the hold is lifted"


@pytest.mark.parametrize("wanted", [(), ("-v",)], ids=["silent", "asked"])
def test_done(ferry, night, screen, wanted):
    night.given.reports = (world.done(world.migrated("web-01", 1)),)
    assert str(ferry("cron", *wanted)) == screen
    assert night.store.ran("weekly") == NIGHT
    assert ferry("cron").code == 0


def test_what_was_left_unfinished_is_for_resume_to_go_on_with(ferry, night, monkeypatch):
    """Or an entry that is begun again, and the evacuation that it had begun, would be done twice in one call."""
    errand = OpenErrand(
        name="host kvm01 1", started_at=NIGHT, who=world.WHO, request=EvacuationRequest(hosts=(world.KVM01,))
    )
    night.store.change_errands((), (errand,))
    monkeypatch.setattr(taking_up, "go_on", lambda *_given: pytest.fail("cron goes on with it"))
    night.at = NIGHT - timedelta(hours=12)
    assert str(ferry("cron")) == "exit code 0\n"
    assert night.store.errands() == (errand,)


def test_done_is_not_done_again(ferry, night):
    asked = []
    night.given.during = lambda _stop: asked.append(1)
    for minutes in range(3):
        night.at = NIGHT + timedelta(minutes=minutes)
        assert str(ferry("cron")) == "exit code 0\n"
    assert asked == [1]


def test_a_roll_that_ended_before_that_was_written_down_is_not_begun_again(ferry, night, monkeypatch):
    """Its process died, or lost the store, between the end of the roll and that of the entry."""
    entry = replace(WEEKLY, name="upgrade", do="rolling", hosts=(world.KVM01,), window=None)
    night.schedule = (replace(entry, options={"run": "upgrade"}),)
    over = (
        RollEntry(at=NIGHT, step=Step.DONE, host=world.KVM01), RollEntry(at=NIGHT, step=Step.ENDED),
    )  # fmt: skip
    roll = Roll(id="r1", started_at=NIGHT, by="anna", hosts=(world.KVM01,), command="upgrade", entries=over)
    night.store.keep_roll(roll, fence=night.store.take("r1", OTHER, lasts=60))
    monkeypatch.setattr(wiring, "who", lambda _settings, _argv, _reason: world.WHO)
    monkeypatch.setattr(rolling, "wish", lambda _doors, _asked, _who: replace(roll, id="r2", entries=()))
    monkeypatch.setattr(rolls, "roll", lambda *_given, **_more: pytest.fail("it is begun again"))
    assert str(ferry("cron")) == "exit code 0\n"
    assert night.store.ran("upgrade") == NIGHT


def test_a_roll_is_on_record_as_what_the_schedule_wants(ferry, night, monkeypatch):
    """Whoever ends it in another process writes that it has run."""
    wanted = []

    def roll(_doors, wish, *_given, **_more):
        wanted.append(wish.occasion)
        return rolls.Rolled(roll=wish, cordoned=(), exit_code=0)

    night.schedule = (replace(WEEKLY, do="rolling", hosts=(world.KVM01,), window=None, options={"run": "upgrade"}),)
    made = Roll(id="r1", started_at=NIGHT, by="anna", hosts=(world.KVM01,), command="upgrade")
    monkeypatch.setattr(wiring, "who", lambda _settings, _argv, _reason: world.WHO)
    monkeypatch.setattr(rolling, "wish", lambda _doors, _asked, _who: made)
    monkeypatch.setattr(rolls, "preview", lambda *_given: rolls.Preview(ways=()))
    monkeypatch.setattr(rolls, "roll", roll)
    assert ferry("cron").code == 0
    assert wanted == [Occasion(entry="weekly", slot=NIGHT - timedelta(minutes=1))]


def test_an_evacuation_is_on_record_as_what_the_schedule_wants(ferry, night, monkeypatch):
    wanted = []
    night.schedule = (replace(WEEKLY, do="evacuate", hosts=(world.KVM01,), window=None),)
    monkeypatch.setattr(wiring, "who", lambda _settings, _argv, _reason: world.WHO)
    monkeypatch.setattr(emptying, "demand_known", lambda *_given: None)
    monkeypatch.setattr(emptying, "demand_free", lambda *_given: None)
    monkeypatch.setattr(emptying, "propose_emptying", lambda *_given, **_more: Plan(moves=(), findings=()))

    def begin(*given):
        wanted.append(given[-1])
        raise OrchestratorError.of("host.unreachable", "kvm01 does not answer")

    monkeypatch.setattr(emptying, "begin", begin)
    assert ferry("cron").code == 6
    assert wanted == [Occasion(entry="weekly", slot=NIGHT - timedelta(minutes=1))]


def test_partly_done(ferry, night, screen):
    night.given.reports = (world.done(world.migrated("web-01", 1), world.kept("db-01", 2), code=1),)
    assert str(ferry("cron")) == screen


def test_the_run_of_an_entry_is_named(ferry, night, screen, monkeypatch):
    """Not one that somebody else has begun meanwhile, and none where it came to no run."""

    real = boundary.answered

    def resume(arguments, options):
        if "--reason" not in arguments:
            return real(arguments, options)
        mine = arguments[arguments.index("--reason") + 1]
        for name, reason in (("1120-2131-a1", mine), ("1120-2131-b2", "by hand")):
            run = replace(world.run(world.move("web-01", 1)), id=name, started_at=NIGHT)
            night.store.open_run(replace(run, who=replace(world.WHO, reason=reason)), ME, lasts=60)
        return 1

    monkeypatch.setattr(boundary, "answered", resume)
    assert str(ferry("cron")) == screen
    told = json.loads(ferry("cron", "-o", "json").out)
    assert told["tick"]["told"] == [], "it has run"


def test_a_guest_is_held(ferry, night, screen):
    night.given.reports = (world.done(world.unclear("db-01", 2), code=7),)
    assert str(ferry("cron")) == screen


def test_what_was_unreachable_or_busy_is_tried_again_while_it_is_due(ferry, night):
    night.given.failures = ()
    night.given.fails = OrchestratorError.of("host.unreachable", "kvm01 does not answer")
    assert ferry("cron").code == 6
    assert night.store.ran("weekly") is None
    night.given.fails = OrchestratorError.of("lease.held", "somebody is at it")
    night.at += timedelta(minutes=1)
    assert str(ferry("cron")) == "exit code 75\n"
    night.given.fails = None
    assert ferry("cron").code == 0
    assert night.store.ran("weekly") == night.at


SILENT = OrchestratorError.of("host.unreachable", "kvm01 does not answer")


def test_a_host_is_silent(ferry, night, screen):
    night.given.fails = SILENT
    assert str(ferry("cron")) == screen


def test_a_host_that_stays_silent_is_asked_ever_more_seldom_and_told_once(ferry, night):
    night.given.fails = SILENT
    begun, told = [], []
    for minutes in range(90):
        night.at = NIGHT + timedelta(minutes=minutes)
        shown = ferry("cron")
        begun += [minutes] if night.store.ran("weekly silent last") == night.at else []
        told += [minutes] if shown.out or shown.err else []
        assert shown.code == (75 if minutes else 6)
    assert begun == [0, 1, 2, 4, 8, 16, 32, 62]
    assert told == [0]
    night.at = NIGHT + timedelta(days=7)
    assert ferry("cron").code == 6, "its next time is told again"


def in_vain(ferry, night):
    night.given.fails = SILENT
    assert ferry("cron").code == 6
    night.at += timedelta(minutes=1)


def test_a_host_has_answered_at_last(ferry, night, screen):
    in_vain(ferry, night)
    night.given.fails = None
    night.given.reports = (world.done(world.migrated("web-01", 1)),)
    assert str(ferry("cron")) == screen
    night.at += timedelta(minutes=1)
    assert str(ferry("cron")) == "exit code 0\n"


def test_a_host_has_answered_and_a_guest_is_held(ferry, night, screen):
    in_vain(ferry, night)
    night.given.fails = None
    night.given.reports = (world.done(world.unclear("db-01", 2), code=7),)
    assert str(ferry("cron")) == screen


def test_a_host_is_still_silent_and_that_is_asked_for(ferry, night, screen):
    in_vain(ferry, night)
    assert str(ferry("cron", "-v")) == screen


def test_when_it_is_begun_again(ferry, night, screen):
    in_vain(ferry, night)
    night.at -= timedelta(seconds=30)
    assert str(ferry("cron", "--dry-run")) == screen


def test_each_entry_is_looked_at_when_its_turn_comes(ferry, night, monkeypatch):
    """The first one takes until the window is closed: the second has missed it."""
    night.schedule = (WEEKLY, replace(WEEKLY, name="second"))
    done = []

    def resume(arguments, _options):
        done.append(arguments[-1])
        night.at += timedelta(hours=6)
        return 0

    monkeypatch.setattr(boundary, "answered", resume)
    assert scheduling.tick(boundary.Options()) == 0
    assert done == ["schedule: weekly"]


def test_what_is_stopped_is_followed_by_nothing(ferry, night, monkeypatch):
    night.schedule = (WEEKLY, replace(WEEKLY, name="second"))
    done = []
    monkeypatch.setattr(boundary, "answered", lambda arguments, _options: done.append(arguments) or 143)
    assert scheduling.tick(boundary.Options()) == 143
    assert len(done) == 1
    assert night.store.ran("weekly") is None, "a controller that was shut down goes on with it afterwards"
    assert night.store.lease("cron") is None


def test_dead_runs_are_taken_over_first(ferry, night):
    report = world.done(world.migrated("web-01", 1), code=7)
    night.given.orphans, night.given.adopted = (report.run,), (report,)
    night.at = NIGHT - timedelta(hours=12)
    shown = ferry("cron")
    assert shown.code == 7
    assert "taking it over first" in shown.err


def test_stopped_while_taking_over_begins_nothing(ferry, night):
    report = world.done(world.kept("web-01", 1), code=130)
    night.given.orphans, night.given.adopted = (report.run,), (report,)

    def stop(stop: Stop) -> None:
        stop.more("SIGTERM")

    night.given.during = stop
    assert ferry("cron").code == 130
    assert night.store.ran("weekly") is None


def test_an_entry_is_what_an_operator_would_type():
    options = {"exclude": ("build-*", "db"), "at_deadline": "cancel", "shut_off": True}
    entry = Scheduled(name="empty", do="evacuate", hosts=(world.KVM01,), at=ADOPT.at, options=options)
    words = scheduling.command_line(Due(entry=entry, slot=NIGHT, until=NIGHT + timedelta(hours=4)))
    assert words[:4] == ["evacuate", "kvm01", "--yes", "--unattended"]
    assert words[4:6] == ["--deadline", "2026-11-21T01:31:00+00:00"]
    assert words[6:] == [
        *("--exclude", "build-*", "--exclude", "db", "--at-deadline", "cancel", "--shut-off"),
        *("--reason", "schedule: empty"),
    ]


@pytest.mark.parametrize("do", DOINGS)
def test_each_doing_is_a_command_with_its_options(do):
    command = app.get_command(click.Context(app), do)
    known = {option for parameter in command.params for option in parameter.opts}
    doing = DOINGS[do]
    asked = {f"--{name.replace('_', '-')}" for name in doing.options} | {"--reason", "--unattended"}
    asked |= {"--yes"} if doing.consent else set()
    asked |= {"--deadline"} if doing.deadline else set()
    assert asked <= known
    assert any(p.nargs == -1 and isinstance(p, click.Argument) for p in command.params) is doing.hosts


def test_dry_run(ferry, night, screen):
    night.schedule = (WEEKLY, replace(ADOPT, window=read_window("01:00-02:00 UTC")))
    assert str(ferry("cron", "--dry-run")) == screen
    assert night.store.ran("weekly") is None


def test_dry_run_tells_when_the_others_are_due(ferry, night, screen):
    held = replace(WEEKLY, name="empty", do="evacuate", hosts=(world.KVM01,))
    night.schedule = (ADOPT, WEEKLY, held)
    night.at = NIGHT - timedelta(hours=3)
    night.store.keep_ran("adopt", at=night.at)
    night.store.keep_hold(HOLD)
    assert str(ferry("cron", "--dry-run")) == screen
    told = json.loads(ferry("cron", "--dry-run", "-o", "json").out)["tick"]
    assert [(one["name"], one["at"]) for one in told["coming"]] == [
        ("adopt", "2026-11-20T18:40:00Z"),
        ("weekly", "2026-11-20T21:30:00Z"),
        ("empty", "2026-11-20T21:30:00Z"),
    ]


def test_for_a_program(ferry, night):
    night.given.reports = (world.done(world.migrated("web-01", 1), world.kept("db-01", 2), code=1),)
    told = json.loads(ferry("cron", "-o", "json").out)
    assert (told["schema"], told["exit_code"], told["done"]) == ("ferry.cron/1", 1, True)
    assert told["tick"]["told"][0]["name"] == "weekly"


@pytest.mark.parametrize("ends", ["+9h", "06:31", "2026-11-21T06:31"], ids=["length", "clock", "date"])
def test_hold(ferry, night, screen, ends):
    shown = ferry("hold", "kvm01", "--because", "a new power supply", "--until", ends)
    assert str(shown) == screen
    assert [one.name for one in night.store.holds()] == ["kvm01"]


def test_hold_shown_only(ferry, night, screen):
    assert str(ferry("hold", "all", "--because", "the year ends", "--dry-run")) == screen
    assert night.store.holds() == ()


def test_hold_of_nothing(ferry, night, screen):
    assert str(ferry("hold", "kvm9", "--because", "x")) == screen


def test_hold_that_is_misspelt(ferry, night):
    assert ferry("hold", "kvm01", "--because", "x", "--until", "2026-11-19T06:00").code == 2
    assert ferry("hold", "kvm01", "--because", "x", "--until", "soon").code == 2
    assert ferry("hold", "kvm01", "--because", " ").code == 2


def test_release_of_a_hold(ferry, night, screen):
    night.store.keep_hold(HOLD)
    assert str(ferry("release", "kvm01")) == screen
    assert night.store.holds() == ()
    assert ferry("release", "kvm01").code == 2
    assert ferry("release", "web-01@kvm01").code == 2, "a slot still asks for a reason"


def test_hold_for_a_program(ferry, night):
    told = json.loads(ferry("hold", "kvm01", "--because", "x", "-o", "json").out)
    assert (told["schema"], told["hold"]["name"], told["lifted"], told["done"]) == (
        "ferry.hold/1",
        "kvm01",
        False,
        True,
    )
    told = json.loads(ferry("release", "kvm01", "-o", "json", "--dry-run").out)
    assert (told["lifted"], told["done"]) == (True, False)


def test_status_shows_holds(ferry, given, screen):
    given.holds = (HOLD, replace(HOLD, name="all", until=None))
    assert str(ferry("status")) == screen
    assert [one["name"] for one in json.loads(ferry("status", "-o", "json").out)["holds"]] == ["kvm01", "all"]


def test_a_hold_keeps_a_run_from_beginning(ferry, given, screen, monkeypatch):
    def demand(_doors, hosts):
        assert set(hosts) == {"kvm01", "kvm02"}
        raise OrchestratorError.of(
            "lease.on-hold", "kvm01 is on hold since 2026-11-20 08:31 UTC by anna on ctl1: disks"
        )

    monkeypatch.setattr(moving, "demand_free", demand)
    given.reports = (world.done(world.migrated("web-01", 1)),)
    assert str(ferry("migrate", "web-01", "--yes")) == screen
    assert given.applied == []
    assert ferry("migrate", "web-01", "--yes", "--despite-hold").code == 0
    assert len(given.applied) == 1
