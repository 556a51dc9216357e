"""What ferry cron does: each entry that is due is the command it stands for, run in this process."""

import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import replace
from io import StringIO

from orchestrator import documents, wiring
from orchestrator.cli import boundary, exit_codes, opening, running
from orchestrator.cli.options import Options, Output
from orchestrator.cli.running import Adopted
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.timed import is_in_vain_again, is_news, show_tick
from orchestrator.evacuation.due import Due
from orchestrator.model.schedule import DOINGS, Occasion
from orchestrator.model.tick import Tick
from orchestrator.operations import cron


def tick(options: Options) -> int:
    """Do what is due and answer the worst code; nothing is written where that is not to be told."""
    settings, doors = opening.doors(options)
    who = wiring.who(settings, options.argv, None)

    def first() -> bool:
        return running.adopt_orphans(options, doors, who) is not Adopted.STOPPED

    done = cron.tick(doors, lambda due: _perform(options, due), first)
    code = _code(done)
    if options.output is not Output.TEXT or options.verbosity > 0 or any(is_news(one) for one in done.told):
        _answer(options, done, code, done=True)
    return code


def look(options: Options) -> int:
    """Show what is due."""
    _, doors = opening.doors(options)
    found = cron.look(doors)
    _answer(options, found, _code(found), done=False)
    return exit_codes.DONE


def command_line(due: Due) -> list[str]:
    """What an operator would type for an entry."""
    entry = due.entry
    doing = DOINGS[entry.do]
    words = [entry.do, *entry.hosts, *(["--yes"] if doing.consent else []), "--unattended"]
    if doing.deadline and due.until is not None:
        words += ["--deadline", due.until.isoformat()]
    for name, value in entry.options.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            words += [option] if value else []
        else:
            words += [word for text in ((value,) if isinstance(value, str) else value) for word in (option, text)]
    return [*words, "--reason", entry.reason]


def _perform(options: Options, due: Due) -> int:
    """Its answer goes where its course goes: stdout is for the lines of the schedule. What has been told of a silent
    host is not told again."""
    words = command_line(due)
    config = [] if options.config is None else ["--config", options.config]
    occasion = Occasion(entry=due.entry.name, slot=due.slot)
    its = replace(
        options, argv=("ferry", *words), output=Output.TEXT, adopted=exit_codes.DONE, lost=None, occasion=occasion
    )
    if due.silence is None or options.verbosity > 0:
        with redirect_stdout(sys.stderr):
            return boundary.answered([*words, *config], its)
    course, code = StringIO(), exit_codes.BUG
    try:
        with redirect_stdout(course), redirect_stderr(course):
            code = boundary.answered([*words, *config], its)
    finally:
        if code != exit_codes.UNREACHABLE:
            with suppress(OSError, ValueError):  # nobody reads it: no reason to end in the middle of a schedule
                sys.stderr.write(course.getvalue())
    return code


def _code(tick: Tick) -> int:
    if tick.busy:
        return exit_codes.LATER
    codes = [exit_codes.LATER if is_in_vain_again(one) else one.exit_code for one in tick.told]
    alone = [code for code in codes if code in (exit_codes.USAGE, exit_codes.CONFIGURATION)]
    return alone[0] if alone else exit_codes.worst(codes)


def _answer(options: Options, tick: Tick, code: int, *, done: bool) -> None:
    answer(
        options,
        lambda: documents.cron_document(tick, code, done=done),
        lambda out: show_tick(out, tick, all_of_them=not done or options.verbosity > 0, done=done),
    )
