"""The command lines of set, stop and abort: what is understood, and what is refused before anything is opened."""

import copy

import click
import pytest
from click.testing import CliRunner

from orchestrator.cli import opening, ordering, rolling
from orchestrator.cli.commands import abort, stop
from orchestrator.cli.commands import set as set_
from orchestrator.cli.options import Options
from orchestrator.cli.view.progress import Picture
from orchestrator.model.entry import Ordered, Recorded, Seq
from orchestrator.model.event import Opened
from orchestrator.model.order import Change
from tests.screens import world


@pytest.fixture
def wishes(monkeypatch):
    made = []
    monkeypatch.setattr(opening, "doors", lambda _options: (None, None))
    monkeypatch.setattr(rolling, "is_roll", lambda _doors, _name: False)
    monkeypatch.setattr(ordering, "order", lambda _options, wish, *, dry_run: made.append((wish, dry_run)) or 0)
    return made


def go(command: click.Command, *arguments: str):
    # A copy: a command keeps the help option of whoever asked first, which is `ferry` everywhere else.
    return CliRunner().invoke(copy.copy(command), arguments, obj=Options(), standalone_mode=False)


def test_every_limit_in_base_units(wishes):
    go(
        set_.command,
        "web-01",
        "--bandwidth",
        "5Gbit",
        "--downtime",
        "200ms",
        "--max-duration",
        "20m",
        "--postcopy",
        "now",
    )
    ((wish, dry_run),) = wishes
    assert wish.change == Change(
        bandwidth_bytes_per_second=625_000_000, downtime_ms=200, max_duration_ms=1_200_000, postcopy=True
    )
    assert (wish.target, wish.kind, wish.beyond_budget, dry_run) == ("web-01", "set", False, False)


def test_what_is_not_said_stays_as_it_is(wishes):
    go(set_.command, "r", "--bandwidth", "none", "--beyond-budget", "--dry-run")
    ((wish, dry_run),) = wishes
    assert wish.change == Change(bandwidth_bytes_per_second=0)
    assert (wish.beyond_budget, dry_run) == (True, True)


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--bandwidth", "300", "a number and Mbit, Gbit or MiB/s, as in 400Mbit, or none"),
        ("--bandwidth", "0Mbit", "for no cap: none"),
        ("--downtime", "0ms", "is nothing"),
        ("--downtime", "none", "'none' is not a duration"),
        ("--max-duration", "20", "a number and ms, s, m, h or d"),
        ("--postcopy", "later", "'later'"),
    ],
)
def test_what_is_no_quantity_is_refused_by_the_command_line(wishes, option, value, says):
    answered = go(set_.command, "web-01", option, value)
    assert isinstance(answered.exception, click.UsageError)
    assert (answered.exception.exit_code, wishes) == (2, [])
    assert says in answered.exception.format_message()


@pytest.mark.parametrize(("command", "kind"), [(stop.command, "stop"), (abort.command, "abort")])
def test_stop_and_abort(wishes, command, kind):
    go(command, "r", "--dry-run")
    ((wish, dry_run),) = wishes
    assert (wish, dry_run) == (ordering.Wish(target="r", kind=kind), True)


def test_the_picture_of_a_run_shows_only_orders_that_stop_it_as_a_whole():
    picture = Picture()
    picture.take(Opened(run=world.run(world.move("web-01", 1))))

    def taken(**fields):
        entry = Ordered(by="anna", **fields)
        picture.take(Recorded(run=world.run().id, seq=Seq(1), at=world.BEGIN, entry=entry))
        return picture.order

    assert taken(order="abort", guest=world.uuid(1)) == ""
    assert taken(order="abort", refused="too late") == ""
    assert taken(order="stop") == "stop"
    assert taken(order="set", change=Change(downtime_ms=1)) == "stop"
    assert taken(order="abort") == "abort"
