"""Which roll has which hosts: the one that is joined, the one that stands in the way, the one that is given up."""

from collections.abc import Collection
from dataclasses import replace

from orchestrator.engine.runner import LEASE_LASTS
from orchestrator.errors import OrchestratorError
from orchestrator.evacuation import rolling
from orchestrator.model.effect import Done
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence, Held
from orchestrator.model.roll import Roll, RollEntry, Step
from orchestrator.model.run import RunId, Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.inventory import PATIENCE
from orchestrator.operations.liveness import dead, lives
from orchestrator.operations.rolling_steps import upkeep_of


def same(doors: Doors, wish: Roll) -> Roll | None:
    """The roll with the same wish that is not over; hosts that are configured no longer nobody can wish for."""
    for one in doors.store().rolls():
        known = tuple(host for host in one.hosts if host in doors.settings.hosts)
        if not one.over and (one.same_wish(wish) or replace(one, hosts=known).same_wish(wish)):
            return one
    return None


def demand_disjoint(doors: Doors, wish: Roll, joined: Roll | None) -> None:
    """Two rolls never have a host in common: a claim lasts until its roll is over, whoever works on it.

    Raises evacuation.roll-overlaps, evacuation.roll-rests where nobody works on the other one: it ends by no waiting.
    """
    for other in doors.store().rolls():
        common = [host for host in wish.hosts if host in other.hosts]
        if not other.over and common and (joined is None or other.id != joined.id):
            goes_on = lives(doors, doors.store().lease(other.id))
            raise OrchestratorError.of(
                "evacuation.roll-overlaps" if goes_on else "evacuation.roll-rests",
                f"roll {other.id} is not over and has {', '.join(common)} among its hosts ({' '.join(other.hosts)})",
                fix=f"ferry resume {other.id}, or begin that one anew: ferry rolling … --anew",
            )


def take(doors: Doors, name: RunId) -> Fence:
    """Take the lease of a roll, unless a process works on it. Raises lease.held."""
    store = doors.store()
    taken = store.take(name, doors.holder, lasts=LEASE_LASTS)
    if isinstance(taken, Held) and dead(doors, taken):
        taken = store.take(name, doors.holder, lasts=LEASE_LASTS, instead_of=taken)
    if isinstance(taken, Held):
        raise OrchestratorError.of("lease.held", f"roll {name} is worked on by {taken.holder}")
    return taken


def give_up(doors: Doors, old: Roll, who: Who, over: Collection[HostName] = ()) -> None:
    """End a roll for a new one. over: hosts for which a person says that its command runs no more.

    Raises lease.held, evacuation.roll-overlaps while a command of it runs, evacuation.roll-rests where nobody can say
    whether one does.
    """
    fence = take(doors, old.id)
    store = doors.store()
    try:
        _demand_no_command(doors, old, over)
        ended = RollEntry(at=doors.clock.now(), step=Step.ENDED, because=f"given up by {who.login} for a new one")
        store.keep_roll(replace(old, entries=(*old.entries, ended)), fence=fence)
        for cordon in [one for one in store.cordons() if one.run == old.id]:
            if rolling.was_worked_on(old, cordon.host):  # nobody has seen it well since: only a person says that it is
                because = f"roll {old.id} was given up before the host was seen to be well"
                theirs = replace(cordon, by=f"{who.login} on {who.controller}", because=because, run=None)
                store.keep_cordon(theirs, fence=fence)
            else:
                store.lift_cordon(cordon.host, of=old.id, fence=fence)
    finally:
        store.release(fence)


def _demand_no_command(doors: Doors, old: Roll, over: Collection[HostName]) -> None:
    """Let no host work on two commands at once: one that was given has ended, or never begins."""
    for host in old.hosts:
        intent = rolling.given(old, host)
        if intent is None or not rolling.was_worked_on(old, host):
            continue
        why = _open(doors, old, host, intent)
        if why is None:
            saw = f"the command of roll {old.id} still runs for {host}"
            raise OrchestratorError.of("evacuation.roll-overlaps", saw, fix=f"Wait for it: ferry resume {old.id}")
        if why and host not in over:
            vouch = f"once you know that it runs no more: --command-over {host}"
            saw = f"whether the command of roll {old.id} still runs for {host} is not known: {why}"
            raise OrchestratorError.of("evacuation.roll-rests", saw, fix=f"ferry resume {old.id}; or, {vouch}")


def _open(doors: Doors, old: Roll, host: HostName, intent: RollEntry) -> str | None:
    """Why it cannot be said whether the command goes on; "": it does not, and never will. None: it runs."""
    if old.local and intent.controller != doors.holder.controller:
        return f"it was given on {intent.controller}, which alone can say so"
    if not old.local and host not in doors.settings.hosts:
        return f"{host} is configured no longer"
    upkeep = upkeep_of(doors, old, host)
    seen = upkeep.seen(intent.command, within=PATIENCE)
    if isinstance(seen, Unknown):
        return seen.why
    if seen.state == "running":
        return None
    if seen.state != "never begun":
        return ""
    effect = upkeep.forbid(intent.command, within=PATIENCE)  # whoever gave it may have stood still just before
    return "" if isinstance(effect, Done) else effect.why
