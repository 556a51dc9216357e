"""A roll seen from its commands: what would be done, consent, the work, and what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from orchestrator import documents
from orchestrator.cli import consent, exit_codes, running, signals
from orchestrator.cli.options import Options, Output
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.console import screens
from orchestrator.cli.view.rolls import entry_line, show_nothing_done, show_rolled, show_rolls, show_stop, show_ways
from orchestrator.documents.rolls import Rolled as Shown
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.evacuation import rolling as record
from orchestrator.model.host import HostName
from orchestrator.model.roll import Roll, RollEntry
from orchestrator.model.run import RunId, Who
from orchestrator.operations import rolling
from orchestrator.operations.doors import Doors
from orchestrator.operations.holds import demand_free
from orchestrator.operations.liveness import lives
from orchestrator.operations.rolling import Preview, Terms
from orchestrator.operations.rolling_drive import Rolled
from orchestrator.ports import EventSink

Work = Callable[[Sequence[EventSink], Stop, Callable[[Roll, RollEntry], None]], Rolled]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line says of a roll."""

    hosts: tuple[HostName, ...]
    command: str
    local: bool
    reboot: bool
    restore: bool
    failed_hosts: int
    attempts: int
    command_ms: int
    healthy_ms: int


def wish(doors: Doors, asked: Asked, who: Who) -> Roll:
    """The roll that would begin now."""
    name, by = RunId(doors.new_run_name()), f"{who.login} on {who.controller}"
    return Roll(id=name, started_at=doors.clock.now(), by=by, **asdict(asked))


def show_open(options: Options, doors: Doors) -> int:
    """The rolls that are not over."""
    found = rolling.open_rolls(doors)
    at_work = {roll.id for roll, held in found if lives(doors, held)}
    rolls = tuple(roll for roll, _ in found)
    answer(options, lambda: documents.rolls_document(rolls), lambda out: show_rolls(out, rolls, at_work))
    return exit_codes.DONE


def show(options: Options, doors: Doors, wished: Roll) -> int:
    """The whole sequence, reckoned through; nothing is changed."""
    return _left_at_that(options, wished, rolling.preview(doors, wished))


def _left_at_that(options: Options, wished: Roll, seen: Preview) -> int:
    told = Shown(roll=wished, done=(), failed=(), against=seen.against, ways=seen.ways)
    code = exit_codes.DONE
    if seen.against:
        code = exit_codes.UNREACHABLE if seen.silent else exit_codes.INFEASIBLE
    answer(options, lambda: documents.roll_document(told), lambda out: show_nothing_done(out, wished, seen, code))
    return code


def go(options: Options, doors: Doors, wished: Roll, who: Who, terms: Terms, *, yes: bool, despite_hold: bool) -> int:
    """Roll, unless something speaks against beginning it or nobody agrees: a roll that is not over is gone on with as
    far as it goes. Raises lease.on-hold."""
    if not despite_hold:
        demand_free(doors, wished.hosts)
    wished = replace(wished, occasion=options.occasion)
    ended = None if options.occasion is None else rolling.done_since(doors, wished, options.occasion.slot)
    if ended is not None:  # by a process that died, or lost the store, before it could write that the entry has run
        return _work(options, lambda _sinks, _stop, _tell: ended)
    err = screens(options).err
    seen = rolling.preview(doors, wished)
    if seen.against and (terms.anew or not seen.joins):
        return _left_at_that(options, wished, seen)
    question = f"Roll through {', '.join(wished.hosts)} now?"
    if not consent.agreed(options, err, lambda: show_ways(err, wished, seen), question, yes=yes):
        return exit_codes.INCOMPLETE
    return _work(
        options, lambda sinks, stop, tell: rolling.roll(doors, wished, who, sinks, stop, tell=tell, terms=terms)
    )


def is_roll(doors: Doors, name: str) -> bool:
    """Whether a roll has that name. A store that does not answer is somebody else's to tell of."""
    try:
        return rolling.find_roll(doors, name) is not None
    except OrchestratorError:
        return False


def take_up(options: Options, doors: Doors, name: str, who: Who) -> int:
    """Go on with a roll that was left, stopped, or has failed hosts."""
    return _work(
        options, lambda sinks, stop, tell: rolling.resume_roll(doors, RunId(name), who, sinks, stop, tell=tell)
    )


def stop(options: Options, doors: Doors, name: str, who: Who, *, dry_run: bool) -> int:
    """Order a roll to begin nothing more; where nobody works on it, let go here what it holds."""
    given = rolling.order_stop(doors, RunId(name), who, dry_run=dry_run)
    if given.driver is None and not given.rests and not dry_run:
        told = _work(
            options,
            lambda sinks, stop_, tell: rolling.resume_roll(
                doors, RunId(name), who, sinks, stop_, tell=tell, go_on=False
            ),
        )
        return exit_codes.DONE if told == exit_codes.INTERRUPTED else told  # that it was stopped was asked for
    shown = shown_roll(Rolled(roll=given.roll, cordoned=given.cordoned, exit_code=exit_codes.DONE))
    answer(options, lambda: documents.roll_document(shown), lambda out: show_stop(out, given))
    return exit_codes.DONE


def _work(options: Options, work: Work) -> int:
    shown, stop_ = screens(options), Stop()
    held_back: list[str] = []

    def tell(_roll: Roll, entry: RollEntry) -> None:
        if options.output is not Output.TEXT or options.verbosity < 0:
            return
        if options.unattended:
            held_back.append(entry_line(entry))
        else:
            shown.err.write(entry_line(entry))

    with signals.obeyed(stop_) as caught, running.views(options, shown) as (sinks, ends):
        told = work(sinks, stop_, tell)
        code = caught.exit_code(told.exit_code)
        ends(code)
    if options.unattended and code in running.SILENT and options.output is Output.TEXT:
        return code
    for line in held_back:
        shown.err.write(line)
    final = replace(shown_roll(told), exit_code=code)
    answer(options, lambda: documents.roll_document(final), lambda out: show_rolled(out, final))
    return code


def shown_roll(told: Rolled) -> Shown:
    roll = told.roll
    return Shown(
        roll=roll,
        done=tuple(host for host in roll.hosts if record.done(roll, host)),
        failed=tuple(record.failures(roll)),
        cordoned=told.cordoned,
        exit_code=told.exit_code,
    )
