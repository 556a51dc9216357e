"""What `ferry evacuate` does once the doors begin to open: plan, consent, cordon, move, and say who is left."""

from collections.abc import Callable
from functools import partial

from orchestrator import documents
from orchestrator.cli import consent, exit_codes, running, signals
from orchestrator.cli.options import Options, Output
from orchestrator.cli.running import SILENT, Adopted
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.console import screens
from orchestrator.cli.view.emptying import show_cordoned, show_emptied, show_emptying, show_nothing_done
from orchestrator.cli.view.format import count
from orchestrator.cli.view.unfinished import show_replaced
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.emptied import Emptied
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.lease import Fence
from orchestrator.model.plan import Plan
from orchestrator.model.run import Run, Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.emptying import demand_known, propose_emptying
from orchestrator.operations.errands import begin, recorded
from orchestrator.operations.evacuate import Bounded, close, evacuate
from orchestrator.operations.holds import demand_free, hosts_of
from orchestrator.operations.host_leases import demand_still, taken


def show(options: Options, doors: Doors, request: EvacuationRequest, keep: Callable[[Plan], None] | None = None) -> int:
    """Answer with the plan and change nothing. keep: is given the plan, whoever stays."""
    plan = propose_emptying(doors, request)
    code = leave_it_at_that(options, doors, request, plan)
    if keep is not None:
        keep(plan)
    return code


def empty(
    options: Options,
    doors: Doors,
    request: EvacuationRequest,
    who: Who,
    bounds: Bounded,
    *,
    yes: bool,
    planned: Callable[[], Plan] | None = None,
) -> int:
    """Empty the hosts, unless nobody agrees or another ferry does it already. planned: how the plan is come by, if not
    anew. Raises evacuation.running, lease.on-hold."""
    planned = planned or partial(propose_emptying, doors, request, soon=True)
    demand_known(doors, (*request.hosts, *request.to))
    if not request.despite_hold:
        demand_free(doors, (*request.hosts, *request.to))
    with taken(doors, request.hosts) as fences:
        if running.adopt_orphans(options, doors, who, continued=partial(_continues, request)) is Adopted.STOPPED:
            return options.adopted
        plan = planned()
        if not request.despite_hold:  # one that was kept may lead to hosts that are on hold since
            demand_free(doors, hosts_of(plan))
        return _empty(options, doors, request, plan, who, bounds, fences, yes=yes)


def _continues(request: EvacuationRequest, run: Run) -> bool:
    """Whether whoever carries out the request does all that is left of the run."""
    everybody = not request.only and not request.exclude
    return everybody and run.purpose == "evacuate" and set(run.emptied) <= set(request.hosts)


def _empty(
    options: Options,
    doors: Doors,
    request: EvacuationRequest,
    plan: Plan,
    who: Who,
    bounds: Bounded,
    fences: tuple[Fence, ...],
    *,
    yes: bool,
) -> int:
    if not _agreed(options, doors, request, plan, yes=yes):
        return exit_codes.INCOMPLETE
    demand_still(doors, fences)
    shown, stop = screens(options), Stop()
    try:
        with signals.obeyed(stop) as caught:
            errand, earlier = begin(doors, request, who, bounds, fences, options.occasion)
            if not options.unattended:
                show_replaced(shown.err, earlier)
            with running.views(options, shown) as (sinks, tell), recorded(doors, errand, fences, stop) as kept:
                # First of all: whatever is moved here meanwhile would have to leave again.
                close(kept, request.hosts, who, who.reason or "it is being emptied: ferry evacuate")
                told = evacuate(kept, request, plan, who, sinks, stop, bounds=bounds, beside=fences)
                code = caught.exit_code(told.exit_code)
                tell(code)
    except OrchestratorError:
        show_cordoned(shown.err, request.hosts)
        raise
    _conclude(options, told, code)
    return code


def _agreed(options: Options, doors: Doors, request: EvacuationRequest, plan: Plan, *, yes: bool) -> bool:
    err = screens(options).err

    def shows() -> None:
        show_emptying(err, plan, doors.settings)
        err.write("\n")

    return consent.agreed(
        options, err, shows, f"Empty {', '.join(request.hosts)} now ({count(len(plan.moves), 'move')})?", yes=yes
    )


def _conclude(options: Options, told: Emptied, code: int) -> None:
    if options.unattended and code in SILENT and options.output is Output.TEXT:
        return
    answer(options, lambda: documents.evacuation_document(told), lambda out: show_emptied(out, told))


def leave_it_at_that(options: Options, doors: Doors, request: EvacuationRequest, plan: Plan) -> int:
    """Answer with the plan: it was all that was asked for."""
    stays = any(one.live and not one.asked for one in plan.staying)
    code = exit_codes.INFEASIBLE if stays else exit_codes.DONE
    answer(
        options,
        lambda: documents.plan_document(plan),
        lambda out: show_nothing_done(out, plan, doors.settings, request.hosts, code),
    )
    return code
