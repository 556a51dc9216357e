"""How a running copy is brought to an end within the downtime budget.

What can flap does not: bandwidth follows the terms only, the downtime limit is only ever raised (or lowered because the
terms were), and a switch, a pause and a new beginning are ordered once. What cannot be taken back waits for rounds.
"""

from dataclasses import replace

from orchestrator.migration import figures, ladder
from orchestrator.migration.choice import choose, first_limit, methods, most_limit, reasons
from orchestrator.migration.lever import Lever, Situation
from orchestrator.migration.outlook import Outlook, outlook
from orchestrator.migration.predict import is_worth
from orchestrator.model.command import Cancel, SetBandwidth, SetDowntimeLimit, StartPostCopy, Suspend
from orchestrator.model.offer import Forecast
from orchestrator.model.transport import Method, Mode, Transport

# QEMU counts from 1: in round 2 all memory was sent once.
_SENT_ONCE = 2
# A new beginning and a pause wait until this round, or the one before where a measurement goes along with the first:
# windows of different length show how the guest writes. XBZRLE fills its cache in the second round and has shown what
# it can only after the third.
_JUDGED_FROM, _XBZRLE_JUDGED_FROM = 3, 4
# A throttle beyond what the policy allows is borne for so long where that ends the copy: all else would cost the guest
# more.
_ABOUT_TO_END = 3.0
# Rounds that become smaller by less than this share are standing still.
_SHRINKS = 0.9
# A higher limit is ordered where it ends the copy sooner by so many seconds: less is within the error of a forecast.
_WORTH_RAISING = 1.0
# Rounds without a smaller one, and three times the forecast: then the lower limit is in the way.
_OVERDUE_SECONDS = 5.0
# To begin anew costs a cancel (1.8 s were measured on a dead path), a look at both hosts, and QEMU's start; it has to
# leave clearly less than going on does, since both are forecasts.
_RESTART_SECONDS = 3.0
_RESTART_SHARE = 0.7
_MOST_ATTEMPTS = 3
# An order to switch that QEMU has not followed in this time is given again.
_AGAIN_AFTER = 10.0
# A pace is for copies that are over before that; of one that is not, the forecast was wrong.
_PACED_MS = 5_000
# Nothing is left to try, but a guest can become quieter by itself: it is given up after so long with no smaller round.
_HOPELESS_SECONDS = 120.0


def steer(now: Situation) -> Lever | None:
    """The lever to pull at this moment, or none.

    Promises: QEMU's limit and the learned hand-over never exceed the downtime budget together, save in a ladder, which
    counts as other systems do; post-copy and a pause only where the policy or an order allows them.
    """
    if now.course.still_for > now.terms.policy.stall.patience / 1000:
        return _stalled(now)
    bound = _bandwidth(now) or _budget(now)
    if bound is not None or now.transport.mode is not Mode.LIVE or now.transport.paused:
        return bound
    if now.course.sample.round == 0 or now.suspended:
        return None
    if now.terms.postcopy_now and _may_switch(now):
        return _switch(now, "an operator wants it now")
    if now.terms.policy.convergence.ladder:
        return ladder.climb(now)
    return None if _keeps_pace(now) else _controlled(now)  # what is sent at a pace is no proof of what could be


def _stalled(now: Situation) -> Lever | None:
    """Nothing arrives: no lever moves what does not move. Where the policy waits, only a ladder may still end it."""
    if now.terms.policy.stall.then == "wait":
        return ladder.climb(now) if now.terms.policy.convergence.ladder else None
    because = f"nothing was transferred for {figures.seconds(now.course.still_for)}, and libvirt reports no error"
    return Lever(command=Cancel(guest=now.move.guest, code="migration.stalled"), because=because)


def _bandwidth(now: Situation) -> Lever | None:
    wanted = now.terms.bandwidth_bytes_per_second
    if wanted == now.bandwidth_bytes_per_second or _keeps_pace(now):
        return None
    because = "no cap holds any more" if wanted is None else f"the cap is now {figures.cap(wanted)}"
    if wanted is not None and wanted == now.terms.share_bytes_per_second:
        because = f"{because}: {now.terms.share_because}"
    if now.bandwidth_bytes_per_second == now.transport.pace_bytes_per_second:
        because = f"the pace of the beginning is over: {because}"
    return Lever(command=SetBandwidth(guest=now.move.guest, bytes_per_second=wanted), because=because)


def _keeps_pace(now: Situation) -> bool:
    """Whether the pace of the beginning still holds: nobody wants another cap since, the copy is short so far, and the
    guest pays nothing for it."""
    begun = now.transport
    return (
        begun.pace_bytes_per_second is not None
        and now.bandwidth_bytes_per_second == begun.initial_bytes_per_second
        and now.terms.bandwidth_bytes_per_second == begun.bandwidth_bytes_per_second
        and now.course.sample.elapsed_ms < _PACED_MS
        and not (now.course.sample.throttle_percent or now.suspended)
    )


def _budget(now: Situation) -> Lever | None:
    """A limit above what the terms allow now comes down at once, whatever that costs."""
    most = _most(now)
    if now.limit_ms <= most:
        return None
    return _limit(now, most, f"the downtime budget is now {now.terms.downtime_ms} ms")


def _most(now: Situation) -> int:
    if now.terms.policy.convergence.ladder:
        return max(now.terms.downtime_ms, 1)
    return most_limit(now.terms, now.crossing, now.transport.method)


def _limit(now: Situation, limit_ms: int, because: str) -> Lever:
    return Lever(command=SetDowntimeLimit(guest=now.move.guest, limit_ms=limit_ms), because=because)


def _controlled(now: Situation) -> Lever | None:
    """Ferry's own control, once all memory was sent for the first time."""
    most = now.terms.policy.convergence.max_throttle
    view = outlook(now)
    if now.course.sample.throttle_percent > most and now.course.switched_at is None:
        return _slowed_too_much(now, view, most)
    if now.course.sample.round < _SENT_ONCE:
        return None
    return _switched(now, view) or _raised(now, view, view.going(now.limit_ms)) or _judged(now, view)


def _slowed_too_much(now: Situation, view: Outlook, most: int) -> Lever | None:
    going = view.going(_most(now), max_throttle=99)
    if going.seconds is not None and going.seconds <= _ABOUT_TO_END and not _overdue(now, going):
        return None if now.limit_ms >= _most(now) else _raised(now, view, view.going(now.limit_ms))
    why = f"the guest is slowed by {now.course.sample.throttle_percent} %, the policy allows {most} %"
    return _otherwise(now, view, None, why) or _give_up(now, why)


def _raised(now: Situation, view: Outlook, going: Forecast) -> Lever | None:
    """The whole budget, where the lower limit of the beginning turns out to cost time."""
    most = _most(now)
    if now.limit_ms >= most:
        return None
    with_most = view.going(most)
    if with_most.seconds is None:
        # It may not suffice, but it is what the budget allows, and everything dearer comes after it.
        if going.seconds is None and now.course.sample.round >= _JUDGED_FROM:
            return _limit(now, most, f"{now.limit_ms} ms do not suffice; the budget allows {most} ms before hand-over")
        return None
    if going.seconds is not None and going.seconds - with_most.seconds < _WORTH_RAISING and not _overdue(now, going):
        return None
    left = "no end in sight" if going.seconds is None else f"{figures.seconds(going.seconds)} more"
    because = (
        f"with {now.limit_ms} ms {left}, with {most} ms {figures.seconds(with_most.seconds)}; the budget allows it"
    )
    return _limit(now, most, because)


def _overdue(now: Situation, going: Forecast) -> bool:
    """Whether the copy should have ended by now: a limit that costs time after all."""
    since = now.at - now.course.smallest_at
    return now.course.smallest_round is not None and since > max(_OVERDUE_SECONDS, 3 * (going.seconds or 0.0))


def _may_switch(now: Situation) -> bool:
    last = now.course.switched_at
    again = last is None or now.at - last > _AGAIN_AFTER
    return now.transport.postcopy and now.course.sample.round >= _SENT_ONCE and again


def _switched(now: Situation, view: Outlook) -> Lever | None:
    if not now.terms.policy.postcopy or not _may_switch(now):
        return None
    going, switched = view.going(_most(now)), view.switched()
    if not is_worth(switched, going, view.road):
        return None
    return _switch(
        now, f"pre-copy {_said(going)}; post-copy fetches the rest in {figures.seconds(switched.seconds or 0)}"
    )


def _switch(now: Situation, why: str) -> Lever:
    left = figures.size(now.course.sample.remaining_bytes)
    because = f"{why}; all memory was sent once, {left} remain"
    return Lever(command=StartPostCopy(guest=now.move.guest), because=because)


def _judged(now: Situation, view: Outlook) -> Lever | None:
    """Everything that cannot be taken back, once the rounds have shown what this copy does."""
    first = _JUDGED_FROM - 1 if view.telling else _JUDGED_FROM
    first = _XBZRLE_JUDGED_FROM if now.transport.method is Method.XBZRLE else first
    if now.course.sample.round < first or now.course.switched_at is not None:
        return None
    going = _disproved(now, view.going(_most(now)))
    if going.seconds is None and _shrinks(now):
        return None
    return _otherwise(now, view, going, f"pre-copy {_said(going)}") or _hopeless(now, going)


def _disproved(now: Situation, going: Forecast) -> Forecast:
    """A forecast of an end that the rounds do not come nearer to is none."""
    since = now.at - now.course.smallest_at
    if going.seconds is None or since < max(_HOPELESS_SECONDS, 2 * going.seconds):
        return going
    return replace(going, seconds=None, because=f"should need {figures.seconds(going.seconds)} more, and does not end")


def _shrinks(now: Situation) -> bool:
    """Whether the last rounds contradict a forecast that sees no end; the first one does not count, it sends all."""
    sizes = [one.began_with for one in now.course.rounds if one.number >= _SENT_ONCE]
    return len(sizes) > 1 and sizes[-1] < _SHRINKS * sizes[-2]


def _otherwise(now: Situation, view: Outlook, going: Forecast | None, why: str) -> Lever | None:
    """A better way, a switch, or a pause; going None: it must not go on like this."""
    if (again := _again(now, view, going, why)) is not None:
        return again
    if going is not None and going.seconds is not None:
        return None
    if now.terms.policy.postcopy and _may_switch(now):
        return _switch(now, why)
    if now.terms.policy.convergence.pause and now.course.suspended_at is None:
        pause = view.paused_seconds()
        because = f"{why}; paused, the guest arrives after about {figures.seconds(pause)}, which the policy allows"
        return Lever(command=Suspend(guest=now.move.guest, meanwhile=True), because=because)
    return None


def _again(now: Situation, view: Outlook, going: Forecast | None, why: str) -> Lever | None:
    """A new beginning in another way, which is predicted to end clearly sooner than going on."""
    if not now.terms.policy.convergence.restart or now.attempt >= _MOST_ATTEMPTS:
        return None
    asked = view.asked()
    others = [m for m in methods(asked) if m not in now.tried and m is not now.transport.method]
    if now.transport.throttle is None:
        others.append(now.transport.method)  # the same way, with what it went without
    if not others:
        return None
    chosen, weighed = choose(asked, sorted(others, key=list(Method).index), same=now.transport.method)
    if chosen.forecast.seconds is None or not _differs(chosen.transport, now.transport):
        return None
    needs = chosen.forecast.seconds + _RESTART_SECONDS
    if going is not None and going.seconds is not None and needs > _RESTART_SHARE * going.seconds:
        return None
    head = f"{why}; begun anew it needs about {figures.seconds(needs)}"
    said = (head, *reasons(chosen, weighed))
    again = replace(first_limit(asked, chosen.transport), because=(*now.move.transport.because, *said))
    return Lever(command=Cancel(guest=now.move.guest, again=again), because=f"{head}: {chosen.name}")


def _differs(again: Transport, before: Transport) -> bool:
    return again.method is not before.method or (again.throttle is not None and before.throttle is None)


def _hopeless(now: Situation, going: Forecast) -> Lever | None:
    since = now.at - now.course.smallest_at
    if going.seconds is not None or since < _HOPELESS_SECONDS or now.course.suspended_at is not None:
        return None
    return _give_up(now, f"pre-copy {_said(going)}, no round was smaller for {figures.seconds(since)}")


def _give_up(now: Situation, why: str) -> Lever:
    because = f"{why}, and the policy {now.terms.policy.name} allows nothing else that would help"
    return Lever(command=Cancel(guest=now.move.guest, code="migration.not-converging"), because=because)


def _said(going: Forecast) -> str:
    return going.because if going.seconds is None else f"needs {figures.seconds(going.seconds)} more"
