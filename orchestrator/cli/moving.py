"""What follows once the doors begin to open: the plan, the consent, the run."""

from collections.abc import Callable
from functools import partial

from orchestrator import documents
from orchestrator.cli import consent, exit_codes, running
from orchestrator.cli.options import Options, Output
from orchestrator.cli.running import Adopted
from orchestrator.cli.view import modes
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.console import Screen, screens
from orchestrator.cli.view.plans import show_check, show_meant, show_plan, show_raised
from orchestrator.model.plan import Plan
from orchestrator.model.report import RunReport
from orchestrator.model.request import MoveRequest
from orchestrator.model.run import Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.holds import demand_free, hosts_of
from orchestrator.operations.propose import propose
from orchestrator.operations.retry import Attempts
from orchestrator.operations.standstill import standstill
from orchestrator.planning.verdict import exit_code


def show(options: Options, doors: Doors, request: MoveRequest, keep: Callable[[Plan], None] | None = None) -> int:
    """Answer with the plan and change nothing. keep: is given the plan if it could be carried out."""
    plan = propose(doors, request)
    code = leave_it_at_that(options, doors, plan)
    if keep is not None and code == exit_codes.DONE:
        keep(plan)
    return code


def move(
    options: Options,
    doors: Doors,
    request: MoveRequest,
    who: Who,
    *,
    yes: bool,
    despite_hold: bool,
    planned: Callable[[], Plan] | None = None,
) -> int:
    """Carry the request out, unless something speaks against it or nobody agrees. planned: how its plan is come by, if
    not anew."""
    planned = planned or partial(propose, doors, request, soon=True)
    plan = planned()
    adopted = running.adopt_orphans(options, doors, who)
    if adopted is Adopted.STOPPED:
        return options.adopted
    if adopted is Adopted.SOME:
        plan = planned()  # the world has changed
    if exit_code(plan) != exit_codes.DONE or not plan.moves:
        return leave_it_at_that(options, doors, plan)
    if not despite_hold:
        demand_free(doors, hosts_of(plan))
    if not _agreed(options, doors, plan, request, yes=yes):
        return exit_codes.INCOMPLETE
    attempts = Attempts(doors, request, who)
    return running.drive(
        options,
        lambda sinks, stop: attempts.carry_out(plan, sinks, stop),
        lambda reports: documents.run_document(reports[-1], before=reports[:-1]),
        judge=partial(_judged, attempts),
    )


def _judged(attempts: Attempts, report: RunReport) -> int:
    code = attempts.exit_code(report)
    return running.of_run(report) if code is None else code


def leave_it_at_that(options: Options, doors: Doors, plan: Plan) -> int:
    """Answer with the plan: it was all that was asked for, or there is nothing to do, or it must not be done."""
    code = exit_code(plan)
    if not (options.unattended and code == exit_codes.DONE and options.output is Output.TEXT):
        answer(options, lambda: documents.plan_document(plan), lambda out: _show(out, doors, plan, code))
    return code


def _show(out: Screen, doors: Doors, plan: Plan, code: int) -> None:
    show_check(out, plan, doors.settings, code, meant=_meant(doors, plan) if code == exit_codes.DONE else ())


def _meant(doors: Doors, plan: Plan) -> list[str]:
    return modes.meant(plan, partial(standstill, doors))


def _agreed(options: Options, doors: Doors, plan: Plan, request: MoveRequest, *, yes: bool) -> bool:
    err = screens(options).err

    def shows() -> None:
        show_plan(err, plan, doors.settings)
        err.write("\n")
        show_raised(err, request.raised)
        show_meant(err, _meant(doors, plan))

    return consent.agreed(options, err, shows, modes.question(plan), yes=yes)
