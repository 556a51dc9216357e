"""What `ferry restore` does once the doors begin to open: who is away, consent, uncordon, move, and who is not home."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from orchestrator import documents
from orchestrator.cli import consent, exit_codes, running, signals
from orchestrator.cli.options import Options, Output
from orchestrator.cli.running import SILENT, Adopted
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.console import screens
from orchestrator.cli.view.format import count
from orchestrator.cli.view.homecoming import show_not_gone, show_restored, show_way
from orchestrator.cli.view.unfinished import show_given_up
from orchestrator.engine.stop import Stop
from orchestrator.evacuation.homeward import Away
from orchestrator.model.evacuation import Staying
from orchestrator.model.lease import Fence
from orchestrator.model.restored import WayHome
from orchestrator.model.run import Run, Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.given_up import leave_out
from orchestrator.operations.holds import demand_free
from orchestrator.operations.host_leases import demand_still, taken
from orchestrator.operations.restore import homes_of, opened, restore, way_home, who_is_away, who_may_come


def show(options: Options, doors: Doors, names: Sequence[str], policy: str | None) -> int:
    """Answer with who is away and the plan, and change nothing."""
    away = who_is_away(doors, names)
    guests, kept, _ = who_may_come(doors, away, policy)
    way = way_home(doors, guests, opened(homes_of(doors, names, away), away, guests, policy))
    code = _code(way)
    way = replace(way, plan=replace(way.plan, staying=(*way.plan.staying, *kept)))
    answer(
        options, lambda: documents.plan_document(way.plan), lambda out: show_not_gone(out, way, doors.settings, code)
    )
    return code


def _code(way: WayHome) -> int:
    """What a way home that is not taken answers with."""
    if not way.plan.staying:
        return exit_codes.DONE
    homes = {one.guest: one.home for one in way.guests}
    unreached = not way.plan.moves and all(homes[one.guest] in way.silent for one in way.plan.staying)
    return exit_codes.UNREACHABLE if unreached else exit_codes.INFEASIBLE


def bring(
    options: Options,
    doors: Doors,
    names: Sequence[str],
    who: Who,
    *,
    policy: str | None,
    yes: bool,
    despite_hold: bool,
) -> int:
    """Bring the guests home, unless nobody agrees. policy: instead of that of each guest. Raises lease.on-hold, and
    evacuation.running where another ferry is at work there."""
    homes = homes_of(doors, names, who_is_away(doors, names))
    if not despite_hold:
        demand_free(doors, homes)
    with taken(doors, homes) as fences:
        if running.adopt_orphans(options, doors, who, continued=partial(_continues, names)) is Adopted.STOPPED:
            return options.adopted
        away = [one for one in who_is_away(doors, names) if one.home in homes]
        guests, kept, later = who_may_come(doors, away, policy)
        way = way_home(doors, guests, opened(homes, away, guests, policy), soon=True)
        code = _bring(options, doors, guests, (way, kept), who, fences, yes=yes)
        return exit_codes.LATER if later and code == exit_codes.DONE else code


def _continues(names: Sequence[str], run: Run) -> bool:
    """Whether whoever restores these hosts does all that is left of the run."""
    return run.purpose == "restore" and {move.destination for move in run.moves} <= set(names)


def _bring(
    options: Options,
    doors: Doors,
    guests: Sequence[Away],
    planned: tuple[WayHome, tuple[Staying, ...]],
    who: Who,
    fences: tuple[Fence, ...],
    *,
    yes: bool,
) -> int:
    way, kept = planned
    shown_way = replace(way, plan=replace(way.plan, staying=(*way.plan.staying, *kept)))
    if (way.guests or way.uncordoned) and not _agreed(options, doors, shown_way, yes=yes):
        return exit_codes.INCOMPLETE
    demand_still(doors, fences)
    shown, stop = screens(options), Stop()
    ended = leave_out(doors, way.open)
    if not options.unattended:
        show_given_up(shown.err, ended, way.open)
    with signals.obeyed(stop) as caught, running.views(options, shown) as (sinks, tell):
        told = restore(doors, guests, way, who, sinks, stop, beside=fences)
        told = replace(told, staying=(*told.staying, *kept))
        code = caught.exit_code(told.exit_code)
        tell(code)
    if not (options.unattended and code in SILENT and options.output is Output.TEXT):
        answer(options, lambda: documents.restore_document(told), lambda out: show_restored(out, told))
    return code


def _agreed(options: Options, doors: Doors, way: WayHome, *, yes: bool) -> bool:
    err = screens(options).err

    def shows() -> None:
        show_way(err, way, doors.settings)
        err.write("\n")

    return consent.agreed(options, err, shows, f"Bring them home now ({count(len(way.plan.moves), 'move')})?", yes=yes)
