"""What each state of a move means, and what a person does about it. docs/reference/states.md has the same table."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.move import State

_NOTHING = "Nothing: it goes on by itself. How far it is: `ferry status`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """means: what was seen. act: what a person does."""

    means: str
    act: str


MEANINGS: Mapping[State, Meaning] = {
    State.PLANNED: Meaning(
        means="The run has not begun it. The guest runs at the source; nothing was touched.",
        act="Nothing: it is begun when its run comes to it. Where nobody drives the run: `ferry resume`.",
    ),
    State.WAITING: Meaning(
        means="The run has begun, and the move asks the ledger for its slots. The guest runs at the source; nothing "
        "was touched.",
        act="Nothing: it begins when there is room. What it waits for, and who holds that: `ferry status --slots`.",
    ),
    State.MEASURING: Meaning(
        means="Dirty rate and link are measured before the copy, where that can save more than it costs.",
        act=_NOTHING,
    ),
    State.PREPARING: Meaning(
        means="The migration was called, and no copy was seen yet. The guest runs at the source.",
        act=_NOTHING,
    ),
    State.PRECOPY: Meaning(
        means="The source reports the outgoing job: memory is copied in rounds while the guest runs there.",
        act="Nothing. To bound it or to switch: `ferry set`; to end it, the guest staying at the source: "
        "`ferry abort`.",
    ),
    State.SWITCHOVER: Meaning(
        means="The source has paused the guest for the last pages. It may be too short to be seen.",
        act=_NOTHING,
    ),
    State.POSTCOPY: Meaning(
        means="The guest runs at the destination and fetches the memory that is still at the source.",
        act="Nothing: it needs both hosts, so leave both alone until it is over.",
    ),
    State.POSTCOPY_PAUSED: Meaning(
        means="The path between the two halves is broken; both are kept, and the guest stands still.",
        act="Mend the path; `ferry resume` tries to connect them again, over another network with `--network NAME`. "
        "End neither half by hand.",
    ),
    State.CANCELLING: Meaning(
        means="The copy is cancelled: by order, after max_duration, or to begin anew in a better way. It may come too "
        "late, and the guest arrives.",
        act=_NOTHING,
    ),
    State.ARRIVED: Meaning(
        means="The guest is held paused at the destination until the source is seen without it (start_at_destination: "
        "verified).",
        act="Nothing: ferry starts it. Where nobody drives the run: `ferry resume`.",
    ),
    State.CONFIRMING: Meaning(
        means="The destination runs it; both hosts are asked before that is believed.",
        act=_NOTHING,
    ),
    State.MIGRATED: Meaning(
        means="The guest runs at the destination, verified on both hosts.",
        act="Nothing. What came with it, and what it took: `ferry history RUN`.",
    ),
    State.KEPT: Meaning(
        means="The guest runs at the source; the destination was seen without it.",
        act="See why (`ferry history RUN`), mend that, and ask for the move again.",
    ),
    State.ENDED: Meaning(
        means="Neither host runs the guest: it ended while it was moved.",
        act="See why (`ferry history RUN`, and QEMU's log of the guest on both hosts) before you start it again.",
    ),
    State.UNCLEAR: Meaning(
        means="The hosts contradict each other: held for a person; or a host is silent, or did not do what it was "
        "ordered: asked, or ordered, again by every `ferry resume`.",
        act="`ferry resume` asks again. Where a person has to choose: `ferry resolve RUN --keep source|destination "
        "--dry-run`. End no copy by hand before.",
    ),
}
