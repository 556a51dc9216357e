"""The schedule in ferry.yaml: what is understood, and what is told with its line and a way out."""

# ruff: noqa: E501 - one mistake a line reads as the table that it is

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from orchestrator.config.times import read_times, read_window
from orchestrator.errors import OrchestratorError
from orchestrator.model.schedule import Times
from orchestrator.model.window import Window
from tests.unit.config.conftest import GOOD, Load, Problems

BERLIN, UTC = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")


def entry(text: str) -> str:
    return f"{GOOD}schedule:\n  - {text}\n"


def test_an_entry_arrives_whole(loaded: Load) -> None:
    (one,) = loaded(
        entry(
            "{name: look, do: resume, at: 'sat 22:30', window: 'fri-sun 22:00-04:00 Europe/Berlin', deadline: '03:30', splay: 10m}"
        )
    ).schedule
    assert (one.name, one.do, one.hosts, one.splay_seconds, one.deadline) == ("look", "resume", (), 600, time(3, 30))
    assert one.window == Window(begins=time(22), ends=time(4), zone=BERLIN, days=frozenset({4, 5, 6}))
    assert one.at.zone == BERLIN, "the zone of the window is meant, where the time names none"
    assert (one.at.hours, one.at.minutes, one.at.weekdays) == ({22}, {30}, {5})


def test_no_schedule_is_none(loaded: Load) -> None:
    assert loaded(GOOD).schedule == ()


@pytest.mark.parametrize(("text", "seconds"), [("4h", 14_400), ("90m", 5_400)])
def test_a_deadline_may_be_a_length(loaded: Load, text: str, seconds: int) -> None:
    (one,) = loaded(entry(f"{{name: a, do: resume, at: 22:30 UTC, deadline: {text}}}")).schedule
    assert one.deadline == seconds


def fields(text: str) -> Times:
    return read_times(text, UTC)


def test_crontab_times() -> None:
    one = fields("*/20 1-3,5 * jan,3 *")
    assert (one.minutes, one.hours, one.months) == ({0, 20, 40}, {1, 2, 3, 5}, {1, 3})
    assert (len(one.days), len(one.weekdays), one.either) == (31, 7, False)
    assert fields("0 0 * * 0").weekdays == fields("0 0 * * 7").weekdays == fields("0 0 * * sun").weekdays == {6}
    assert fields("0 0 * * mon-fri").weekdays == {0, 1, 2, 3, 4}
    assert fields("5/20 * * * *").minutes == {5, 25, 45}
    both = fields("0 0 1 * 1")
    assert (both.days, both.weekdays, both.either) == ({1}, {0}, True)
    assert not fields("0 0 1-7 * */2").either
    assert read_times("30 22 * * 6 Europe/Berlin", None).zone == BERLIN
    assert read_times("0 0 * * MON", UTC).weekdays == {0}, "no zone is called MON"


def test_daily_times_and_windows() -> None:
    assert read_times("22:30 Europe/Berlin", None).zone == BERLIN
    assert fields("sat-mon 22:30").weekdays == {5, 6, 0}
    assert read_window("09:00-17:00 UTC").days == frozenset(range(7))
    assert read_window("daily 22:00-04:00 UTC").ends == time(4)
    assert read_window("mon,wed 22:00-04:00 UTC").days == {0, 2}


@pytest.mark.parametrize(
    ("text", "saw", "fix"),
    [
        ("{do: resume, at: 22:30 UTC}", 'lacks "name"', "Add name"),
        ("{name: a, do: resume}", 'lacks "at"', "Add at"),
        ("{name: a, do: resumed, at: 22:30 UTC}", "'resumed' is nothing that ferry does", "resume"),
        ("{name: a, do: reboot, at: 22:30 UTC}", "'reboot' is nothing that ferry does", "This ferry can do"),
        ("{name: a, do: resume, at: 22:30 UTC, hosts: [kvm01]}", "resume takes no hosts", "Remove"),
        ("{name: a, do: evacuate, at: 22:30 UTC}", "evacuate of no host", "hosts: [kvm01]"),
        ("{name: a, do: evacuate, at: 22:30 UTC, hosts: [kvm1]}", 'no host "kvm1"', "kvm0"),
        (
            "{name: a, do: evacuate, at: 22:30 UTC, hosts: [kvm01], options: {excluded: [b]}}",
            'no option "excluded"',
            "exclude",
        ),
        ("{name: a, do: evacuate, at: 22:30 UTC, hosts: [kvm01], options: {exclude: b}}", "must be a list", "a list"),
        ("{name: a, do: evacuate, at: 22:30 UTC, hosts: [kvm01], options: {shut_off: b}}", "must be true", "true"),
        ("{name: a, do: evacuate, at: 22:30 UTC, hosts: [kvm01], options: {to: [kvm9]}}", 'no host "kvm9"', "kvm0"),
        ("{name: a, do: resume, at: 22:30 UTC, options: {fast: true}}", 'no option "fast"', "it takes none"),
        ("{name: a, do: resume, at: 22:30}", "does not say whose clock", "Europe/Berlin"),
        ("{name: a, do: resume, at: 2230 UTC}", "no time of day", "four digits"),
        ("{name: a, do: resume, at: 24:00 UTC}", "no time of day", "23:59"),
        ("{name: a, do: resume, at: sam 22:30 UTC}", "'sam' is no day", "mon-fri"),
        ("{name: a, do: resume, at: 1 2 3 UTC}", "is no time", "crontab"),
        ("{name: a, do: resume, at: 60 * * * * UTC}", "no minute", "crontab"),
        ("{name: a, do: resume, at: 0 0 0 * * UTC}", "no day of the month", "crontab"),
        ("{name: a, do: resume, at: 0 0 * * mno UTC}", "'mno' is no day of the week", "crontab"),
        ("{name: a, do: resume, at: 0 0 */0 * * UTC}", "no day of the month", "crontab"),
        ("{name: a, do: resume, at: 22:30 Europe/Berlni}", "no time zone", "Europe/Berlin"),
        ("{name: a, do: resume, at: 22:30 UTC, window: 22:00-04:00}", "whose clock", "Europe/Berlin"),
        ("{name: a, do: resume, at: 22:30 UTC, window: nights}", "'nights' is no day", "mon-fri"),
        ("{name: a, do: resume, at: 22:30 UTC, window: mon 22:00 UTC}", "no window", "mon-fri"),
        ("{name: a, do: resume, at: 22:30 UTC, deadline: soon}", "no deadline", "4h"),
        ("{name: a, do: resume, at: 22:30 UTC, deadline: 8d}", "a deadline of 8d", "7d"),
        ("{name: a, do: resume, at: 22:30 UTC, splay: 13h}", "a splay of more", "12h"),
        ("{name: a, do: resume, at: 22:30 UTC, splay: 600}", "600 is not a duration", "Give"),
        ("{name: all, do: resume, at: 22:30 UTC}", "all means everything", "another name"),
        ("{name: kvm01, do: resume, at: 22:30 UTC}", "kvm01 means a host", "another name"),
        ("{name: a, do: resume, at: 0 0 30 2 * UTC}", "would never begin", "Change"),
        ("{name: a, do: resume, at: 12:00 UTC, window: 22:00-04:00 UTC, deadline: 1h}", "would never begin", "Change"),
    ],
)
def test_a_mistake_is_told_with_its_place(problems: Problems, text: str, saw: str, fix: str) -> None:
    (problem,) = problems(entry(quoted(text)))
    assert saw in problem.saw
    assert fix in problem.fix
    assert problem.place is not None and problem.place.line == len(GOOD.splitlines()) + 2


def quoted(text: str) -> str:
    """Times hold colons and stars: the values of at and window in quotes."""
    parts = text[1:-1].split(", ")
    return "{" + ", ".join(_value(part) for part in parts) + "}"


def _value(part: str) -> str:
    key, _, value = part.partition(": ")
    return f"{key}: '{value}'" if key in ("at", "window", "deadline") else part


def test_two_entries_of_one_name(problems: Problems) -> None:
    one = "{name: a, do: resume, at: '22:30 UTC'}"
    (problem,) = problems(entry(f"{one}\n  - {one}"))
    assert "two entries are called a" in problem.saw


def test_every_mistake_is_told_at_once(problems: Problems) -> None:
    assert len(problems(entry("{name: a, do: rest, at: '22:30', window: x, deadline: y}"))) == 4


def test_a_schedule_that_is_no_list(loaded: Load) -> None:
    with pytest.raises(OrchestratorError, match="schedule"):
        loaded(f"{GOOD}schedule: {{a: b}}\n")
