"""A plan before anything is done: what would move where and why, and everything the checks said."""

from collections.abc import Mapping, Sequence

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.findings import show_findings, tally
from orchestrator.cli.view.format import count, size
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import draw
from orchestrator.cli.view.transports import planned, show_each
from orchestrator.model.finding import Severity
from orchestrator.model.plan import Plan
from orchestrator.model.settings import Settings
from orchestrator.model.transport import Mode

MOVES = ("guest", "memory>", "from", "to", "because")
PROVEN = "libvirt's own test of shared storage is switched off; ferry has proven it (-v says how)"


def show_plan(screen: Screen, plan: Plan, settings: Settings) -> None:
    """The moves, then the findings."""
    if plan.moves:
        carried = [m.memory_bytes for m in plan.moves if m.transport.mode in (Mode.LIVE, Mode.PAUSE)]
        total = f"{size(sum(carried))} of memory" if carried else "definitions without memory"
        screen.write(f"Plan: {count(len(plan.moves), 'move')}, {total}\n\n")
        rows = [[m.name, size(m.memory_bytes), m.source, m.destination, m.because] for m in plan.moves]
        draw(screen, MOVES, rows)
        _show_transport(screen, plan, settings)
    if plan.findings:
        screen.write("\n")
    show_findings(screen, plan.findings)
    show_refused(screen, plan)


def _show_transport(screen: Screen, plan: Plan, settings: Settings) -> None:
    """How the memory travels: what an operator must know in any case, and with -v every choice with its reason."""
    said: dict[str, list[str]] = {}
    for move in plan.moves:
        way = planned(move, settings)
        if way is not None:
            said.setdefault(way, []).append(move.name)
        for reason in (*move.transport.because, *move.transport.way) if screen.options.verbosity > 0 else ():
            said.setdefault(reason, []).append(move.name)
        for wish in move.transport.forgone:
            said.setdefault(f"goes without {wish}", []).append(move.name)
        if move.transport.sharing_proven and screen.options.verbosity <= 0:
            said.setdefault(PROVEN, []).append(move.name)
    show_each(screen, said, of=len(plan.moves))


def show_meant(screen: Screen, sentences: Sequence[str]) -> None:
    """What guests will notice of their move."""
    for sentence in sentences:
        screen.show(*labelled(screen, "", f"{sentence}."))


def show_raised(screen: Screen, raised: Mapping[str, int]) -> None:
    """The limits that do not hold for this run."""
    if raised:
        screen.show(*labelled(screen, "", f"Limits raised for this run: {raised_limits(raised)}."))


def raised_limits(raised: Mapping[str, int]) -> str:
    """live 4, total 30."""
    return ", ".join(f"{name} {number}" for name, number in raised.items())


def show_check(
    screen: Screen, plan: Plan, settings: Settings, code: int, *, narrowed: bool = False, meant: Sequence[str] = ()
) -> None:
    """A plan that is not carried out, and what that means.

    narrowed: only some checks were asked. meant: what guests would notice, if it was carried out.
    """
    show_plan(screen, plan, settings)
    if plan.moves or plan.findings:
        screen.write(f"\n{tally(plan.findings).capitalize()}.\n")
    show_meant(screen, meant)
    if code:
        explain = "  ".join(f"ferry explain {check}" for check in blocked_codes(plan))
        screen.write(f"Blocked: nothing was changed.   {explain}   exit code {code}\n")
    elif narrowed and any(finding.severity is not Severity.NOTE for finding in plan.findings):
        screen.write("Only what was not right before was asked again. Nothing was changed by looking.\n")
    elif narrowed:
        screen.write("What was not right before is right now. Nothing was changed by looking.\n")
    else:
        screen.write("Nothing was changed.\n")


def show_refused(screen: Screen, plan: Plan) -> None:
    """Destinations that were not taken, for the guests that found no other."""
    moving = {m.name for m in plan.moves}
    rejected = [r for r in plan.rejected if r.guest not in moving or screen.options.verbosity > 0]
    if rejected:
        screen.write("\n")
        rows = [[r.guest, r.destination, r.why] for r in rejected]
        draw(screen, ("guest", "not to", "because"), rows)


def blocked_codes(plan: Plan) -> list[str]:
    """The checks that refuse a guest, each once."""
    return list(dict.fromkeys(f.check for f in plan.blockers()))
