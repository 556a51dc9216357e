"""Several hosts, one after the other: what comes next, from what is on record alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.roll import Roll, RollEntry, Step

_HELD, _STOPPED = 7, 130
# What comes after each entry of a host. After an intent its effect is asked for first, and had only if that is proven
# to be missing.
FOLLOWS: Mapping[Step, Step] = {
    Step.CHECKED: Step.CORDONED,
    Step.CORDONED: Step.EVACUATING,
    Step.EVACUATING: Step.EMPTIED,
    Step.EMPTIED: Step.COMMANDING,
    Step.COMMANDING: Step.COMMANDED,
    Step.COMMANDED: Step.HEALTHY,
    Step.HEALTHY: Step.UNCORDONED,
    Step.RESTORED: Step.DONE,
}
# Until the command is given, a host can be let go as if nothing had been.
LETS_GO = frozenset({Step.CORDONED, Step.EVACUATING, Step.EMPTIED, Step.COMMANDING})
# A host that waits for one of these is to have no guests, or none that come.
_EMPTY = frozenset({Step.EVACUATING, Step.EMPTIED, Step.COMMANDING, Step.COMMANDED, Step.HEALTHY})
# What was begun at a host before a stop, and is brought to its end.
BROUGHT_TO_ITS_END = frozenset({Step.COMMANDED, Step.HEALTHY, Step.UNCORDONED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """what: the step to be taken, named as its entry will be. host: None: it concerns the whole roll."""

    what: Step
    host: HostName | None = None
    because: str = ""


def next_step(roll: Roll) -> Next | None:
    """What is to be done now; None: the roll is over, or rests. Exactly one host is in hand at any time."""
    if roll.over or resting(roll):
        return None
    at_work = in_hand(roll)
    if at_work is not None:
        step = upcoming(roll, at_work)
        assert step is not None
        return Next(what=step, host=at_work)
    failed = failures(roll)
    gone = next((entry for entry in failed.values() if entry.away), None)
    waiting = [host for host in roll.hosts if upcoming(roll, host) is Step.CHECKED]
    said = "; ".join(f"{host}: {entry.because}" for host, entry in failed.items())
    if gone is not None:
        return Next(what=Step.STOPPED, because=f"{gone.host} did not come back: {gone.because}")
    if failed and not waiting:
        return Next(what=Step.STOPPED, because=f"{len(failed)} of {len(roll.hosts)} hosts failed ({said})")
    if len(failed) > roll.failed_hosts:
        return Next(what=Step.STOPPED, because=f"{len(failed)} hosts failed, {roll.failed_hosts} may ({said})")
    if not waiting:
        return Next(what=Step.ENDED, because=f"all of {', '.join(roll.hosts)} are done")
    return Next(what=Step.CHECKED, host=waiting[0])


def upcoming(roll: Roll, host: HostName) -> Step | None:
    """What this host waits for; None: it is done, or failed and nobody has taken the roll up again since."""
    number = max((n for n, entry in enumerate(roll.entries) if entry.host == host), default=-1)
    if number < 0:
        return Step.CHECKED
    entry = roll.entries[number]
    if entry.step is Step.FAILED:
        taken_up = any(later.step is Step.CONTINUED for later in roll.entries[number:])
        return entry.again if taken_up else None
    if entry.step is Step.UNCORDONED and entry.again is None:
        return Step.RESTORED if roll.restore else Step.DONE
    return entry.again or FOLLOWS.get(entry.step)


def in_hand(roll: Roll) -> HostName | None:
    """The host that work has begun at and is not over."""
    return next((h for h in roll.hosts if upcoming(roll, h) not in (None, Step.CHECKED)), None)


def done(roll: Roll, host: HostName) -> bool:
    """Whether all was done at this host."""
    mine = [entry for entry in roll.entries if entry.host == host]
    return bool(mine) and mine[-1].step is Step.DONE


def failures(roll: Roll) -> dict[HostName, RollEntry]:
    """The hosts that are given up until somebody takes the roll up again, each with why."""
    return {
        host: [entry for entry in roll.entries if entry.host == host][-1]
        for host in roll.hosts
        if upcoming(roll, host) is None and not done(roll, host)
    }


def not_home(roll: Roll) -> dict[HostName, str]:
    """Hosts that are done and whose guests did not all come home, each with why."""
    last = {entry.host: entry.because for entry in roll.entries if entry.step is Step.RESTORED}
    return {host: last[host] for host in roll.hosts if last.get(host)}


def untold(roll: Roll) -> tuple[RollEntry, ...]:
    """What has happened since the roll rested for the last time before this; who took it up was told of the rest."""
    taken_up = max((n for n, entry in enumerate(roll.entries) if entry.step is Step.CONTINUED), default=-1)
    rested = max((n for n, e in enumerate(roll.entries[: taken_up + 1]) if e.step is Step.STOPPED), default=-1)
    return roll.entries[rested + 1 :]


def harmed(roll: Roll) -> tuple[str, ...]:
    """What became of guests that were moved for the roll, where a person is to know and was not told before."""
    return tuple(dict.fromkeys(entry.harm for entry in untold(roll) if entry.harm))


def inhabitants(roll: Roll, host: HostName) -> tuple[GuestId, ...]:
    """The guests that lived there whenever the roll took the host in hand: who left in an attempt that failed, too."""
    mine = (entry for entry in roll.entries if entry.host == host and entry.step is Step.CHECKED)
    return tuple(dict.fromkeys(guest for entry in mine for guest in entry.guests))


def resting(roll: Roll) -> bool:
    """Whether it was stopped, by an order or by a failure, and nobody has taken it up again since."""
    whole = [e.step for e in roll.entries if e.step in (Step.STOPPED, Step.CONTINUED)]
    return bool(whole) and whole[-1] is Step.STOPPED


def since_checked(roll: Roll, host: HostName) -> list[RollEntry]:
    """What happened at a host since it was taken in hand for the last time."""
    mine = [entry for entry in roll.entries if entry.host == host]
    return mine[max((n for n, entry in enumerate(mine) if entry.step is Step.CHECKED), default=0) :]


def given(roll: Roll, host: HostName) -> RollEntry | None:
    """The intent of the command that was last given for this host."""
    return next((e for e in reversed(roll.entries) if e.host == host and e.step is Step.COMMANDING), None)


def given_on(roll: Roll) -> str | None:
    """The controller that gave the last command; None: nobody did."""
    return next((entry.controller for entry in reversed(roll.entries) if entry.step is Step.COMMANDING), None)


def was_worked_on(roll: Roll, host: HostName) -> bool:
    """Whether its command may have been given since the host was last known to be well."""
    entries = since_checked(roll, host)
    steps = [entry.step for entry in entries]
    return Step.COMMANDING in steps and Step.HEALTHY not in steps and not entries[-1].freed


def kept_shut(roll: Roll, host: HostName) -> bool:
    """Whether whoever works on the roll relies on it that no guest comes to this host."""
    return was_worked_on(roll, host) or upcoming(roll, host) in _EMPTY


def would_shut(roll: Roll, host: HostName) -> bool:
    """Whether whoever goes on with the roll unasked sees to it next that no guest comes to this host."""
    goes_on = not roll.over and not resting(roll)
    return goes_on and (kept_shut(roll, host) or upcoming(roll, host) is Step.CORDONED)


def freed(roll: Roll) -> tuple[HostName, ...]:
    """The hosts that the roll keeps guests from no longer, and has not taken in hand since."""
    last = {entry.host: entry for entry in roll.entries}
    return tuple(host for host in roll.hosts if host in last and last[host].freed)


def order_read(roll: Roll) -> int:
    """The number of the last order on record: later ones still bind."""
    return max((entry.order for entry in roll.entries), default=0)


def all_done(roll: Roll) -> bool:
    """Whether every host has had its command and is well."""
    return all(done(roll, host) for host in roll.hosts)


def exit_code(roll: Roll) -> int:
    """0: all hosts are done. 7: a guest is held. 130: an operator stopped it. 1: a host failed, did not come back, or
    misses guests that were to come home; or a guest did not arrive as it should."""
    codes = {entry.code for entry in untold(roll)}
    if _HELD in codes:
        return _HELD
    if all_done(roll):
        return 1 if not_home(roll) or any(codes) else 0
    return 1 if failures(roll) else _STOPPED
