"""The one border between ferry and its caller: every failure becomes a diagnostic and an exit code."""

import contextlib
import os
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

import click

from orchestrator.cli import exit_codes
from orchestrator.cli.app import app
from orchestrator.cli.options import Options
from orchestrator.errors import OrchestratorError

COMPLETE = "_FERRY_COMPLETE"  # set by the scripts of `ferry completion`


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and answer its exit code; nothing is raised."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    options = Options(argv=("ferry", *arguments))
    _prepare_streams()
    threading.excepthook = lambda died: _thread_died(died, options)
    code = answered(arguments, options)
    if options.lost is not None:
        _say(f"ferry: the answer could not be written: {options.lost.strerror}")
        code = exit_codes.worst([code, exit_codes.INCOMPLETE])
    return code


def answered(arguments: list[str], options: Options) -> int:
    """Run one command line in this process; what fails is shown as `options` say, and answered as its code."""
    try:
        code = _invoke(arguments, options)
    except OrchestratorError as error:
        code = _refused(error, options)
    except click.exceptions.Exit as end:
        code = end.exit_code
    except click.ClickException as error:
        code = _misused(error, options)
    except (KeyboardInterrupt, click.Abort):
        code = exit_codes.INTERRUPTED
        _say("Stopped by Ctrl-C.")
    except Exception as error:  # the border: what nobody foresaw still answers in words
        code = _bug(error, options)
    if options.adopted != exit_codes.DONE:
        code = exit_codes.worst([code, options.adopted])
    return code


def leave(code: int) -> NoReturn:
    """End the process, also when a call to a hung daemon still waits in some thread."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):  # or Python would complain about it once more at its end
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if any(thread is not threading.main_thread() for thread in threading.enumerate()):
        os._exit(code)
    sys.exit(code)


def _invoke(arguments: list[str], options: Options) -> int:
    if COMPLETE in os.environ:
        app.main(arguments, prog_name="ferry", complete_var=COMPLETE)
    with app.make_context("ferry", arguments, obj=options) as context:
        return int(app.invoke(context) or exit_codes.DONE)


def _prepare_streams() -> None:
    if sys.stdout is None:  # closed by the caller (>&-): a file opened later must not become fd 1
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name the terminal cannot write is no reason to fail


def _refused(error: OrchestratorError, options: Options) -> int:
    code = error.exit_code
    if options.unattended and code == exit_codes.LATER:
        return code
    from orchestrator.cli.view import diagnostics  # noqa: PLC0415 - a good run needs none of it

    diagnostics.show_error(error, options)
    return code


def _misused(error: click.ClickException, options: Options) -> int:
    from orchestrator.cli import misuse  # noqa: PLC0415 - a good run needs none of it

    _say(misuse.text(error))
    misuse.write_document(error, options)
    return exit_codes.USAGE


def _bug(error: BaseException, options: Options) -> int:
    from orchestrator.cli import buglog  # noqa: PLC0415

    path = buglog.write(error, options.argv)
    saw = f"{type(error).__name__}: {error}"
    report = OrchestratorError.of("ferry.bug", saw, fix=f"Report it with {path}; then: ferry status" if path else "")
    try:
        return _refused(report, options)
    except Exception:  # the screens themselves are broken: say the least that helps
        _say(f"ferry.bug: {saw!r} {path}")
        return exit_codes.BUG


def _thread_died(died: threading.ExceptHookArgs, options: Options) -> None:
    from orchestrator.cli import buglog  # noqa: PLC0415

    if died.exc_value is not None:
        _say(f"ferry.bug: {died.exc_type.__name__} in a thread; see {buglog.write(died.exc_value, options.argv)}")


def _say(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
