"""Every screen of section C of the house style, at 80 columns and without a terminal."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from orchestrator import wiring
from orchestrator.cli import checking
from orchestrator.cli.app import COMMANDS
from orchestrator.errors import OrchestratorError, Place, Problem
from orchestrator.model.command import BeginMove, EjectMedium
from orchestrator.model.effect import Done, Refused
from orchestrator.model.entry import Closed, Ended, Happened, Intent, Ordered, Recorded, Seen, Seq
from orchestrator.model.event import Opened, Progress, Waiting
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.finding import Remedy, Severity, Waived
from orchestrator.model.host import HostName
from orchestrator.model.machine import Clock
from orchestrator.model.move import State
from orchestrator.model.order import Order
from orchestrator.model.plan import Plan
from orchestrator.model.repaired import Repaired
from orchestrator.model.report import OrderReport
from orchestrator.operations import gather
from tests.screens import world
from tests.screens.world import BEGIN, KVM01, KVM02, KVM03
from tests.unit.checks.builders import host, link


def test_help(ferry, screen):
    assert str(ferry("--help")) == screen


@pytest.mark.parametrize("verb", [*COMMANDS])
def test_help_of(ferry, screen, verb):
    assert str(ferry(verb, "--help")) == screen


@pytest.mark.parametrize("arguments", [("check",), ("cpu", "matrix")], ids=" ".join)
def test_guests_that_need_not_be_named_are_shown_as_optional(ferry, arguments):
    assert ferry(*arguments, "--help").out.startswith(f"Usage: ferry {' '.join(arguments)} [OPTIONS] [GUEST...]\n")


def test_hosts(ferry, screen):
    assert str(ferry("hosts")) == screen


def test_hosts_on_a_wide_screen_take_one_line_each(ferry, monkeypatch):
    monkeypatch.setenv("COLUMNS", "81")
    head, *rows, below = ferry("hosts").out.splitlines()[:5]
    assert head.endswith("networks") and not below
    assert [row.split()[-2:] for row in rows] == [["migration", f"10.0.2.{n}"] for n in (1, 2, 3)]


def test_hosts_with_many_networks_take_two_lines_each_at_80_columns(ferry, monkeypatch):
    several = {"management": "10.77.1.11", "migration": "10.77.2.11", "storage": "10.77.3.11"}
    entries = {name: replace(entry, addresses=several) for name, entry in world.SETTINGS.hosts.items()}
    monkeypatch.setattr(wiring, "load_settings", lambda _config: replace(world.SETTINGS, hosts=entries))
    tables = ferry("hosts").out.split("\n\n")
    assert [table.count("kvm0") for table in tables[:2]] == [3, 3]
    assert [len(table.splitlines()) for table in tables[:2]] == [4, 4], "a head, and a line for each host"
    assert max(map(len, "\n".join(tables[:2]).splitlines())) <= 80


def test_hosts_none_answers(ferry, given, screen):
    given.facts = Facts(hosts={KVM01: world.SILENT, KVM03: world.SILENT})
    assert str(ferry("hosts")) == screen


def test_hosts_ascii(ferry, screen):
    assert str(ferry("hosts", encoding="ascii")) == screen


def test_guests(ferry, screen):
    assert str(ferry("guests")) == screen


def test_guests_none(ferry, given, screen):
    given.facts = Facts(hosts={KVM01: world.host(KVM01, ())})
    assert str(ferry("guests", "kvm01")) == screen


def test_guests_hostile_name(ferry, given, screen):
    given.facts = Facts(hosts={KVM01: world.host(KVM01, (world.guest(world.HOSTILE, 1),))})
    assert str(ferry("guests")) == screen


def test_check_blocked(ferry, given, screen):
    given.plan = world.BLOCKED
    assert str(ferry("check", "web-01", "build-07")) == screen


def test_check_blocked_ascii(ferry, given, screen):
    given.plan = world.BLOCKED
    assert str(ferry("check", "web-01", "build-07", encoding="ascii")) == screen


def test_check_passes(ferry, given, screen):
    given.plan = Plan(moves=world.PLAN.moves[:1], findings=())
    assert str(ferry("check", "web-01", "--to", "kvm02")) == screen


def test_plan(ferry, screen):
    assert str(ferry("migrate", "web-01", "db-01", "--dry-run")) == screen


def test_blocked_migrate_touches_nothing(ferry, given, screen):
    given.plan = world.BLOCKED
    assert str(ferry("migrate", "web-01", "build-07", "--yes")) == screen
    assert not given.applied


def events():
    """A short run in which one guest arrives and one is kept."""
    web, db = world.move("web-01", 1), world.move("db-01", 2)
    moved, kept = world.migrated("web-01", 1), world.kept("db-01", 2)
    run = world.run(web, db)

    def at(seconds, entry):
        return Recorded(run=run.id, seq=Seq(seconds), at=BEGIN + timedelta(seconds=seconds), entry=entry)

    begin = BeginMove(guest=web.guest, destination=KVM02, peer_uri=web.peer_uri, transport=web.transport)
    return (
        Opened(run=run),
        at(1, Seen(guest=db.guest, state=State.WAITING, because="kvm01 has 2 of 2 live slots taken")),
        Waiting(run=run.id, guest=db.guest, because="kvm01 has 2 of 2 live slots taken"),
        Waiting(run=run.id, guest=db.guest, because="kvm01 has 2 of 2 live slots taken"),
        at(2, Seen(guest=web.guest, state=State.PREPARING, because="its slots are free")),
        at(3, Intent(guest=web.guest, host=KVM01, command=begin, because="the plan")),
        at(4, Seen(guest=web.guest, state=State.PRECOPY, because="the source reports the outgoing job")),
        Progress(run=run.id, guest=web.guest, at=BEGIN, sample=replace(world.SAMPLE, round=1)),
        Progress(run=run.id, guest=web.guest, at=BEGIN, sample=world.SAMPLE),
        at(9, Ended(guest=web.guest, outcome=moved.outcome)),
        at(10, Ordered(order="stop", by="Ctrl-C")),
        at(11, Happened(guest=db.guest, host=KVM01, intent=Seq(3), effect=Refused(why="no route to host"))),
        at(12, Ended(guest=db.guest, outcome=kept.outcome)),
        at(13, Closed(exit_code=1)),
    )


@pytest.fixture
def fixed_time(monkeypatch):
    """The line view's own clock stands still."""
    monkeypatch.setattr("orchestrator.cli.view.lines.clock", lambda _moment: "04:12:00")


def test_run_without_terminal(ferry, given, screen, fixed_time):
    given.events = events()
    given.reports = (world.done(world.migrated("web-01", 1), world.kept("db-01", 2), code=1),)
    assert str(ferry("migrate", "web-01", "db-01", "--yes")) == screen


def test_run_verbose(ferry, given, screen, fixed_time):
    given.events = events()
    given.reports = (world.done(world.migrated("web-01", 1), world.kept("db-01", 2), code=1),)
    assert str(ferry("-v", "migrate", "web-01", "db-01", "--yes")) == screen


def test_run_unattended_success_is_silence(ferry, given):
    given.events = events()
    given.reports = (world.done(world.migrated("web-01", 1)),)
    shown = ferry("migrate", "web-01", "--yes", "--unattended")
    assert (shown.code, shown.out, shown.err) == (0, "", "")


def test_run_unattended_trouble_is_told(ferry, given, screen, fixed_time):
    given.events = events()
    given.reports = (world.done(world.migrated("web-01", 1), world.kept("db-01", 2), code=1),)
    assert str(ferry("migrate", "web-01", "--yes", "--unattended")) == screen


def test_result_of_every_kind(ferry, given, screen):
    given.reports = (
        world.done(
            world.migrated("web-01", 1),
            world.migrated("web-02", 2, downtime_ms=None, blackout_ms=None, blackout_unknown="no address"),
            world.migrated("web-03", 3, code="guest.left-behind", warnings=("autostart could not be set on kvm02",)),
            world.kept("db-01", 4, code="migration.cancelled", because="stopped by Ctrl-C before it began"),
            world.unclear("db-02", 5),
            world.kept(world.HOSTILE, 6),
            code=6,
        ),
    )
    assert str(ferry("migrate", "web-01", "--yes", "-q")) == screen


def test_status_interrupted(ferry, given, screen):
    given.reports = (world.interrupted(),)
    assert str(ferry("status")) == screen


def test_status_driven(ferry, given, screen):
    report = world.interrupted()
    given.reports = (replace(report, lease=replace(report.lease, expired=False)),)
    assert str(ferry("status")) == screen


def test_status_tells_orders_that_are_not_carried_out_yet(ferry, given, screen):
    report = world.interrupted()
    stop = OrderReport(order=Order(kind="stop", by="Ctrl-C"), at=BEGIN + timedelta(seconds=10))
    abort = Order(kind="abort", by="anna on ctl2", guest=world.uuid(1))
    waiting = OrderReport(order=abort, at=BEGIN + timedelta(seconds=12), name="web-01", taken=False)
    given.reports = (replace(report, lease=replace(report.lease, expired=False), orders=(stop, waiting)),)
    assert str(ferry("status")) == screen
    assert "Ordered  04:12:10 UTC by Ctrl-C: stop: nothing more is started" in ferry("history", world.run().id).out


def test_status_nothing(ferry, screen):
    assert str(ferry("status")) == screen


def test_history(ferry, given, screen):
    given.reports = (world.interrupted(), world.done(world.migrated("web-01", 1)))
    assert str(ferry("history")) == screen


def test_a_line_of_the_history_names_the_first_guest_and_the_first_hosts(ferry, given, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    ends = [KVM02, KVM03, HostName("kvm04"), KVM02]
    moved = [world.migrated(f"web-{n:02}", n) for n in range(1, 5)]
    moves = [replace(m, move=replace(m.move, destination=to)) for m, to in zip(moved, ends, strict=True)]
    given.reports = (world.done(*moves),)
    assert "  web-01 and 3 more, kvm01 → kvm02, kvm03 and 1 more: new memory for kvm01\n" in ferry("history").out


def test_history_where_nothing_has_run(ferry, screen):
    assert f"{ferry('history')}\n{ferry('history', '--last')}" == screen


def test_history_of_one_run(ferry, given, screen):
    given.reports = (world.done(world.migrated("web-01", 1), world.kept("db-01", 2), code=1),)
    assert str(ferry("history", "1121-0412-a4")) == screen


def test_resume(ferry, given, screen):
    given.reports = (world.done(world.migrated("web-01", 1)),)
    assert str(ferry("resume")) == screen


def test_resume_nothing(ferry, screen):
    assert str(ferry("resume")) == screen


def test_error(ferry, given, screen):
    given.fails = OrchestratorError.of(
        "host.unreachable",
        "kvm02: ssh: connect to host kvm02 port 22: No route to host",
        now="web-01 runs on kvm01. Nothing was begun.",
    )
    assert str(ferry("check", "web-01")) == screen


def test_error_hostile(ferry, given, screen):
    given.fails = OrchestratorError.of("guest.unknown", f"no host has a guest {world.HOSTILE!s}")
    assert str(ferry("check", "web-01")) == screen


def test_config_error(ferry, given, screen, monkeypatch):
    lines = ("migration:", "  bandwith: 8Gbit/s")
    place = Place(file="/etc/ferry/ferry.yaml", line=27, column=3, excerpt=lines)
    other = Place(file="/etc/ferry/ferry.yaml", line=31, column=12)
    problems = (
        Problem(code="config.invalid", saw="there is no setting 'bandwith'", fix="bandwidth: 8Gbit/s", place=place),
        Problem(code="config.invalid", saw="'12 GiBx' is not a size", place=other),
    )

    def refuse(_config):
        raise OrchestratorError(problems)

    monkeypatch.setattr("orchestrator.wiring.load_settings", refuse)
    assert str(ferry("hosts")) == screen


def test_usage_error(ferry, screen):
    assert str(ferry("migrate")) == screen


def test_needs_yes(ferry, screen):
    assert str(ferry("migrate", "web-01")) == screen


def test_explain(ferry, screen):
    assert str(ferry("explain", "guest.side-silent")) == screen


def test_explain_state(ferry, screen):
    assert str(ferry("explain", "switchover")) == screen


def test_explain_unknown(ferry, screen):
    assert str(ferry("explain", "guest.side\x1b[2J")) == screen


def test_resume_tells_what_could_not_be_driven(ferry, given, screen):
    given.reports = (world.done(world.migrated("web-01", 1)),)
    given.failures = (
        OrchestratorError.of(
            "store.unavailable",
            "/var/lib/ferry/ferry.db: database is locked",
            now="db-01 may be on its way from kvm01 to kvm02.",
            fix="ferry resume 1121-0415-b2",
        ),
    )
    assert str(ferry("resume")) == screen


UNDECIDED = replace(
    world.WARNING,
    check="clock-skew",
    guest="",
    saw="The clocks of both hosts agree. That could not be decided: controller to kvm02, ssh: connection refused",
    fix="Check ssh. (ferry explain host.shell)",
    undecided="controller to kvm02, ssh: connection refused",
    detail=(),
)
ISO = replace(
    world.BLOCKER,
    check="local-media",
    guest="web-01",
    saw="The medium /srv/local/seed.iso in drive sda (cdrom) of web-01 does not exist on kvm02",
    fix="virsh -c qemu+ssh://root@kvm01/system change-media web-01 sda --eject --live",
    remedy=Remedy(host=KVM01, repair=EjectMedium(guest=world.uuid(1), drive="sda", medium="/srv/local/seed.iso")),
)
WAIVED = replace(
    world.NOTE,
    check="usb-device",
    saw="web-01 holds the USB device 0781:5567, which would be unplugged",
    fix="",
    waived=Waived(reason="a dongle nobody uses", until=date(2026, 12, 31), severity=Severity.BLOCKER),
)


def review() -> Plan:
    """Many guests with one reason, facts that are missing, something that ferry can repair, something waived."""
    many = [replace(world.BLOCKER, guest=f"web-{n:02}") for n in range(1, 41)]
    many = [replace(f, saw=f.saw.replace("build-07", f.guest)) for f in many]
    lacking = [replace(UNDECIDED, check=check) for check in ("clock-skew", "qemu-user", "hooks")]
    return Plan(moves=(), findings=(*many, ISO, *lacking, WAIVED))


def test_check_reads_like_a_review(ferry, given, screen):
    given.plan = review()
    assert str(ferry("check", "--host", "kvm01")) == screen


def test_fix_shows_repairs_and_looks_again(ferry, given, screen, monkeypatch):
    given.plan = review()
    done = (Repaired(check="local-media", remedy=ISO.remedy, effect=Done()),)

    def repair(_doors, findings, _who):
        assert [f.id for f in findings] == ["local-media:web-01"]
        given.plan = world.PLAN
        return done

    monkeypatch.setattr(checking, "repair", repair)
    monkeypatch.setattr(wiring, "real", lambda _settings: SimpleNamespace(settings=world.SETTINGS, turn=nullcontext))
    assert str(ferry("check", "web-01", "--fix", "local-media:web-01", "--yes", "--recheck")) == screen


def test_fix_of_nothing_is_refused(ferry, given, screen):
    given.plan = review()
    assert str(ferry("check", "web-01", "--fix", "cpu", "--yes")) == screen


def test_doctor_marks_the_odd_one_out(ferry, given, screen, monkeypatch):
    old = host(KVM02, libvirt_version=9_000_000, qemu_version=7_002_000, daemon=Unknown(why="sudo: refused", leg="ssh"))
    late = host(KVM03, clock=Clock(ahead_seconds=95.0, uncertainty_seconds=0.02))
    answers = {KVM01: host(KVM01), KVM02: old, KVM03: late}
    ways = {(a, b, "migration"): link(a, b) for a in answers for b in answers if a != b}
    facts = Facts(hosts=answers, links=ways)
    monkeypatch.setattr(gather, "every_host", lambda _doors, _hosts: facts)
    clock = SimpleNamespace(now=lambda: BEGIN)
    monkeypatch.setattr(wiring, "real", lambda _settings: SimpleNamespace(settings=world.SETTINGS, clock=clock))
    assert str(ferry("doctor")) == screen


def test_history_of_repairs(ferry, given, screen):
    done = Repaired(check="local-media", remedy=ISO.remedy, effect=Done())
    refused = replace(done, effect=Refused(why="the tray is locked"))
    given.reports = (replace(world.done(code=1), moves=(), repairs=(done, refused)),)
    assert f"{ferry('history')}\n{ferry('history', world.run().id)}" == screen
