"""The guest has arrived paused, because ferry wants to see the source without it before it runs again."""

from orchestrator.migration import statement
from orchestrator.migration.decision import Become, Decision, Do, End, Scene, Side
from orchestrator.migration.repeat import TRIES
from orchestrator.model.command import StartHeld
from orchestrator.model.move import Doubt, State


def held(now: Scene) -> Decision:
    """The source has let go: start the copy. One look is enough, for the source's libvirt has ended its own QEMU."""
    record, move = now.record, now.record.move
    if record.state is not State.ARRIVED:
        return Become(state=State.ARRIVED, because=statement.quote(now))
    if record.tried.count("start-held") >= TRIES:
        return not_started(now)
    because = f"{move.source} was seen without it, so {move.destination} may run it"
    return Do(side=Side.DESTINATION, command=StartHeld(guest=move.guest), because=because)


def not_started(now: Scene) -> End:
    """It stands still because ferry could not start it: the move stays open, and every resume tries again."""
    why = now.record.refusals.get("start-held", "libvirt did not say why")
    return End(
        state=State.UNCLEAR,
        where=now.record.move.destination,
        because=f"{statement.quote(now)}; it arrived paused, and ferry could not start it: {why}",
        code="guest.arrived-paused",
        doubt=Doubt.UNFINISHED,
    )
