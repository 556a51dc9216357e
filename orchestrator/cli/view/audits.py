"""Hosts side by side: a table with the odd ones marked, then the findings."""

from rich.text import Text

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.findings import show_findings, tally
from orchestrator.cli.view.format import inert
from orchestrator.cli.view.tables import Cell, draw
from orchestrator.cli.view.tone import Tone
from orchestrator.model.host import HostName
from orchestrator.planning.audit import Audit
from orchestrator.planning.outliers import UNKNOWN, Trait


def show_audit(screen: Screen, audit: Audit, code: int) -> None:
    """The table has a row for each trait; one that all hosts share is a line below it unless -v asks for it."""
    hosts = list(dict.fromkeys(host for trait in audit.traits for host in trait.values))
    alike = [trait for trait in audit.traits if len(set(trait.values.values())) == 1]
    said = [trait for trait in alike if set(trait.values.values()) != {UNKNOWN}]
    shown = [t for t in audit.traits if t not in alike or screen.options.verbosity > 0]
    if hosts and shown:
        draw(screen, ("", *hosts), [[trait.name, *(_cell(screen, trait, host) for host in hosts)] for trait in shown])
        screen.write("\n")
    if said and screen.options.verbosity <= 0 and len(hosts) > 1:
        words = ", ".join(f"{trait.name} {next(iter(trait.values.values()))}" for trait in said)
        screen.show(*Text(inert(f"The same on all {len(hosts)} hosts: {words}")).wrap(screen.console, screen.prose))
        screen.write("\n")
    show_findings(screen, audit.findings)
    screen.write(f"\n{tally(audit.findings).capitalize()}. Nothing was changed.")
    screen.write(f"   exit code {code}\n" if code else "\n")


def _cell(screen: Screen, trait: Trait, host: HostName) -> Cell:
    value = trait.values[host]
    if host not in trait.odd:
        return value
    return Text(f"{screen.glyphs.symbol(Tone.ATTENTION)} {inert(value)}", style=Tone.ATTENTION.color)
