"""A guest that runs on both hosts: stop the damage at once as the policy says, and leave the choice to a person.

It happens where the source's libvirt never hears that the destination has started its copy, and resumes its own: the
replies are lost, or the destination's daemon is frozen and starts the copy when it thaws, however late that is.
"""

from orchestrator.migration.decision import Decision, Do, End, Scene, Side, Wait
from orchestrator.migration.place import Says
from orchestrator.migration.repeat import TRIES
from orchestrator.migration.statement import host, quote, silence, since
from orchestrator.migration.terms import Terms
from orchestrator.model.command import Suspend
from orchestrator.model.move import Doubt, State

LOOK = 0.2  # seconds between two looks that are to confirm each other
# A second copy is to be contained within 5 s: one look at a silent host takes up to a second, its shell another.
WATCH_EVERY = 0.5
# A filtered data port makes the source's daemon hold the guest's lock for about 130 s; it is silent, the guest runs.
SILENCE_LASTS = 150.0
_RUNS = (Says.RUNNING, Says.LEAVING)


def twice(now: Scene, terms: Terms) -> Decision:
    """Suspend what the policy says, of a guest this run was moving; hold the move. None is resumed or destroyed."""
    return _contain(now, terms) if now.seen_again else Wait(seconds=LOOK)


def silent(now: Scene, terms: Terms) -> Decision:
    """Watch a host that says nothing: its copy may begin to run at any time, and its kernel may tell so first."""
    if runs_unheard(now) or any(_stands_suspended(now, side) for side in Side):
        return _contain(now, terms)
    if now.settled_for <= SILENCE_LASTS:
        return Wait(seconds=WATCH_EVERY)
    # where stays None: the side that answers may run it, and so may the silent one.
    return End(state=State.UNCLEAR, where=None, because=silence(now), code="guest.side-silent", doubt=Doubt.SILENCE)


def runs_unheard(now: Scene) -> bool:
    """Whether one side runs it, and the kernel of the other, silent one shows that it does so too."""
    if now.source is Says.SILENT:
        return now.destination is Says.RUNNING and now.watch.source_seen.runs_unheard
    return now.destination is Says.SILENT and now.source in _RUNS and now.watch.destination_seen.runs_unheard


def _contain(now: Scene, terms: Terms) -> Decision:
    record, policy = now.record, terms.policy.double_run
    both_run = runs_unheard(now) or (now.source in _RUNS and now.destination is Says.RUNNING)
    ours = record.begun and record.destination_was_free
    # Where the second copy was to be suspended as well, it still is once the first one stands.
    to_be_contained = ours and policy != "alarm" and (both_run or bool(record.suspended))
    run_on = [side for side in _sides(now, policy) if _says(now, side) in _RUNS] if to_be_contained else []
    if run_on:
        side = min(run_on, key=lambda one: _ordered(now, one))
        if _ordered(now, side) < TRIES:
            because = f"it runs twice: {since(now)}; the policy says {policy}, and neither copy is destroyed"
            return Do(side=side, command=Suspend(guest=record.move.guest), because=because)
    return End(
        state=State.UNCLEAR,
        where=None,
        because=f"{quote(now)}; {since(now)}; {_done(now, policy, ours=ours)}",
        code="guest.runs-twice",
        doubt=Doubt.UNFINISHED if run_on else Doubt.CONTRADICTION,
    )


def _sides(now: Scene, policy: str) -> tuple[Side, ...]:
    """Whom the policy wants to be suspended; of a host whose libvirt is silent nothing can be wanted."""
    if policy == "suspend-both":
        return (Side.SOURCE, Side.DESTINATION)
    return (Side.DESTINATION,) if now.source is Says.SILENT else (Side.SOURCE,)


def _ordered(now: Scene, side: Side) -> int:
    """How often the copy was to be suspended."""
    return now.record.suspended.count(host(now, side))


def _done(now: Scene, policy: str, *, ours: bool) -> str:
    """What ferry has done about it, in words that hold: a copy counts as suspended when it is seen to stand."""
    stands = [s for s in Side if _stands_suspended(now, s)]
    tried = [s for s in Side if host(now, s) in now.record.suspended and s not in stands]
    found = [f"ferry has suspended the copy on {host(now, s)}" for s in stands]
    found += [f"the copy on {host(now, s)} could not be suspended" for s in tried]
    if not found:
        found = ["nothing was touched" if ours else "this run has not made the second copy, and touched nothing"]
    if policy == "alarm":
        found.append("the policy says alarm")
    return ", ".join(found)


def _stands_suspended(now: Scene, side: Side) -> bool:
    return now.record.has_suspended(host(now, side)) and _says(now, side) is Says.PAUSED


def _says(now: Scene, side: Side) -> Says:
    return now.source if side is Side.SOURCE else now.destination
