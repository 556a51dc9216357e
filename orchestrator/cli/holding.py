"""What ferry hold and ferry release NAME do: read the time, put or lift the hold, answer with it."""

from datetime import datetime, time, timedelta

import click

from orchestrator import documents, wiring
from orchestrator.cli import exit_codes, opening
from orchestrator.cli.options import Options
from orchestrator.cli.view.answer import answer
from orchestrator.model.hold import Hold
from orchestrator.model.units import Milliseconds, QuantityError
from orchestrator.operations import holds

_WRITTEN = "a length (4h), a time of day (06:00), or a date and a time (2026-12-24T06:00)"


def hold(options: Options, name: str, because: str, until: str | None, *, dry_run: bool) -> int:
    """Put a hold."""
    settings, doors = opening.doors(options)
    ends = None if until is None else moment(until, doors.clock.now())
    made = holds.hold(doors, name, wiring.who(settings, options.argv, because), because, ends, keep=not dry_run)
    return _tell(options, made, lifted=False, done=not dry_run)


def lift(options: Options, name: str, *, dry_run: bool) -> int:
    """Lift a hold."""
    _, doors = opening.doors(options)
    return _tell(options, holds.lift(doors, name, keep=not dry_run), lifted=True, done=not dry_run)


def moment(text: str, now: datetime) -> datetime:
    """A time as an operator writes it, by the clock on his wall; a time of day is the next one of that kind."""
    try:
        return now + timedelta(milliseconds=int(Milliseconds.parse(text)))
    except (QuantityError, OverflowError):
        pass
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        return _date(text)
    today = now.astimezone().date()
    days = (datetime.combine(today + timedelta(days=number), clock).astimezone() for number in range(2))
    return next((one for one in days if one > now), now)


def _date(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{text!r} is not {_WRITTEN}", param_hint="--until") from None


def _tell(options: Options, told: Hold, *, lifted: bool, done: bool) -> int:
    from orchestrator.cli.view.timed import show_hold  # noqa: PLC0415 - `ferry --help` needs none of it

    answer(
        options,
        lambda: documents.hold_document(told, lifted=lifted, done=done),
        lambda out: show_hold(out, told, lifted=lifted, done=done),
    )
    return exit_codes.DONE
