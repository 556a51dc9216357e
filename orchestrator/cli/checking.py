"""The loop of a review: look, repair what can be repaired safely, look again at what was not right."""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator import documents, wiring
from orchestrator.cli import consent, exit_codes
from orchestrator.cli.options import Options, Output
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.console import screens
from orchestrator.cli.view.findings import show_findings
from orchestrator.cli.view.format import count
from orchestrator.cli.view.plans import show_check
from orchestrator.cli.view.repairs import show_repaired, show_wanted
from orchestrator.model.effect import Done
from orchestrator.model.finding import Severity
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.operations import checking
from orchestrator.operations.checking import of_run
from orchestrator.operations.doors import Doors
from orchestrator.operations.repair import repair
from orchestrator.planning.verdict import exit_code

__all__ = ["fix", "look", "of_run", "show_fix"]


def look(
    options: Options, doors: Doors, requests: Sequence[MoveRequest], *, recheck: bool, remember: bool = True
) -> int:
    """Check and answer. recheck: only what was not right the last time, if that is known."""
    asked = tuple(requests)
    if recheck:
        asked = _again(options, doors, asked)
    plan = checking.check(doors, asked)
    if remember:
        checking.remember(doors, requests, plan.findings)
    return _say(options, doors, plan, narrowed=asked != tuple(requests))


def show_fix(options: Options, doors: Doors, requests: Sequence[MoveRequest], fixes: Sequence[str]) -> int:
    """Show what the repairs would be, and change nothing."""
    plan = checking.check(doors, requests)
    chosen = checking.repairable(plan.findings, fixes)
    if options.output is Output.TEXT:
        show_findings(screens(options).out, chosen)
        show_wanted(screens(options).out, chosen)
        screens(options).out.write("Nothing was changed.\n")
        return exit_codes.DONE
    answer(options, lambda: documents.plan_document(replace(plan, findings=chosen)), lambda _: None)
    return exit_codes.DONE


def fix(
    options: Options, doors: Doors, requests: Sequence[MoveRequest], fixes: Sequence[str], *, yes: bool, recheck: bool
) -> int:
    """Repair the findings that are named, after consent; then look again if asked to."""
    consent.demand(yes=yes, options=options)
    plan = checking.check(doors, requests)
    checking.remember(doors, requests, plan.findings)
    chosen = checking.repairable(plan.findings, fixes)
    if not chosen:
        answer(options, lambda: documents.repairs_document(()), lambda out: out.write("There is nothing to repair.\n"))
        return exit_codes.DONE
    err = screens(options).err
    if options.output is Output.TEXT:
        show_findings(err, chosen)
        show_wanted(err, chosen)
    if not yes and not consent.ask(f"Repair {count(len(chosen), 'finding')} now?", err):
        err.write("Nothing was changed.\n")
        return exit_codes.INCOMPLETE
    repaired = repair(doors, chosen, wiring.who(doors.settings, options.argv, None))
    code = exit_codes.DONE if all(isinstance(r.effect, Done) for r in repaired) else exit_codes.INCOMPLETE
    if not recheck:
        others = sum(f.severity is Severity.BLOCKER for f in plan.findings if f not in chosen)
        if others and options.output is Output.TEXT:
            err.write(f"{count(others, 'blocker')} remained when this began. Look again: the same with --recheck\n")
        answer(options, lambda: documents.repairs_document(repaired), lambda out: show_repaired(out, repaired))
        return code
    show_repaired(err, repaired)
    left = checking.check(doors, checking.again(requests, plan.findings))
    checking.remember(doors, requests, left.findings)
    return exit_codes.worst([code, _say(options, doors, left, narrowed=True)])


def _again(options: Options, doors: Doors, requests: tuple[MoveRequest, ...]) -> tuple[MoveRequest, ...]:
    only = checking.remembered(doors, requests)
    if only is None:
        screens(options).err.write("Nothing is known to have been wrong within the last day: asking everything.\n")
        return requests
    return checking.narrowed(requests, only)


def _say(options: Options, doors: Doors, plan: Plan, *, narrowed: bool) -> int:
    code, settings = exit_code(plan), doors.settings
    answer(
        options,
        lambda: documents.plan_document(plan),
        lambda out: show_check(out, plan, settings, code, narrowed=narrowed),
    )
    return code
