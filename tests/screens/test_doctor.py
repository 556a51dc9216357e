"""`ferry doctor` beyond looking: leftovers, what became of them, and the tour of a canary."""

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.cli import auditing
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.canary import Canary, Leg, Tour
from orchestrator.model.command import RemoveToken, SetAside
from orchestrator.model.effect import Done, Refused
from orchestrator.model.finding import Finding, Remedy, Scope, Severity
from orchestrator.model.repaired import Repaired
from orchestrator.model.run import RunId
from tests.screens import world
from tests.screens.world import KVM01, KVM02, KVM03

STATE = "/var/lib/libvirt/swtpm/6a1f9a30-57f0-4a9e-8d3c-5d0f4a2f7a11"
TPM = Finding(
    check="leftover-tpm",
    severity=Severity.WARNING,
    guest="",
    source=KVM02,
    destination=None,
    saw=f"kvm02 has TPM state of {world.HOSTILE}, which lives on kvm01 and is not defined here ({STATE}, last changed "
    "3 days ago)",
    fix="ferry doctor --leftovers --clean",
    scope=Scope.HOST,
    remedy=Remedy(host=KVM02, repair=SetAside(path=STATE, to=f"{STATE}.ferry-leftover-20261121")),
)
TOKEN = replace(
    TPM,
    check="leftover-token",
    severity=Severity.NOTE,
    saw="kvm02 has a token that a check left 3 h ago: /images/.ferry-0123456789abcdef01234567",
    remedy=Remedy(host=KVM02, repair=RemoveToken(path="/images/.ferry-0123456789abcdef01234567")),
)
ALARM = replace(TPM, check="runs-twice", severity=Severity.BLOCKER, saw="ALARM: …", remedy=None, exit_code=7)
BIRD = Canary(guest=world.guest("bird", 7).uuid, name="bird", hosts=(KVM01, KVM02, KVM03))
PASSED = Leg(
    source=KVM01, destination=KVM02, outcome="migrated", because="both hosts agree", run=RunId("1121-041200-7f"),
    duration_ms=1234, downtime_ms=67, blackout_ms=90,
)  # fmt: skip
BLOCKED = Leg(source=KVM02, destination=KVM03, outcome="blocked", because="memory: kvm03 is full", exit_code=1)
AGAIN = replace(PASSED, source=KVM02, destination=KVM01, again=True, blackout_ms=None, blackout_unknown="no address")
TOUR = Tour(canary=BIRD, where=KVM01, legs=(PASSED, BLOCKED, AGAIN))
CUT_SHORT = Tour(
    canary=BIRD,
    where=None,
    legs=(PASSED, replace(BLOCKED, outcome="unclear", because="the hosts contradict each other", exit_code=7)),
    untried=((KVM03, KVM01), (KVM03, KVM02)),
    stopped="the way from kvm02 to kvm03: unclear",
)


class House:
    """What the operations answer."""

    def __init__(self) -> None:
        self.findings: tuple[Finding, ...] = (TPM, TOKEN)
        self.cleaned: tuple[Repaired, ...] = ()
        self.tour = TOUR
        self.agreed: list[Finding] = []
        self.fails: OrchestratorError | None = None
        self.stops = False

    def find(self, _doors: object, _hosts: object) -> tuple[Finding, ...]:
        return self.findings

    def clean(self, _doors: object, agreed: list[Finding], _who: object) -> tuple[Repaired, ...]:
        self.agreed = agreed
        return self.cleaned

    def travel(self, _doors: Any, _bird: Any, _who: Any, _sinks: Any, stop: Stop, failed: Any) -> Tour:
        if self.fails is not None:
            failed(self.fails)
        if self.stops:
            stop.more("Ctrl-C")
        return self.tour


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    """A world with leftovers."""
    made = House()
    monkeypatch.setattr(auditing.leftovers, "find", made.find)
    monkeypatch.setattr(auditing.leftovers, "clean", made.clean)
    monkeypatch.setattr(auditing.tours, "prepare", lambda _doors, _name, _hosts: BIRD)
    monkeypatch.setattr(auditing.tours, "travel", made.travel)
    monkeypatch.setattr(auditing.wiring, "real", lambda settings: type("Doors", (), {"settings": settings})())
    return made


def test_leftovers(ferry, house, screen):
    assert str(ferry("doctor", "--leftovers")) == screen


def test_no_leftovers(ferry, house):
    house.findings = ()
    shown = ferry("doctor", "--leftovers")
    assert (shown.code, shown.out) == (0, "Nothing is left over. Nothing was changed.\n")


def test_an_alarm_answers_7(ferry, house):
    house.findings = (ALARM,)
    assert ferry("doctor", "--leftovers").code == ferry("doctor", "--leftovers", "--clean", "--yes").code == 7
    assert not house.agreed


def test_cleaned(ferry, house, screen):
    house.cleaned = (
        Repaired(check=TPM.check, remedy=TPM.remedy, effect=Refused(why="in use: /proc/7/cmdline")),
        Repaired(check=TOKEN.check, remedy=TOKEN.remedy, effect=Done()),
    )
    assert str(ferry("doctor", "--leftovers", "--clean", "--yes")) == screen
    assert house.agreed == [TPM, TOKEN]


def test_nothing_to_clean(ferry, house):
    house.findings = (replace(TPM, remedy=None),)
    shown = ferry("doctor", "--leftovers", "--clean", "--yes")
    assert shown.code == 0 and "Nothing was cleaned" in shown.out
    assert not house.agreed


def test_canary(ferry, house, screen):
    assert str(ferry("doctor", "--canary", "bird", "--yes")) == screen


def test_canary_that_did_not_come_home(ferry, house, screen):
    house.tour = CUT_SHORT
    house.fails = OrchestratorError.of("store.fence-lost", "another process drives it")
    assert str(ferry("doctor", "--canary", "bird", "--yes")) == screen


def test_a_tour_stopped_by_an_operator_answers_130(ferry, house):
    house.tour, house.stops = replace(TOUR, legs=(PASSED,), stopped="ordered by Ctrl-C"), True
    assert ferry("doctor", "--canary", "bird", "--yes").code == 130


def test_documents(ferry, house):
    assert '"schema": "ferry.leftovers/1"' in ferry("-o", "json", "doctor", "--leftovers").out
    assert '"schema": "ferry.canary/1"' in ferry("-o", "json", "doctor", "--canary", "bird", "--yes").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("--clean",),
        ("--yes",),
        ("--leftovers", "--yes"),
        ("--leftovers", "--canary", "bird"),
        ("--leftovers", "--facts", "f"),
        ("--canary", "bird"),
        ("--leftovers", "--clean"),
    ],
)
def test_what_is_not_understood_or_not_agreed_to_is_refused_before_anything(ferry, house, monkeypatch, arguments):
    monkeypatch.setattr(auditing.wiring, "load_settings", lambda _config: pytest.fail("it went on"))
    assert ferry("doctor", *arguments).code == 2
