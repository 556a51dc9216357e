"""The CPU that hosts share, the matrix of guests and hosts, and a change of a guest's definition."""

from collections.abc import Iterable, Sequence

from rich.text import Text

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import count, day, inert
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import Cell, draw, marked
from orchestrator.cli.view.tone import Tone
from orchestrator.model.baseline import Baseline
from orchestrator.model.effect import Done, Effect, Refused
from orchestrator.operations.cpu_apply import CpuProposal
from orchestrator.planning.baseline_changes import BaselineReport, Before, Drift
from orchestrator.planning.cpu_matrix import Cell as Place
from orchestrator.planning.cpu_matrix import Fit, Matrix

_SHOWN = 12  # names in a row of which the rest is only counted, unless -v asks for it


def show_baseline(screen: Screen, report: BaselineReport) -> None:
    """The CPU, what each host gives up for it, what changed, and whom that concerns."""
    baseline = report.baseline
    _say(screen, _title(baseline))
    screen.write("\n")
    rows = [
        [member.host, str(len(member.features)), str(len(member.lost)), _names(screen, member.lost) or "nothing"]
        for member in baseline.members
    ]
    draw(screen, ("host", "offers>", "loses>", "without"), rows)
    if report.before is not None:
        _show_before(screen, report, report.before)
    _show_misfits(screen, report)
    if report.gains:
        screen.write(
            "\nWith the new baseline (ferry cpu apply GUEST) they would gain, from their next cold start on:\n"
        )
        draw(screen, ("guests", "features"), _gains(screen, report))
    if screen.options.verbosity > 0:
        screen.write(f"\n{inert_lines(baseline.cpu.document)}")
    screen.write(f"\nStored as {inert(report.saved)}.\n" if report.saved else "\nNothing was stored or changed.\n")


def _say(screen: Screen, text: str) -> None:
    screen.show(*Text(inert(text)).wrap(screen.console, screen.prose))


def _gains(screen: Screen, report: BaselineReport) -> list[tuple[str, str]]:
    alike: dict[tuple[str, ...], list[str]] = {}
    for one in report.gains:
        alike.setdefault(one.features, []).append(one.guest)
    return [(", ".join(guests), _names(screen, features)) for features, guests in alike.items()]


def _title(baseline: Baseline) -> str:
    cpu = baseline.cpu
    added = sum(policy == "require" for policy in cpu.listed.values())
    taken = sum(policy in ("disable", "forbid") for policy in cpu.listed.values())
    parts = [f"{count(added, 'feature')} more" if added else "", f"{count(taken, 'feature')} less" if taken else ""]
    said = ", ".join(part for part in parts if part)
    model = f"{cpu.model} ({said})" if said and not baseline.named else cpu.model
    group = f" in group {baseline.group}" if baseline.group else ""
    hosts = count(len(baseline.members), "host")
    return f"{model}, for {baseline.arch} guests under {baseline.virt_type} on {hosts}{group}"


def _show_before(screen: Screen, report: BaselineReport, before: Before) -> None:
    screen.write(f"\nAgainst {inert(before.name)} of {day(before.baseline.made_at)}:\n")
    rows: list[list[Cell]] = [[marked(screen, *_drift(d)), d.host, "; ".join(d.what)] for d in report.drifts]
    for word, features in (("gained", report.gained), ("lost", report.lost)):
        if features:
            tone = Tone.GOOD if word == "gained" else Tone.ATTENTION
            rows.append([marked(screen, tone, word), "the baseline", _names(screen, features)])
    for host, answer in before.broken.items():
        why = _names(screen, answer.missing) or answer.detail
        rows.append([marked(screen, Tone.BAD, "broken"), host, f"no longer offers it: {why}"])
    if rows:
        draw(screen, ("change", "where", "what"), rows)
    else:
        screen.write("nothing has changed\n")


def _drift(drift: Drift) -> tuple[Tone, str]:
    return {"joined": Tone.GOOD, "left": Tone.STOPPED, "changed": Tone.ATTENTION}[drift.kind], drift.kind


def _show_misfits(screen: Screen, report: BaselineReport) -> None:
    if not report.misfits:
        return
    alike: dict[tuple[bool, str, str, str], list[str]] = {}
    for one in report.misfits:
        why = _names(screen, one.missing) or one.detail
        alike.setdefault((one.new, one.host, one.refused_by, why), []).append(one.guest)
    rows: list[list[Cell]] = [
        [
            marked(screen, Tone.BAD if new else Tone.ATTENTION, "no longer fits" if new else "does not fit"),
            refused_by,
            f"{host}: {', '.join(guests)}",
            why,
        ]
        for (new, host, refused_by, why), guests in sorted(alike.items(), key=lambda item: (not item[0][0], item[0]))
    ]
    screen.write("\nGuests that cannot go everywhere with the CPU they run on:\n")
    draw(screen, ("", "host", "guests", "it lacks"), rows)
    screen.write("Give them the baseline for their next cold start: ferry cpu apply GUEST\n")


_TONE = {
    Fit.FITS: (Tone.GOOD, "fits"),
    Fit.UNPROVEN: (Tone.ATTENTION, "unproven"),
    Fit.RESTART: (Tone.ATTENTION, "after restart"),
    Fit.NEVER: (Tone.BAD, "never"),
    Fit.UNKNOWN: (Tone.WAITING, "unknown"),
}


def show_matrix(screen: Screen, matrix: Matrix) -> None:
    """A row for each guest, a column for each host; the reasons stand below, equal ones together."""
    cells = {(cell.guest, cell.source, cell.destination): cell for cell in matrix.cells}
    guests = dict.fromkeys((cell.name, cell.guest, cell.source) for cell in matrix.cells)
    rows: list[list[Cell]] = [
        [name, source, *(_place(screen, cells.get((guest, source, host)), host == source) for host in matrix.hosts)]
        for name, guest, source in guests
    ]
    if rows:
        draw(screen, ("guest", "on", *matrix.hosts), rows)
        _show_reasons(screen, matrix.cells)
    else:
        screen.write("No running guest has another host to go to.\n")
    if matrix.left_out:
        screen.write("\n")
    for name, why in matrix.left_out:
        screen.write(f"{inert(name)} is left out: {inert(why)}\n")


def _place(screen: Screen, cell: Place | None, home: bool) -> Cell:
    if cell is None:
        return Text("here" if home else "-", style="dim")
    tone, word = _TONE[cell.fit]
    if cell.returns is False and cell.fit is not Fit.NEVER:
        return marked(screen, Tone.ATTENTION, f"{word}, no way back")
    return marked(screen, tone, word)


def _show_reasons(screen: Screen, cells: Iterable[Place]) -> None:
    alike: dict[tuple[str, str, str], list[str]] = {}
    for cell in cells:
        for word, why in _reasons(screen, cell):
            alike.setdefault((word, f"{cell.source} {screen.glyphs.arrow} {cell.destination}", why), []).append(
                cell.name
            )
    if not alike:
        return
    screen.write("\n")
    for (word, way, why), guests in alike.items():
        screen.show(*labelled(screen, f"{word:<14}", f"{way}  {', '.join(guests)}: {why}"))


def _reasons(screen: Screen, cell: Place) -> Iterable[tuple[str, str]]:
    if cell.fit is not Fit.FITS:
        lacks = f"{cell.destination} lacks {_names(screen, cell.missing)}" if cell.missing else ""
        yield _TONE[cell.fit][1], "; ".join(text for text in (lacks, cell.why) if text)
    if cell.returns is False and cell.fit is not Fit.NEVER:
        lacks = _names(screen, cell.missing_back)
        said = f"restarted on {cell.destination} it gets a CPU that {cell.source} does not offer"
        yield "no way back", f"{said}: it lacks {lacks}" if lacks else said


def show_change(screen: Screen, proposal: CpuProposal) -> None:
    """What would be changed, line by line, and when it takes effect."""
    guest = proposal.guest
    _say(screen, f"{guest.name} on {proposal.host} is to have the CPU {proposal.cpu} ({proposal.because}).")
    screen.write("\n")
    for line in proposal.diff():
        screen.show(Text(inert(line), style={"+": "green", "-": "red"}.get(line[:1], "")))
    screen.write("\n")
    for host, answer in proposal.refusing.items():
        lacks = _names(screen, answer.missing) or answer.detail
        screen.show(marked(screen, Tone.ATTENTION, f"{host} does not offer this CPU: it lacks {lacks}"))
    screen.write(f"{inert(proposal.takes_effect)}\n")


def show_applied(screen: Screen, proposal: CpuProposal, effect: Effect | None) -> None:
    """What became of it; effect None: nothing was done."""
    name = inert(proposal.guest.name)
    if not proposal.changes:
        screen.write(f"The definition of {name} has the CPU {inert(proposal.cpu)} already. Nothing was changed.\n")
        return
    if effect is None:
        show_change(screen, proposal)
        screen.write("Nothing was changed.\n")
        return
    if isinstance(effect, Done):
        screen.show(marked(screen, Tone.GOOD, f"The definition of {name} has the CPU {proposal.cpu} now."))
        screen.write(f"{inert(proposal.takes_effect)}\n")
        return
    word = "was not changed" if isinstance(effect, Refused) else "may have been changed"
    screen.show(marked(screen, Tone.BAD, f"The definition of {proposal.guest.name} {word}: {effect.why}"))


def inert_lines(text: str) -> str:
    """A document of several lines, each inert."""
    return "".join(f"{inert(line)}\n" for line in text.splitlines())


def _names(screen: Screen, names: Sequence[str]) -> str:
    """Features by name, the first of many."""
    if screen.options.verbosity > 0 or len(names) <= _SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more (-v)"
