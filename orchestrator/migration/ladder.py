"""Fixed steps instead of ferry's own control: other systems bring a copy to its end like this."""

from math import ceil

from orchestrator.migration import figures
from orchestrator.migration.lever import Lever, Situation
from orchestrator.model.command import Cancel, SetDowntimeLimit, StartPostCopy, Suspend
from orchestrator.model.policy import Rung


def climb(now: Situation) -> Lever | None:
    """The step to take now, if any. An abort is taken as soon as its conditions hold, wherever it stands; of the other
    steps each waits for those before it. A step that would do nothing is passed over."""
    rungs = now.terms.policy.convergence.ladder
    for rung in rungs:
        if rung.then == "abort" and _holds(rung, now):
            return _taken(rung, now, now.course.rung)
    steps = [rung for rung in rungs if rung.then != "abort"]
    taken = now.course.rung
    for number in range(taken, len(steps)):
        if not _holds(steps[number], now):
            break
        if (lever := _taken(steps[number], now, number + 1)) is not None:
            return lever
    if 0 < taken <= len(steps):
        last = steps[taken - 1]
        if last.every is not None and now.at - now.course.rung_at >= last.every / 1000 and _holds(last, now):
            return _taken(last, now, taken)
    return None


def _holds(rung: Rung, now: Situation) -> bool:
    gib = ceil(now.move.memory_bytes / 2**30)
    elapsed = now.course.sample.elapsed_ms
    return (
        now.course.sample.round >= (rung.round or 0)
        and elapsed >= (rung.elapsed or 0)
        and elapsed >= (rung.elapsed_per_gib or 0) * gib
        and (now.at - now.course.lowest_at) * 1000 >= (rung.stalled or 0)
    )


def _taken(rung: Rung, now: Situation, number: int) -> Lever | None:
    guest, because = now.move.guest, _because(rung, now)
    match rung.then:
        case "abort":
            return Lever(command=Cancel(guest=guest, code="migration.not-converging"), because=because, rung=number)
        case "postcopy":
            if not now.transport.postcopy or now.course.switched_at is not None:
                return None
            return Lever(command=StartPostCopy(guest=guest), because=because, rung=number)
        case "pause":
            if not now.terms.policy.convergence.pause or now.suspended or now.course.suspended_at is not None:
                return None
            return Lever(command=Suspend(guest=guest, meanwhile=True), because=because, rung=number)
        case "downtime-limit":
            limit = int(rung.limit or now.limit_ms)
        case "double-downtime":
            limit = 2 * now.limit_ms
    limit = max(min(limit, now.terms.downtime_ms), 1)
    if limit == now.limit_ms:
        return None
    command = SetDowntimeLimit(guest=guest, limit_ms=limit)
    return Lever(command=command, because=f"{because}: {now.limit_ms} ms become {limit} ms", rung=number)


def _because(rung: Rung, now: Situation) -> str:
    """What the step waited for, as it is now."""
    sample = now.course.sample
    said = [
        f"in round {sample.round}" if rung.round is not None else "",
        f"after {figures.seconds(sample.elapsed_ms / 1000)}" if rung.elapsed or rung.elapsed_per_gib else "",
        f"{figures.seconds(now.at - now.course.lowest_at)} without progress" if rung.stalled is not None else "",
    ]
    held = ", ".join(part for part in said if part) or "at the start"
    return f"the policy {now.terms.policy.name} says {rung.then} {held}"
