"""What is left over on hosts, and what became of what was cleaned."""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.findings import show_findings, tally
from orchestrator.cli.view.repairs import show_repaired
from orchestrator.model.finding import Finding
from orchestrator.model.repaired import Repaired


def show_leftovers(screen: Screen, findings: Sequence[Finding], code: int) -> None:
    """The findings; which of them can be cleaned stands in their fix."""
    show_left(screen, findings)
    screen.write("\n" if findings else "")
    screen.write(f"{tally(findings).capitalize()}. " if findings else "Nothing is left over. ")
    screen.write("Nothing was changed.")
    screen.write(f"   exit code {code}\n" if code else "\n")


def show_left(screen: Screen, findings: Sequence[Finding]) -> None:
    """The findings alone."""
    # No command takes them one by one, so no id is shown.
    show_findings(screen, [replace(finding, remedy=None) for finding in findings])


def show_cleaned(screen: Screen, cleaned: Sequence[Repaired], code: int) -> None:
    """What was done, or why nothing was."""
    if cleaned:
        show_repaired(screen, cleaned)
    else:
        screen.write("Nothing was cleaned: nothing is proven dead.")
    screen.write(f"\nexit code {code}\n" if code else "\n")
