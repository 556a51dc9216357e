"""Cordons on the screen: who put them, since when and why, and what is still on its way to such a host."""

from collections.abc import Sequence

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import day
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tone import Tone
from orchestrator.model.cordon import Cordon, Cordoning
from orchestrator.model.facts import Unknown


def show_cordons(screen: Screen, cordons: Sequence[Cordon] | Unknown) -> None:
    """A paragraph for each, below something else; nothing where there is none."""
    if cordons:
        screen.write("\n")
    if isinstance(cordons, Unknown):
        head = f"{screen.glyphs.symbol(Tone.BAD)} "
        screen.show(*labelled(screen, head, f"Which hosts are cordoned is not known: {cordons.why}"))
        return
    for one in cordons:
        screen.show(*labelled(screen, "Cordoned  ", f"{one.host}, {_whose(one)}"))


def show_cordoning(screen: Screen, found: Cordoning) -> None:
    """What became of the cordon of a host."""
    rows: list[tuple[str, str]] = [("Host", found.host)]
    if found.before is not None:
        rows.append(("Before", f"cordoned {_whose(found.before)}"))
    rows.append(("Now" if found.done else "Would be", _now(found)))
    for one in found.arriving:
        fate = "has begun and goes on to its end" if one.begun else "waits, and does not begin while the cordon stands"
        rows.append(("Arriving", f"{one.name} (run {one.run}) {fate}"))
    rows += [("Ended" if found.done else "Would end", f"{one}: nobody goes on with it") for one in found.given_up]
    stops = "stops" if found.done else "would stop"
    rows += [("Roll", f"{one} {stops} where it is; to go on: ferry resume {one}") for one in found.stopped]
    if not found.done:
        rows.append(("Done", "nothing was changed (--dry-run)"))
    for label, text in rows:
        screen.show(*labelled(screen, f"{label:<10}", text))


def _now(found: Cordoning) -> str:
    if found.cordon is not None:
        return f"cordoned {_whose(found.cordon)}"
    return "not cordoned" if found.before is not None else "not cordoned, as before"


def _whose(one: Cordon) -> str:
    whose = f" for run {one.run}" if one.run is not None else ""
    return f"since {day(one.at)} by {one.by}{whose}: {one.because}"
