"""A plan before anything is done: what would move where and why, and everything the checks said."""

from rich.text import Text

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import count, inert, size
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import draw, marked
from orchestrator.cli.view.tone import SEVERITY
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.plan import Plan

MOVES = ("guest", "memory>", "from", "to", "because")
PROVEN = "libvirt's own test of shared storage is switched off; ferry has proven it (-v says how)"
_INDENT = "    "


def show_plan(screen: Screen, plan: Plan) -> None:
    """The moves, then the findings."""
    if plan.moves:
        total = size(sum(m.memory_bytes for m in plan.moves))
        screen.write(f"Plan: {count(len(plan.moves), 'move')}, {total} of memory\n\n")
        rows = [[m.name, size(m.memory_bytes), m.source, m.destination, m.because] for m in plan.moves]
        draw(screen, MOVES, rows)
        _show_transport(screen, plan)
    show_findings(screen, plan)


def _show_transport(screen: Screen, plan: Plan) -> None:
    """How the memory travels: what an operator must know in any case, and with -v every choice with its reason."""
    said: dict[str, list[str]] = {}
    for move in plan.moves:
        for reason in move.transport.because if screen.options.verbosity > 0 else ():
            said.setdefault(reason, []).append(move.name)
        if move.transport.sharing_proven and screen.options.verbosity <= 0:
            said.setdefault(PROVEN, []).append(move.name)
    for position, (reason, names) in enumerate(said.items()):
        who = "all" if len(names) == len(plan.moves) > 1 else ", ".join(names)
        screen.show(*([] if position else [Text()]), *labelled(screen, "", f"{who}: {reason}"))


def show_check(screen: Screen, plan: Plan, code: int) -> None:
    """A plan that is not carried out, and what that means."""
    show_plan(screen, plan)
    if plan.moves or plan.findings:
        screen.write(f"\n{tally(plan).capitalize()}.\n")
    if code:
        explain = "  ".join(f"ferry explain {check}" for check in blocked_codes(plan))
        screen.write(f"Blocked: nothing was changed.   {explain}   exit code {code}\n")
    else:
        screen.write("Nothing was changed.\n")


def show_findings(screen: Screen, plan: Plan) -> None:
    """Blockers first; each with what was seen and the way out. Refused destinations where no other was found."""
    if plan.findings:
        screen.write("\n")
    for severity in Severity:
        for finding in plan.findings:
            if finding.severity is severity:
                screen.show(*_finding(screen, finding))
    moving = {m.name for m in plan.moves}
    rejected = [r for r in plan.rejected if r.guest not in moving or screen.options.verbosity > 0]
    if rejected:
        screen.write("\n")
        rows = [[r.guest, r.destination, r.why] for r in rejected]
        draw(screen, ("guest", "not to", "because"), rows)


def tally(plan: Plan) -> str:
    """1 blocker, 2 warnings."""
    counted = [(sum(f.severity is s for f in plan.findings), s.value) for s in Severity]
    return ", ".join(count(number, word) for number, word in counted if number) or "nothing speaks against it"


def blocked_codes(plan: Plan) -> list[str]:
    """The checks that refuse a guest, each once."""
    return list(dict.fromkeys(f.check for f in plan.blockers()))


def _finding(screen: Screen, finding: Finding) -> list[Text]:
    tone = SEVERITY[finding.severity]
    pair = f"{finding.source or '?'} {screen.glyphs.arrow} {finding.destination}" if finding.destination else ""
    head = Text.assemble(
        marked(screen, tone, finding.severity.value), "  ", (inert(finding.check), "bold"), f"  {inert(finding.guest)}"
    )
    if pair:
        head.append(f"  {inert(pair)}")
    lines = [head]
    for text in (finding.saw, *finding.detail):
        lines += labelled(screen, _INDENT, text)
    if finding.fix:
        lines += labelled(screen, f"{_INDENT}Fix  ", finding.fix)
    return lines
