"""Where a guest would go and why; and how two kept plans differ."""

from collections.abc import Sequence

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.findings import show_findings
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import draw
from orchestrator.model.why import Why
from orchestrator.planning.drift import Drift

REJECTED = ("not to", "because")


def show_why(screen: Screen, told: Why, code: int) -> None:
    """The choice, then every alternative; findings that say more with -v."""
    here = f" from {told.source}" if told.source is not None else ""
    if told.to is None:
        screen.show(*labelled(screen, "", f"{told.guest} can go nowhere{here} as things are."))
    else:
        screen.show(*labelled(screen, "", f"{told.guest} would go{here} to {told.to}: {told.because}."))
    for reason in told.transport:
        screen.show(*labelled(screen, "  ", reason))
    if told.rejected:
        screen.write("\n")
        draw(screen, REJECTED, [[one.destination, one.why] for one in told.rejected])
    shown = told.findings if screen.options.verbosity > 0 or told.blocked else ()
    if shown:
        screen.write("\n")
        show_findings(screen, shown)
    screen.write(f"\nNothing was changed.{f'   exit code {code}' if code else ''}\n")


def show_difference(screen: Screen, first: str, second: str, differences: Sequence[Drift]) -> None:
    """A line for each guest, the earlier plan first."""
    if not differences:
        screen.show(*labelled(screen, "", f"{first} and {second} would do the same."))
        return
    draw(screen, ("guest", first, second), [[one.guest or "(all)", one.was, one.now] for one in differences])
