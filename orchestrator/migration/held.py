"""The guest has arrived paused, because ferry wants to see the source without it before it runs again."""

from orchestrator.migration import statement
from orchestrator.migration.decision import Become, Decision, Do, Scene, Side
from orchestrator.model.command import StartHeld
from orchestrator.model.move import State


def held(now: Scene) -> Decision:
    """The source has let go: start the copy. One look is enough, for the source's libvirt has ended its own QEMU."""
    record, move = now.record, now.record.move
    if record.state is not State.ARRIVED:
        return Become(state=State.ARRIVED, because=statement.quote(now))
    because = f"{move.source} was seen without it, so {move.destination} may run it"
    return Do(side=Side.DESTINATION, command=StartHeld(guest=move.guest), because=because)
