"""Plans that are kept to be looked at, agreed on, and carried out later."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from orchestrator import documents
from orchestrator.cli import emptying, exit_codes, moving
from orchestrator.cli.options import Options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.console import Screen, screens
from orchestrator.cli.view.emptying import show_emptying
from orchestrator.cli.view.format import day
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import draw
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.model.run import Who
from orchestrator.model.stored_plan import StoredPlan
from orchestrator.operations import stored_plans
from orchestrator.operations.doors import Doors
from orchestrator.operations.evacuate import Bounded
from orchestrator.operations.holds import hosts_of

Request = MoveRequest | EvacuationRequest
PLANS = ("plan", "made", "by", "moves>", "digest", "reason")


def keeping(
    options: Options, doors: Doors, request: Request, save: str | None, who: Who
) -> Callable[[Plan], None] | None:
    """What keeps the plan of a request under the name `save`, and says so; None: nothing is to be kept."""
    if save is None:
        return None

    def keep(plan: Plan) -> None:
        kept = stored_plans.keep(doors, save, request, plan, who)
        screens(options).err.write(f"Kept as {kept.name}, digest {kept.digest[:12]}: ferry apply {kept.name}\n")

    return keep


def show_kept(options: Options, doors: Doors, name: str, who: Who) -> int:
    """Answer with a stored plan, and change nothing. Raises plan.unknown, plan.unreadable, plan.drifted."""
    stored = stored_plans.one(doors, name)
    plan = stored_plans.unchanged(doors, stored, who)
    if isinstance(stored.request, EvacuationRequest):
        return emptying.leave_it_at_that(options, doors, stored.request, plan)
    return moving.leave_it_at_that(options, doors, plan)


def show_as_made(options: Options, doors: Doors, name: str) -> int:
    """Answer with a stored plan and where it comes from; no host is asked. Raises plan.unknown, plan.unreadable."""
    stored = stored_plans.one(doors, name)

    def show(out: Screen) -> None:
        _head(out, stored)
        show_emptying(out, stored.plan, doors.settings)

    answer(options, lambda: documents.plan_document(stored.plan), show)
    return exit_codes.DONE


def _head(screen: Screen, stored: StoredPlan) -> None:
    request = stored.request
    emptied = request.hosts if isinstance(request, EvacuationRequest) else ()
    hosts = f"empties {', '.join(emptied)}" if emptied else ", ".join(hosts_of(stored.plan))
    said = {
        "Plan": f"{stored.name}, digest {stored.digest[:12]}",
        "Made": f"{day(stored.made_at)} by {stored.by}",
        "Reason": stored.reason,
        "Hosts": hosts,
    }
    for label, text in said.items():
        if text:
            screen.show(*labelled(screen, f"{label:<8}", text))
    screen.write("\n")


def carry_out(options: Options, doors: Doors, name: str, who: Who, *, yes: bool, despite_hold: bool) -> int:
    """Carry a stored plan out, if the world is as it was. Raises plan.unknown, plan.unreadable, plan.drifted."""
    stored = stored_plans.one(doors, name)
    planned = partial(stored_plans.unchanged, doors, stored, who)
    request = stored.request
    if isinstance(request, EvacuationRequest):
        request = replace(request, despite_hold=request.despite_hold or despite_hold)
        return emptying.empty(options, doors, request, who, Bounded(), yes=yes, planned=planned)
    return moving.move(options, doors, request, who, yes=yes, despite_hold=despite_hold, planned=planned)


def list_kept(options: Options, doors: Doors) -> int:
    """Answer with what can be applied."""
    kept = stored_plans.every(doors)
    answer(options, lambda: documents.stored_plans_document(kept), lambda out: _list(out, kept))
    return exit_codes.DONE


def _list(screen: Screen, kept: tuple[StoredPlan, ...]) -> None:
    if not kept:
        screen.write("No plan is kept. To keep one: ferry migrate GUEST --dry-run --save NAME\n")
        return
    rows = [[one.name, day(one.made_at), one.by, str(len(one.plan.moves)), one.digest[:12], one.reason] for one in kept]
    draw(screen, PLANS, rows)
