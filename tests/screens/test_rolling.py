"""What an operator sees of a roll: the sequence, every step, what failed, what stays cordoned, how it goes on."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from orchestrator import wiring
from orchestrator.cli import rolling as command
from orchestrator.model.cordon import Cordon
from orchestrator.model.roll import Roll, RollEntry, Step
from orchestrator.model.run import RunId
from orchestrator.operations import rolling
from orchestrator.operations.rolling import Preview, StopGiven
from orchestrator.operations.rolling_drive import Rolled
from orchestrator.planning.silence import silence
from tests.screens import world

HOSTS = (world.KVM01, world.KVM02, world.KVM03)
ASKED = ("rolling", *HOSTS, "--run", "apt-get -y upgrade && reboot", "--reboot")
ROLL = Roll(
    id=RunId("1121-0412-r1"),
    started_at=world.BEGIN,
    by="anna on ctl1",
    hosts=HOSTS,
    command="apt-get -y upgrade && reboot",
    reboot=True,
)
WAYS = ("kvm01: 3 guests to kvm02, kvm03", "kvm02: 4 guests to kvm01, kvm03; 1 of them move again with a later host")
NO_ROOM = Preview(ways=WAYS, against=("kvm02 cannot be emptied: no memory for db-01 on kvm01, kvm03",))
MUTE = silence(world.KVM03, world.SILENT, world.SETTINGS.hosts, so="")
SILENT = Preview(ways=(*WAYS, "kvm03: its guests are not known"), against=(MUTE.saw,), silent=(MUTE,))
AWAY = "not healthy within 900 s: it does not answer: no answer within 10 s"


def entries(*steps: tuple[Any, Step, str]) -> tuple[RollEntry, ...]:
    return tuple(
        RollEntry(at=world.BEGIN + timedelta(minutes=n), host=host, step=step, because=because)
        for n, (host, step, because) in enumerate(steps)
    )


DONE = entries(*((host, Step.DONE, "") for host in HOSTS), (None, Step.ENDED, "all of kvm01, kvm02, kvm03 are done"))
SICK = entries(
    (world.KVM01, Step.DONE, ""),
    (world.KVM02, Step.CHECKED, WAYS[1]),
    (world.KVM02, Step.CORDONED, ""),
    (world.KVM02, Step.COMMANDED, "status 0"),
    (world.KVM02, Step.FAILED, AWAY),
    (None, Step.STOPPED, f"kvm02 did not come back: {AWAY}"),
)
CORDON = Cordon(host=world.KVM02, by="anna on ctl1", at=world.BEGIN, because="roll 1121-0412-r1", run=ROLL.id)
FAILED = Rolled(roll=replace(ROLL, entries=SICK), cordoned=(CORDON,), exit_code=1)


@pytest.fixture
def rolls(given: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A world with one roll, and what comes of it."""
    made = SimpleNamespace(
        preview=Preview(ways=WAYS), begun=0, rolled=Rolled(roll=replace(ROLL, entries=DONE), cordoned=(), exit_code=0)
    )

    def work(_doors: Any, _wish: Any, _who: Any, _sinks: Any, _stop: Any, *, tell: Any, **_more: Any) -> Rolled:
        made.begun += 1
        for entry in made.rolled.roll.entries:
            tell(made.rolled.roll, entry)
        return made.rolled

    monkeypatch.setattr(wiring, "who", lambda _settings, _argv, _reason: world.WHO)
    monkeypatch.setattr(command, "wish", lambda _doors, _asked, _who: ROLL)
    monkeypatch.setattr(rolling, "preview", lambda _doors, _wish: made.preview)
    monkeypatch.setattr(rolling, "roll", work)
    monkeypatch.setattr(rolling, "resume_roll", work)
    monkeypatch.setattr(rolling, "open_rolls", lambda _doors: ((made.rolled.roll, None),))
    return made


def test_all_hosts_done(rolls: Any, ferry: Any, screen: SnapshotAssertion) -> None:
    assert str(ferry(*ASKED, "--yes")) == screen


def test_a_host_that_did_not_come_back(rolls: Any, ferry: Any, screen: SnapshotAssertion) -> None:
    rolls.rolled = FAILED
    assert str(ferry(*ASKED, "--yes")) == screen


def test_a_guest_that_came_to_harm_is_told_although_all_hosts_are_done(
    rolls: Any, ferry: Any, screen: SnapshotAssertion
) -> None:
    lost = replace(DONE[0], step=Step.EMPTIED, harm="web-01: it has crashed, neither host runs it", code=7)
    rolls.rolled = Rolled(roll=replace(ROLL, entries=(lost, *DONE)), cordoned=(), exit_code=7)
    assert str(ferry(*ASKED, "--yes", "--unattended")) == screen


def test_unattended_success_is_silent(rolls: Any, ferry: Any) -> None:
    shown = ferry(*ASKED, "--yes", "--unattended")
    assert (shown.code, shown.out, shown.err) == (0, "", "")


def test_unattended_failure_is_told_whole(rolls: Any, ferry: Any, screen: SnapshotAssertion) -> None:
    rolls.rolled = FAILED
    assert str(ferry(*ASKED, "--yes", "--unattended")) == screen


def test_json(rolls: Any, ferry: Any, screen: SnapshotAssertion) -> None:
    rolls.rolled = FAILED
    assert str(ferry(*ASKED, "--yes", "-o", "json")) == screen


def test_dry_run(rolls: Any, ferry: Any, screen: SnapshotAssertion) -> None:
    assert str(ferry(*ASKED, "--dry-run")) == screen


def test_dry_run_without_room(rolls: Any, ferry: Any, screen: SnapshotAssertion) -> None:
    rolls.preview = NO_ROOM
    assert str(ferry(*ASKED, "--dry-run")) == screen


@pytest.mark.parametrize("how", [(), ("--unattended",)], ids=["person", "cron"])
@pytest.mark.parametrize(("against", "code"), [(NO_ROOM, 5), (SILENT, 6)], ids=["room", "silent"])
def test_what_cannot_be_done_is_not_begun(
    rolls: Any, ferry: Any, screen: SnapshotAssertion, against: Preview, code: int, how: tuple[str, ...]
) -> None:
    rolls.preview = against
    shown = ferry(*ASKED, "--yes", *how)
    assert (shown.code, rolls.begun) == (code, 0)
    assert str(shown) == screen
    rolls.preview = replace(against, joins=True)
    assert (ferry(*ASKED, "--yes", *how).code, rolls.begun) == (0, 1), "a roll that is open goes on as far as it goes"
    assert (ferry(*ASKED, "--yes", "--anew", *how).code, rolls.begun) == (code, 1)


def test_without_a_terminal_it_asks_for_yes(rolls: Any, ferry: Any) -> None:
    assert ferry(*ASKED).code == 2


def test_open_rolls(rolls: Any, ferry: Any, screen: SnapshotAssertion) -> None:
    rolls.rolled = FAILED
    assert str(ferry("rolling")) == screen


def test_resume_takes_a_roll_up(rolls: Any, ferry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "is_roll", lambda _doors, _name: True)
    monkeypatch.setattr(
        rolling, "resume_roll", lambda _doors, name, _who, _sinks, _stop, *, tell: replace(FAILED, exit_code=1)
    )
    shown = ferry("resume", "1121-0412-r1")
    assert shown.code == 1 and "kvm02 takes no guests until: ferry uncordon kvm02" in shown.out


@pytest.mark.parametrize("driver", ["process 4711 on ctl1", None])
def test_stop(rolls: Any, ferry: Any, monkeypatch: pytest.MonkeyPatch, screen: SnapshotAssertion, driver: Any) -> None:
    monkeypatch.setattr(command, "is_roll", lambda _doors, _name: True)
    roll = replace(ROLL, entries=SICK[:4])
    given = StopGiven(roll=roll, driver=driver, rests=driver is None, dry_run=False)
    monkeypatch.setattr(rolling, "order_stop", lambda _doors, _name, _who, *, dry_run: given)
    assert str(ferry("stop", "1121-0412-r1")) == screen
