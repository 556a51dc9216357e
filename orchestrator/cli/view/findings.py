"""Findings as a reviewer would write them down: one reason is one paragraph, however many guests share it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import count, inert
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import marked
from orchestrator.cli.view.tone import SEVERITY
from orchestrator.model.finding import Finding, Severity

_INDENT = "    "
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Findings that say the same of several guests or places, or that lack the same fact."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The one whose words stand for all."""
        return self.findings[0]


def grouped(findings: Sequence[Finding]) -> tuple[Group, ...]:
    """Worst first, otherwise in the order in which each reason came up."""
    found: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        found.setdefault(_reason(finding), []).append(finding)
    order = list(Severity)
    groups = (Group(findings=tuple(same)) for same in found.values())
    return tuple(sorted(groups, key=lambda group: order.index(group.first.severity)))


def show_findings(screen: Screen, findings: Sequence[Finding]) -> None:
    """Each reason with what was seen and the way out."""
    for group in grouped(findings):
        screen.show(*(_undecided(screen, group) if group.first.undecided is not None else _group(screen, group)))


def tally(findings: Sequence[Finding]) -> str:
    """1 blocker, 2 warnings (1 waived)."""
    counted = [(sum(f.severity is s for f in findings), s.value) for s in Severity]
    said = ", ".join(count(number, word) for number, word in counted if number) or "nothing speaks against it"
    waived = sum(f.waived is not None for f in findings)
    return f"{said} ({waived} waived)" if waived else said


def _reason(finding: Finding) -> tuple[str, ...]:
    """What two findings must share to be one paragraph: their words, but for the guest and the hosts."""
    if finding.undecided is not None:
        return (finding.severity, finding.undecided)
    said = finding.saw
    names = {finding.guest: "<guest>", finding.destination: "<destination>", finding.source: "<source>"}
    for name, word in names.items():
        if name:
            said = said.replace(name, word)
    return (finding.severity, finding.check, said, *finding.detail)


def _group(screen: Screen, group: Group) -> list[Text]:
    first = group.first
    guests = list(dict.fromkeys(f.guest for f in group.findings if f.guest))
    places = list(dict.fromkeys(_place(screen, f) for f in group.findings))
    head = _head(screen, first, [first.check])
    head.append("".join(f"  {inert(text)}" for text in (_some(guests), _some(places)) if text))
    lines = [head]
    for text in (first.saw, *first.detail):
        lines += labelled(screen, _INDENT, text)
    if first.waived is not None:
        until = f"{first.waived.until:%Y-%m-%d}"
        said = f"it would be a {first.waived.severity}; the policy lets it pass until {until}: {first.waived.reason}"
        lines += labelled(screen, f"{_INDENT}Waived  ", said)
    if first.fix:
        lines += labelled(screen, f"{_INDENT}Fix  ", first.fix)
    if first.remedy is not None:
        lines += labelled(screen, f"{_INDENT}", "ferry can do that: " + " ".join(f"--fix {i}" for i in _ids(group)))
    return lines


def _undecided(screen: Screen, group: Group) -> list[Text]:
    """Checks that lack one and the same fact: the reason once, and what is not known for it."""
    checks = list(dict.fromkeys(f.check for f in group.findings))
    head = _head(screen, group.first, [f"{count(len(checks), 'check')} undecided"])
    places = list(dict.fromkeys(_place(screen, f) for f in group.findings))
    head.append(f"  {inert(_some(places))}")
    lines = [head, *labelled(screen, _INDENT, group.first.undecided or "")]
    lines += labelled(screen, f"{_INDENT}Not known  ", ", ".join(checks))
    return [*lines, *labelled(screen, f"{_INDENT}Fix  ", group.first.fix)]


def _head(screen: Screen, finding: Finding, words: Sequence[str]) -> Text:
    return Text.assemble(
        marked(screen, SEVERITY[finding.severity], finding.severity.value),
        "  ",
        (inert(" ".join(words)), "bold"),
    )


def _place(screen: Screen, finding: Finding) -> str:
    if finding.destination is None:
        return "" if finding.guest else finding.source or ""
    return f"{finding.source or '?'} {screen.glyphs.arrow} {finding.destination}"


def _some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown


def _ids(group: Group) -> list[str]:
    ids = list(dict.fromkeys(f.id for f in group.findings))
    return ids if len(ids) <= _NAMED else [group.first.check]
