"""What went wrong, always in the same order: where the guest is, what was seen, the likely cause, the way out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from orchestrator.catalogue import CATALOGUE
from orchestrator.cli.options import Options, Output
from orchestrator.cli.view.console import Screen, screens
from orchestrator.cli.view.format import command, count, inert
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tone import Tone, of_outcome
from orchestrator.errors import OrchestratorError, Place, Problem
from orchestrator.model.move import Move, Outcome, State

# A word of YAML: a quoted text, or everything up to a blank, a flow bracket, or the colon that ends a key.
_WORD = re.compile(r""""[^"]*"|'[^']*'|[^\s,{}\[\]]+?(?=:?(?:[\s,{}\[\]]|$))""")
_TYPED = re.compile(r"[A-Za-z_][A-Za-z0-9_.+-]*")
_LABEL = 8  # columns of "Cause" and its like
_EDGE = 7  # columns of an excerpt that are not its text, beside the number of the line
_EXCERPT = 20  # columns of text that an excerpt has at least


# The pause of a switch is no sending of last pages: what helps against a long one there does not help here.
_OVER_BUDGET_IN_POSTCOPY = (
    "At the switch to post-copy both hosts hand the guest over, and then it waits for each page that it needs and that "
    "is not there yet: hosts that are busy, a slow or shared network.",
    "Move it at a quieter time, switch later (less is missing then), or without post-copy (postcopy: false). If such a "
    "pause is bearable, raise downtime_budget: ferry policy explain GUEST --to HOST",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One block: a headline, labelled paragraphs, and the place in a file where there is one."""

    tone: Tone
    code: str
    title: str
    paragraphs: tuple[tuple[str, str], ...]
    place: Place | None = None


def show_error(error: OrchestratorError, options: Options) -> None:
    """Show every problem on stderr; for a program also as the last line of stdout."""
    shown = screens(options)
    draw(shown.err, [of_problem(p) for p in error.problems])
    if error.problems and error.problems[0].place is not None:
        files = len({p.place.file for p in error.problems if p.place})
        told = f"{count(len(error.problems), 'problem')} in {count(files, 'file')}"
        shown.err.write(f"{told}. No host was contacted. Exit code {error.exit_code}.\n")
    if options.output is not Output.TEXT:
        from orchestrator.cli.view.answer import write_document  # noqa: PLC0415 - text needs no JSON
        from orchestrator.documents import error_document  # noqa: PLC0415

        write_document(shown.out, error_document(error))


def of_problem(problem: Problem) -> Diagnostic:
    """A problem with what the catalogue knows about its code."""
    entry = CATALOGUE[problem.code]
    tone = Tone.STOPPED if entry.exit_code == 75 else Tone.BAD
    return Diagnostic(
        tone=tone,
        code=problem.code,
        title=entry.symptom,
        paragraphs=_paragraphs(
            Now=problem.now,
            Saw=problem.saw,
            Cause=problem.cause or ("" if problem.place else entry.causes),
            Fix=problem.fix or entry.fix,
            More=f"ferry explain {problem.code}",
        ),
        place=problem.place,
    )


def of_move(move: Move, outcome: Outcome, run: str) -> Diagnostic:
    """The end of a move, of that run, that is not simply `migrated`."""
    entry = CATALOGUE[outcome.code] if outcome.code else None
    typed = move.name if _TYPED.fullmatch(move.name) else move.guest  # a UUID can be pasted whatever the name is
    cause, way_out = (entry.causes, entry.fix) if entry else ("", "")
    if outcome.code == "migration.over-budget" and outcome.postcopy_ms is not None:
        cause, way_out = _OVER_BUDGET_IN_POSTCOPY
    fix = command(way_out, GUEST=typed, HOST=move.destination, RUN=run)
    return Diagnostic(
        tone=of_outcome(outcome),
        code=outcome.code or outcome.state.value,
        title=f"{move.name}: {entry.symptom if entry else outcome.because}",
        paragraphs=_paragraphs(
            Now=whereabouts(move, outcome),
            Saw="; ".join([outcome.because, *outcome.warnings]),
            Cause=cause,
            Fix=fix,
            More=f"ferry explain {outcome.code}" if outcome.code else "",
        ),
    )


def whereabouts(move: Move, outcome: Outcome) -> str:
    """Where the guest is now, as far as a host has said so."""
    if outcome.where is None:
        if outcome.state is State.ENDED:
            return f"{move.name} runs on neither {move.source} nor {move.destination}."
        return f"Not known: look at {move.source} and {move.destination} before anything else."
    role = "source" if outcome.where == move.source else "destination"
    return f"{move.name} is on {outcome.where} ({role})."


def draw(screen: Screen, diagnostics: Iterable[Diagnostic]) -> None:
    """Draw the blocks, one below the other."""
    for diagnostic in diagnostics:
        screen.show(*_lines(screen, diagnostic))


def _paragraphs(**labelled: str) -> tuple[tuple[str, str], ...]:
    return tuple((label, text) for label, text in labelled.items() if text)


def _lines(screen: Screen, diagnostic: Diagnostic) -> list[Text]:
    glyphs, tone = screen.glyphs, diagnostic.tone
    head = Text.assemble((f"{glyphs.symbol(tone)} {diagnostic.code}", tone.color))
    place = diagnostic.place
    if place is not None:
        head.append(f"   {inert(place.file)}:{place.line}:{place.column}")
    else:
        head.append(f"   {inert(diagnostic.title)}")
    body = [Text(), *_excerpt(screen, place)] if place and place.excerpt else [Text()]
    for label, text in diagnostic.paragraphs:
        body += labelled(screen, f"{label:<{_LABEL}} ", text, before=2)
    ruled = [Text.assemble((glyphs.rule, tone.color), " ", line) for line in body]
    ruled[-1] = Text.assemble((glyphs.corner, tone.color), " ", body[-1])
    return [*head.wrap(screen.console, screen.prose), *ruled]


def _excerpt(screen: Screen, place: Place) -> list[Text]:
    """The lines up to the one in question, with a caret under the word; of lines too long for it, what is around it."""
    first = place.line - len(place.excerpt) + 1
    width = len(str(place.line))
    room = max(_EXCERPT, screen.console.width - width - _EDGE)
    word = _WORD.match(place.excerpt[-1][place.column - 1 :])
    carets = len(word.group()) if word else 1
    indent = cell_len(inert(place.excerpt[-1][: place.column - 1]))  # what is shown escaped or wide takes more columns
    start = 0 if indent + carets < room else max(0, indent - room // 3)
    shown = [
        Text(f"  {number:>{width}} {screen.glyphs.rule} {_window(screen, inert(line), start, room)}")
        for number, line in enumerate(place.excerpt, start=first)
    ]
    pointer = f"  {'':>{width}} {screen.glyphs.rule} {'':>{indent - start}}"
    under = "^" * min(carets, max(1, room - 1 - (indent - start)))
    return [*shown, Text.assemble(pointer, (under, Tone.BAD.color)), Text()]


def _window(screen: Screen, line: str, start: int, room: int) -> str:
    """So many columns of the line from `start` on, with a mark at each end where there is more of it."""
    mark, column = screen.glyphs.ellipsis, 0
    shown: list[str] = []
    for character in line:
        end = column + cell_len(character)
        if start <= column and end <= start + room:
            shown.append(character)
        elif column < start < end:  # the half of a wide one: what follows stays in its column
            shown.append(" " * (end - start))
        column = end
    if start and line:
        shown[:1] = [mark.ljust(cell_len(shown[0]) if shown else 1)]
    if column > start + room:
        shown[-1] = mark
    return "".join(shown)
