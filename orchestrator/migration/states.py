"""The states of a move and the only steps between them, as data."""

from orchestrator.model.move import State

S = State

# (from, to): when it happens. `unclear` is left only by another look of `ferry resume`.
TRANSITIONS: dict[tuple[State, State], str] = {
    (S.PLANNED, S.WAITING): "the run has begun; the move asks the ledger for its slots",
    (S.PLANNED, S.KEPT): "the run was stopped before the move asked for anything",
    (S.WAITING, S.PREPARING): "the ledger has granted the slots",
    (S.WAITING, S.KEPT): "the run was stopped while the move waited: nothing was touched",
    (S.PREPARING, S.PRECOPY): "the source reports the outgoing job",
    (S.PREPARING, S.SWITCHOVER): "the copy was so short that the pause is the first thing seen",
    (S.PREPARING, S.CONFIRMING): "the copy was over before it could be seen",
    (S.PREPARING, S.CANCELLING): "the job shows, and an order to abort had come before",
    (S.PREPARING, S.KEPT): "refused, drifted or broken before any copy was seen",
    (S.PREPARING, S.ENDED): "the guest ended before any copy was seen",
    (S.PREPARING, S.UNCLEAR): "the hosts contradict each other, or one is silent, after the call was issued",
    (S.PRECOPY, S.SWITCHOVER): "the source has paused the guest for the last pages",
    (S.PRECOPY, S.CONFIRMING): "the destination runs it; the pause was not seen",
    (S.PRECOPY, S.CANCELLING): "cancelled by order, or because it took longer than the policy allows",
    (S.PRECOPY, S.KEPT): "the copy broke off; the guest runs on at the source",
    (S.PRECOPY, S.ENDED): "the guest ended while it was copied",
    (S.PRECOPY, S.UNCLEAR): "the hosts contradict each other, or one is silent",
    (S.SWITCHOVER, S.PRECOPY): "the source went on with another round",
    (S.SWITCHOVER, S.CONFIRMING): "the destination runs it and the source has let go",
    (S.SWITCHOVER, S.CANCELLING): "an order to abort came during the pause; it may come too late",
    (S.SWITCHOVER, S.KEPT): "the switch failed; the source runs it again",
    (S.SWITCHOVER, S.ENDED): "the guest ended in the pause",
    (S.SWITCHOVER, S.UNCLEAR): "the hosts contradict each other, or one is silent",
    (S.CANCELLING, S.CONFIRMING): "the order came too late: the guest has arrived",
    (S.CANCELLING, S.KEPT): "cancelled; the guest runs on at the source",
    (S.CANCELLING, S.ENDED): "the guest ended meanwhile",
    (S.CANCELLING, S.UNCLEAR): "the hosts contradict each other, or one is silent",
    (S.CONFIRMING, S.MIGRATED): "both hosts agree: it runs at the destination and nowhere else",
    (S.CONFIRMING, S.ENDED): "the guest arrived and ended before it could be confirmed",
    (S.CONFIRMING, S.UNCLEAR): "the destination contradicts what was seen, or a side is silent",
    (S.UNCLEAR, S.PRECOPY): "asked again: the copy goes on",
    (S.UNCLEAR, S.SWITCHOVER): "asked again: the guest is paused for the last pages",
    (S.UNCLEAR, S.CANCELLING): "asked again: the copy goes on, and the order to abort still stands",
    (S.UNCLEAR, S.CONFIRMING): "asked again: the destination runs it",
    (S.UNCLEAR, S.KEPT): "asked again: the source runs it",
    (S.UNCLEAR, S.ENDED): "asked again: neither host runs it",
}

FINAL = frozenset({S.MIGRATED, S.KEPT, S.ENDED, S.UNCLEAR})
UNTOUCHED = frozenset({S.PLANNED, S.WAITING})


def may(before: State, after: State) -> bool:
    """Whether the table has this step."""
    return (before, after) in TRANSITIONS


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", "    [*] --> planned"]
    lines += [f"    {_node(a)} --> {_node(b)}: {why}" for (a, b), why in TRANSITIONS.items()]
    lines += [f"    {_node(s)} --> [*]" for s in State if s in FINAL and s is not S.UNCLEAR]
    return "\n".join(lines) + "\n"


def _node(state: State) -> str:
    return state.name.lower()
