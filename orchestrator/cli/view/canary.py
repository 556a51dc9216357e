"""The tour of a canary: what it is to try, and how every way did."""

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import count, inert, milliseconds
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import Cell, draw, marked
from orchestrator.cli.view.tone import Tone
from orchestrator.model.canary import Canary, Leg, Tour
from orchestrator.planning.tour import tour

LEGS = ("from", "to", "outcome", "seconds>", "downtime>", "blackout>")
_TONES = {"migrated": Tone.GOOD, "blocked": Tone.BAD, "kept": Tone.BAD, "ended": Tone.BAD, "unclear": Tone.ATTENTION}


def show_way(screen: Screen, canary: Canary) -> None:
    """Where the canary is to go, before anybody is asked."""
    stops = tour(canary.hosts)
    way = f" {screen.glyphs.arrow} ".join(stops)
    screen.show(*labelled(screen, "", f"{canary.name} is to be moved {count(len(stops) - 1, 'time')}: {way}"))
    screen.write("\n")


def show_tour(screen: Screen, told: Tour, code: int) -> None:
    """One row for every way, then what was in the way, and where the canary is."""
    draw(screen, LEGS, [_row(screen, leg) for leg in told.legs])
    screen.write("\n")
    for leg in told.legs:
        if leg.outcome != "migrated" or leg.exit_code:
            head = f"{leg.source} {screen.glyphs.arrow} {leg.destination}  "
            screen.show(*labelled(screen, head, leg.because))
    if told.stopped:
        screen.show(*labelled(screen, "Not complete  ", told.stopped))
    if told.untried:
        ways = ", ".join(f"{here} {screen.glyphs.arrow} {there}" for here, there in told.untried)
        screen.show(*labelled(screen, "Not tried  ", ways))
    name = inert(told.canary.name)
    known = f"{name} is on {told.where}"
    where = known if told.where is not None else f"nobody knows where {name} is: look at the hosts of the last way"
    passed = len({(leg.source, leg.destination) for leg in told.legs if leg.outcome == "migrated"})
    tried = len({(leg.source, leg.destination) for leg in told.legs}) + len(told.untried)
    screen.write(f"{passed} of {count(tried, 'way')} passed; {where}.")
    screen.write(f"   exit code {code}\n" if code else "\n")


def _row(screen: Screen, leg: Leg) -> list[Cell]:
    moved = leg.outcome == "migrated"
    blackout = milliseconds(leg.blackout_ms) if leg.blackout_ms is not None else "not measured"
    return [
        leg.source,
        leg.destination,
        marked(screen, _TONES[leg.outcome], f"{leg.outcome} (again)" if leg.again else leg.outcome),
        f"{leg.duration_ms / 1000:.1f}" if leg.duration_ms is not None else "",
        milliseconds(leg.downtime_ms) if moved else "",
        blackout if moved else "",
    ]
