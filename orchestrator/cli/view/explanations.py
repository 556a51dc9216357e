"""The page of a code, a check, a leftover, a state or an exit code: offline, from the tables ferry works with."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from orchestrator.catalogue import CATALOGUE
from orchestrator.checks.registry import RULES
from orchestrator.checks.rule import Rule
from orchestrator.cli.exit_codes import MEANING, SITUATIONS
from orchestrator.cli.leftover_ids import LEFTOVERS
from orchestrator.cli.state_meanings import MEANINGS
from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import draw
from orchestrator.migration.states import TRANSITIONS
from orchestrator.model.finding import Scope
from orchestrator.model.move import State
from orchestrator.model.page import Kind, Page, Paragraph

_LABEL = 20
_PAGES = Path(__file__).parents[1] / "pages"
_SHOWN = {"Problem": "Problem", "How it is decided": "Decided by", "Fix": "What to do"}


def find(name: str) -> Page | None:
    """The page of that name; a check may be asked for with or without `check.` before it."""
    return next((p for p in pages() if p.name == name.removeprefix("check.")), None)


def pages() -> list[Page]:
    """Every page there is."""
    return [*_errors(), *_checks(), *_leftovers(), *_states(), *_exit_codes()]


def show_page(screen: Screen, page: Page) -> None:
    """One page."""
    screen.write(f"{page.name}   ({page.kind})\n\n")
    for one in page.paragraphs:
        screen.show(*labelled(screen, f"  {one.label:<{_LABEL}}", one.text))


def show_list(screen: Screen) -> None:
    """All pages, one line each."""
    rows: Sequence[Sequence[str]] = [[p.name, p.kind, p.title] for p in pages()]
    draw(screen, ("name", "kind", "meaning"), rows)


def _page(name: str, kind: Kind, title: str, paragraphs: Iterable[tuple[str, str]]) -> Page:
    made = tuple(Paragraph(label=label, text=text) for label, text in paragraphs)
    return Page(name=name, kind=kind, title=title, paragraphs=made)


def _errors() -> list[Page]:
    return [
        _page(
            code,
            "error",
            entry.symptom,
            (
                ("What it means", entry.symptom),
                ("Usual causes", entry.causes),
                ("What to do", entry.fix),
                ("Exit code", f"{entry.exit_code}: {MEANING[entry.exit_code]}"),
            ),
        )
        for code, entry in CATALOGUE.items()
    ]


def _checks() -> list[Page]:
    return [_page(rule.name, "check", rule.title, _check(rule)) for rule in RULES]


def _check(rule: Rule[Any]) -> Iterator[tuple[str, str]]:
    yield "What it checks", rule.title
    yield from _sections(rule.name)
    yield "It looks at", f"one {rule.scope}" if rule.scope is not Scope.PLAN else "all moves of a plan"
    yield "How bad", f"{rule.severity}, unless what it finds says otherwise"
    if not rule.waivable:
        yield "Policy", "no policy can waive it"
    yield "Ask for it", "ferry check GUEST --to HOST"


def _sections(check: str) -> Iterator[tuple[str, str]]:
    """The check's page of the reference, but for its example: it ships with ferry."""
    try:
        page = (_PAGES / f"{check}.md").read_text()
    except OSError:  # a package that was built without them: the title must do
        return
    for section in page.split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        if heading in _SHOWN:
            paragraphs = (" ".join(part.split()) for part in text.strip().split("\n\n"))
            yield _SHOWN[heading], "\n".join(paragraphs)


def _leftovers() -> list[Page]:
    return [
        _page(
            name,
            "leftover",
            f"Found by ferry doctor --leftovers: {one.means}.",
            (
                ("What it means", one.means),
                ("Cleaned", one.cleaned),
                ("What to do", one.act),
                ("Ask for it", "ferry doctor --leftovers"),
            ),
        )
        for name, one in LEFTOVERS.items()
    ]


def _states() -> list[Page]:
    return [_page(state.value, "state", MEANINGS[state].means, _state(state)) for state in State]


def _state(state: State) -> tuple[tuple[str, str], ...]:
    meaning = MEANINGS[state]
    return (("What it means", meaning.means), ("What to do", meaning.act), *_steps(state))


def _steps(state: State) -> tuple[tuple[str, str], ...]:
    before = [(f"from {a}", why) for (a, b), why in TRANSITIONS.items() if b is state]
    after = [(f"to {b}", why) for (a, b), why in TRANSITIONS.items() if a is state]
    return (*before, *after)


def _exit_codes() -> list[Page]:
    return [
        _page(
            str(code),
            "exit code",
            one.short,
            (("What it means", one.means), ("What to do", one.act), ("In a cron job", one.cron)),
        )
        for code, one in SITUATIONS.items()
    ]
