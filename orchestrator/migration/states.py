"""The states of a move and the only steps between them, as data."""

from orchestrator.model.move import State

S = State

# (from, to): when it happens. `unclear` and `post-copy paused` are left only by another look of `ferry resume`.
TRANSITIONS: dict[tuple[State, State], str] = {
    (S.PLANNED, S.WAITING): "the run has begun; the move asks the ledger for its slots",
    (S.PLANNED, S.KEPT): "the run was stopped before the move asked for anything",
    (S.WAITING, S.MEASURING): "the ledger has granted the slots; measuring can save more than it costs",
    (S.WAITING, S.PREPARING): "the ledger has granted the slots",
    (S.WAITING, S.KEPT): "the run was stopped while the move waited: nothing was touched",
    (S.MEASURING, S.PREPARING): "what can be known beforehand is known",
    (S.MEASURING, S.KEPT): "the run was stopped before the copy began",
    (S.PREPARING, S.PREPARING): "libvirt or QEMU lacks something that was asked for: begun anew without it",
    (S.PREPARING, S.PRECOPY): "the source reports the outgoing job",
    (S.PREPARING, S.SWITCHOVER): "the copy was so short that the pause is the first thing seen",
    (S.PREPARING, S.POSTCOPY): "adopted when the guest ran at the destination and its memory was on both hosts",
    (S.PREPARING, S.POSTCOPY_PAUSED): "adopted when the path between the two halves was broken",
    (S.PREPARING, S.ARRIVED): "the copy was over before it could be seen; the guest is held at the destination",
    (S.PREPARING, S.CONFIRMING): "the copy was over before it could be seen",
    (S.PREPARING, S.CANCELLING): "the job shows, and an order to abort had come before",
    (S.PREPARING, S.KEPT): "refused, drifted or broken before any copy was seen",
    (S.PREPARING, S.ENDED): "the guest ended before any copy was seen",
    (S.PREPARING, S.UNCLEAR): "the hosts contradict each other, or one is silent, after the call was issued",
    (S.PRECOPY, S.SWITCHOVER): "the source has paused the guest for the last pages",
    (S.PRECOPY, S.POSTCOPY): "the guest runs at the destination, its memory is on both hosts",
    (S.PRECOPY, S.POSTCOPY_PAUSED): "the path broke as soon as the guest ran at the destination",
    (S.PRECOPY, S.ARRIVED): "the destination holds the guest paused; the source has let go",
    (S.PRECOPY, S.CONFIRMING): "the destination runs it; the pause was not seen",
    (S.PRECOPY, S.CANCELLING): "cancelled: by order, after max_duration, or to begin anew in a better way",
    (S.PRECOPY, S.PREPARING): "the cancelled copy is gone already; it is begun anew in a better way",
    (S.PRECOPY, S.KEPT): "the copy broke off; the guest runs on at the source",
    (S.PRECOPY, S.ENDED): "the guest ended while it was copied",
    (S.PRECOPY, S.UNCLEAR): "the hosts contradict each other, or one is silent",
    (S.SWITCHOVER, S.SWITCHOVER): "the destination runs it, the source has not let go yet",
    (S.SWITCHOVER, S.PRECOPY): "the source went on with another round",
    (S.SWITCHOVER, S.POSTCOPY): "the guest runs at the destination, its memory is on both hosts",
    (S.SWITCHOVER, S.POSTCOPY_PAUSED): "the path broke as soon as the guest ran at the destination",
    (S.SWITCHOVER, S.ARRIVED): "the destination holds the guest paused; the source has let go",
    (S.SWITCHOVER, S.CONFIRMING): "the destination runs it and the source has let go",
    (S.SWITCHOVER, S.CANCELLING): "an order to abort came during the pause; it may come too late",
    (S.SWITCHOVER, S.PREPARING): "the switch failed after the copy had been cancelled; it is begun anew",
    (S.SWITCHOVER, S.KEPT): "the switch failed; the source runs it again",
    (S.SWITCHOVER, S.ENDED): "the guest ended in the pause",
    (S.SWITCHOVER, S.UNCLEAR): "the hosts contradict each other, or one is silent",
    (S.POSTCOPY, S.POSTCOPY_PAUSED): "the path between the two halves is broken",
    (S.POSTCOPY, S.CONFIRMING): "the last page has come; the source has let go",
    (S.POSTCOPY, S.ENDED): "the guest ended at the destination",
    (S.POSTCOPY, S.UNCLEAR): "one half is gone or silent, or the hosts contradict each other",
    (S.POSTCOPY_PAUSED, S.POSTCOPY): "recovered: pages flow again",
    (S.POSTCOPY_PAUSED, S.CONFIRMING): "all pages had come before the path broke",
    (S.POSTCOPY_PAUSED, S.ENDED): "the guest ended at the destination",
    (S.POSTCOPY_PAUSED, S.UNCLEAR): "one half is gone or silent, or the hosts contradict each other",
    (S.CANCELLING, S.CANCELLING): "the order came too late: the destination runs it, the source has not let go yet",
    (S.CANCELLING, S.PRECOPY): "the source has refused to cancel: the copy goes on",
    (S.CANCELLING, S.SWITCHOVER): "the source has refused to cancel: the guest is paused for the last pages",
    (S.CANCELLING, S.PREPARING): "cancelled, to be begun anew in a better way",
    (S.CANCELLING, S.ARRIVED): "the order came too late: the guest is held at the destination",
    (S.CANCELLING, S.CONFIRMING): "the order came too late: the guest has arrived",
    (S.CANCELLING, S.POSTCOPY): "the order came too late: the guest runs at the destination",
    (S.CANCELLING, S.POSTCOPY_PAUSED): "the order came too late, and the path is broken",
    (S.CANCELLING, S.KEPT): "cancelled; the guest runs on at the source",
    (S.CANCELLING, S.ENDED): "the guest ended meanwhile",
    (S.CANCELLING, S.UNCLEAR): "the hosts contradict each other, or one is silent",
    (S.ARRIVED, S.CONFIRMING): "the source was seen without it, and ferry has started it",
    (S.ARRIVED, S.KEPT): "the source runs it after all; the held copy never ran and is gone",
    (S.ARRIVED, S.ENDED): "the held copy is gone, and so is the guest",
    (S.ARRIVED, S.UNCLEAR): "the hosts contradict each other, or one is silent",
    (S.CONFIRMING, S.MIGRATED): "both hosts agree: it runs at the destination and nowhere else",
    (S.CONFIRMING, S.ENDED): "the guest arrived and ended before it could be confirmed",
    (S.CONFIRMING, S.UNCLEAR): "the destination contradicts what was seen, or a side is silent",
    (S.UNCLEAR, S.PRECOPY): "asked again: the copy goes on",
    (S.UNCLEAR, S.SWITCHOVER): "asked again: the guest is paused for the last pages",
    (S.UNCLEAR, S.POSTCOPY): "asked again: it runs at the destination, its memory is on both hosts",
    (S.UNCLEAR, S.POSTCOPY_PAUSED): "asked again: the path between the two halves is broken",
    (S.UNCLEAR, S.ARRIVED): "asked again: the destination holds it paused, the source has let go",
    (S.UNCLEAR, S.CANCELLING): "asked again: the copy goes on, and the order to abort still stands",
    (S.UNCLEAR, S.PREPARING): "asked again: the cancelled copy is gone; it is begun anew",
    (S.UNCLEAR, S.CONFIRMING): "asked again, or a person has chosen: the destination has it",
    (S.UNCLEAR, S.KEPT): "asked again, or a person has chosen: the source has it",
    (S.UNCLEAR, S.ENDED): "asked again: neither host runs it",
}

FINAL = frozenset({S.MIGRATED, S.KEPT, S.ENDED, S.UNCLEAR})
HELD = frozenset({S.UNCLEAR, S.POSTCOPY_PAUSED})
UNTOUCHED = frozenset({S.PLANNED, S.WAITING, S.MEASURING})


def may(before: State, after: State) -> bool:
    """Whether the table has this step."""
    return (before, after) in TRANSITIONS


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", "    [*] --> planned"]
    lines += [f"    {_node(a)} --> {_node(b)}: {why}" for (a, b), why in TRANSITIONS.items()]
    lines += [f"    {_node(s)} --> [*]" for s in State if s in FINAL and s not in HELD]
    return "\n".join(lines) + "\n"


def _node(state: State) -> str:
    return state.name.lower()
