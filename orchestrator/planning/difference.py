"""What is not the same in two plans, guest by guest."""

from collections.abc import Iterator, Mapping

from orchestrator.model.plan import Plan
from orchestrator.model.wording import count, duration
from orchestrator.planning.drift import Drift


def difference(first: Plan, second: Plan) -> tuple[Drift, ...]:
    """Guests that go elsewhere, by another network, or stay in one of them; then how long the whole would take."""
    before, after = _said(first), _said(second)
    return (*_of_guests(before, after), *_of_whole(first, second))


def _said(plan: Plan) -> Mapping[str, tuple[str, str]]:
    """Guest → its name, and what becomes of it."""
    moves: dict[str, tuple[str, str]] = {
        m.guest: (m.name, f"{m.name} goes from {m.source} to {m.destination} over {m.transport.network}")
        for m in plan.moves
    }
    stay: dict[str, tuple[str, str]] = {
        one.guest: (one.name, f"{one.name} stays on {one.host}: {one.why}") for one in plan.staying
    }
    return {**stay, **moves}


def _of_guests(before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]]) -> Iterator[Drift]:
    for guest in dict.fromkeys((*before, *after)):
        name, was = before.get(guest, ("", ""))
        called, now = after.get(guest, ("", ""))
        if was != now:
            known = name or called
            nothing = f"nothing is said of {known}"
            yield Drift(guest=known, was=was or nothing, now=now or nothing)


def _of_whole(first: Plan, second: Plan) -> Iterator[Drift]:
    was, now = _whole(first), _whole(second)
    if was != now:
        yield Drift(guest="", was=was, now=now)


def _whole(plan: Plan) -> str:
    forecast = "" if plan.forecast_seconds is None else f", over after {duration(1000 * plan.forecast_seconds)}"
    stay = sum(one.live and not one.asked for one in plan.staying)
    return f"{count(len(plan.moves), 'move')}, {stay} {'stays' if stay == 1 else 'stay'}{forecast}"
