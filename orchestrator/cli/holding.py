"""What ferry hold and ferry release NAME do: read the time, put or lift the hold, answer with it."""

from datetime import datetime

import click

from orchestrator import documents, wiring
from orchestrator.cli import exit_codes, opening
from orchestrator.cli.options import Options
from orchestrator.cli.view.answer import answer
from orchestrator.evacuation.deadline import moment
from orchestrator.model.hold import Hold
from orchestrator.operations import holds


def hold(options: Options, name: str, because: str, until: str | None, *, dry_run: bool) -> int:
    """Put a hold."""
    settings, doors = opening.doors(options)
    ends = None if until is None else _moment(until, doors.clock.now())
    made = holds.hold(doors, name, wiring.who(settings, options.argv, because), because, ends, keep=not dry_run)
    return _tell(options, made, lifted=False, done=not dry_run)


def lift(options: Options, name: str, *, dry_run: bool) -> int:
    """Lift a hold."""
    _, doors = opening.doors(options)
    return _tell(options, holds.lift(doors, name, keep=not dry_run), lifted=True, done=not dry_run)


def _moment(text: str, now: datetime) -> datetime:
    """A time by the clock on the operator's wall."""
    try:
        return moment(text, now, None)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--until") from None


def _tell(options: Options, told: Hold, *, lifted: bool, done: bool) -> int:
    from orchestrator.cli.view.timed import show_hold  # noqa: PLC0415 - `ferry --help` needs none of it

    answer(
        options,
        lambda: documents.hold_document(told, lifted=lifted, done=done),
        lambda out: show_hold(out, told, lifted=lifted, done=done),
    )
    return exit_codes.DONE
