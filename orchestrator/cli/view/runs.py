"""Runs as their journals tell them: the result of one, those that are open, those that are over."""

from collections.abc import Sequence
from datetime import datetime

from rich.text import Text

from orchestrator.cli.exit_codes import MEANING
from orchestrator.cli.view import diagnostics
from orchestrator.cli.view.bottlenecks import show_advice, show_verdicts
from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import count, day, duration, inert, kept_clock, milliseconds, size
from orchestrator.cli.view.orders import meaning
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.plans import raised_limits
from orchestrator.cli.view.progress import carried_memory, downtime
from orchestrator.cli.view.repairs import show_repaired
from orchestrator.cli.view.tables import Cell, draw, marked
from orchestrator.cli.view.tone import of_outcome, of_state
from orchestrator.cli.view.transports import show_each, travelled
from orchestrator.model.effect import Done
from orchestrator.model.move import State
from orchestrator.model.report import MoveReport, OrderReport, ReleaseReport, RunReport
from orchestrator.model.run import Run

RESULT = ("guest", "now on", "outcome", "duration>", "downtime>", "blackout>")


def show_result(screen: Screen, report: RunReport, *, ways: bool = False) -> None:
    """The table of a run that is over, a sentence, and a diagnostic for every guest that did not simply move.

    ways: also how the memory of each guest travelled, and what held it back; otherwise that only where it is advice.
    """
    if report.repairs:
        show_repaired(screen, report.repairs)
    if report.moves or not report.repairs:
        draw(screen, RESULT, [_result(screen, m) for m in report.moves])
    if ways:
        _show_ways(screen, report)
        show_verdicts(screen, report.moves)
    else:
        show_advice(screen, report.moves)
    screen.write(f"\n{sentence(report)}\n")
    troubled = [(m.move, m.outcome) for m in report.moves if m.outcome and (m.outcome.code or m.outcome.warnings)]
    if troubled:
        screen.write("\n")
    diagnostics.draw(screen, [diagnostics.of_move(move, outcome, report.run.id) for move, outcome in troubled])


def _show_ways(screen: Screen, report: RunReport) -> None:
    said: dict[str, list[str]] = {}
    for one in report.moves:
        way = travelled(one.outcome) if one.outcome is not None else None
        if way is not None:
            said.setdefault(way, []).append(one.move.name)
    show_each(screen, said, of=len(report.moves))


def sentence(report: RunReport) -> str:
    """Run 0412-a1: 5 of 6 guests moved, 1:55, exit code 1."""
    moved = sum(m.state is State.MIGRATED for m in report.moves)
    took = f", {_took(report.run.started_at, report.ended_at)}" if report.ended_at else ""
    code = f", exit code {report.exit_code}" if report.exit_code else ""
    moves = f"{moved} of {count(len(report.moves), 'guest')} moved"
    done = sum(isinstance(repaired.effect, Done) for repaired in report.repairs)
    repairs = f"{done} of {count(len(report.repairs), 'repair')} done"
    what = ", ".join(([moves] if report.moves or not report.repairs else []) + ([repairs] if report.repairs else []))
    return f"Run {inert(report.run.id)}: {what}{took}{code}"


def _result(screen: Screen, report: MoveReport) -> list[Cell]:
    move, outcome = report.move, report.outcome
    if outcome is None:
        return [move.name, "", marked(screen, of_state(report.state), report.state.value), "", "", ""]
    moved = outcome.state is State.MIGRATED and carried_memory(outcome)
    blackout = milliseconds(outcome.blackout_ms) if outcome.blackout_ms is not None else "not measured"
    return [
        move.name,
        outcome.where or ("neither" if outcome.state is State.ENDED else "not known"),
        marked(screen, of_outcome(outcome), outcome.state.value),
        duration(outcome.duration_ms) if outcome.duration_ms is not None else "",
        downtime(outcome) if moved else "",
        blackout if moved else "",
    ]


STATUS = ("guest", "from", "to", "on record", "since", "because")


def show_status(screen: Screen, reports: Sequence[RunReport]) -> None:
    """The open runs, each with who drives it and what its moves were last seen doing."""
    if not reports:
        screen.write("Nothing is going on: no run is open.\n")
    for position, report in enumerate(reports):
        if position:
            screen.write("\n")
        screen.show(*Text(f"Run {inert(report.run.id)}   {standing(report)}").wrap(screen.console, screen.prose))
        screen.write("\n")
        draw(screen, STATUS, [_status(screen, m) for m in report.moves])
        _show_orders(screen, report)
        if not _driven(report):
            screen.write(f"\nNext:  ferry resume {inert(report.run.id)}\n")


def _show_orders(screen: Screen, report: RunReport) -> None:
    """What the run was ordered and has not carried out yet."""
    if report.orders:
        screen.write("\n")
    for one in report.orders:
        screen.show(*labelled(screen, "Ordered  ", _ordered(one)))


def _ordered(one: OrderReport) -> str:
    """04:12:31 by anna on ctl1, not taken yet: abort of web-01: what can still be cancelled is cancelled."""
    order = one.order
    given = f"{kept_clock(one.at)} by {order.by}{'' if one.taken else ', not taken yet'}"
    whom = f" of {one.name}" if one.name else ""
    return f"{given}: {order.kind}{whom}: {meaning(order.kind, order.change, order.keep)}"


def standing(report: RunReport) -> str:
    """Whether somebody works on the run, or it is over, or was left."""
    if report.ended_at is not None:
        return f"over since {day(report.ended_at)}"
    started = f"started {day(report.run.started_at)} by {inert(report.run.who.login)}"
    lease = report.lease
    if lease is None:
        return f"interrupted, {started}; nobody drives it"
    holder = f"process {lease.holder.pid} on {inert(lease.holder.controller)}"
    if lease.dead:
        return f"interrupted, {started}; {holder} is gone: ferry resume takes the run over"
    if lease.expired:
        return f"interrupted, {started}; {holder} stopped answering, its lease ended {kept_clock(lease.until)}"
    return f"{started}; {holder} drives it, its lease lasts until {kept_clock(lease.until)}"


def _driven(report: RunReport) -> bool:
    return report.ended_at is not None or (report.lease is not None and not (report.lease.expired or report.lease.dead))


def _status(screen: Screen, report: MoveReport) -> list[Cell]:
    state, because = report.state.value, report.waits or report.because
    if report.sample is not None and report.sample.round and report.outcome is None:
        state = f"{state} {report.sample.round}"
        because = f"{size(report.sample.remaining_bytes)} remained; {because}"
    tone = of_outcome(report.outcome) if report.outcome else of_state(report.state)
    move = report.move
    return [move.name, move.source, move.destination, marked(screen, tone, state), kept_clock(report.since), because]


HISTORY = ("run", "started", "by", "moved>", "took>", "exit>", "what")
_HOSTS_NAMED = 2  # of the hosts that a run moved guests from, or to


def show_history(screen: Screen, reports: Sequence[RunReport]) -> None:
    """One row a run, newest first."""
    if not reports:
        screen.write("No run has been recorded yet.\n")
        return
    draw(screen, HISTORY, [_row(screen, r) for r in reports])


def _row(screen: Screen, report: RunReport) -> list[Cell]:
    run = report.run
    moved = sum(m.state is State.MIGRATED for m in report.moves)
    return [
        run.id,
        day(run.started_at),
        run.who.login,
        f"{moved}/{len(report.moves)}" if report.moves or not report.repairs else count(len(report.repairs), "repair"),
        _took(run.started_at, report.ended_at) if report.ended_at else "open",
        "" if report.exit_code is None else str(report.exit_code),
        ": ".join(said for said in (_what(screen, report), _why(run)) if said),
    ]


def _what(screen: Screen, report: RunReport) -> str:
    """web-01 and 5 more, kvm01 → kvm02; of repairs what was mended, and where."""
    if not report.moves:
        return _first([f"{one.check} on {one.remedy.host}" for one in report.repairs], 1)
    moves = [one.move for one in report.moves]
    here = _first([move.source for move in moves], _HOSTS_NAMED)
    there = _first([move.destination for move in moves], _HOSTS_NAMED)
    others = f" and {len(moves) - 1} more" if len(moves) > 1 else ""
    return f"{moves[0].name}{others}, {here} {screen.glyphs.arrow} {there}"


def _first(names: Sequence[str], shown: int) -> str:
    """The first of different names, and how many more there are."""
    different = list(dict.fromkeys(names))
    more = len(different) - shown
    return ", ".join(different[:shown]) + (f" and {more} more" if more > 0 else "")


def _why(run: Run) -> str:
    return ", ".join(said for said in (run.who.reason, _attempt(run)) if said)


def _attempt(run: Run) -> str:
    return "" if run.retry is None else f"attempt {run.retry.attempt}, after {run.retry.follows}"


def show_run(screen: Screen, report: RunReport) -> None:
    """One run in full: who asked for it, and what became of every guest."""
    who = report.run.who
    place = ", ".join(part for part in (who.controller, who.terminal) if part)
    rows: list[tuple[str, str]] = [
        ("Run", f"{report.run.id}, {standing(report)}"),
        ("Asked", f"{day(report.run.started_at)} by {who.login} (as {who.user}) on {place}"),
        ("Command", " ".join(who.argv)),
        ("Reason", who.reason or "none given"),
        ("Policy", f"{report.run.policy.name}, ferry {who.version}"),
    ]
    if report.run.raised:
        rows.append(("Raised", f"limits of this run: {raised_limits(report.run.raised)}"))
    if report.run.retry is not None:
        again = report.run.retry
        rows.append(("Attempt", f"{again.attempt}, after run {again.follows}: {again.because}"))
    if report.exit_code is not None:
        rows.append(("Exit", f"{report.exit_code}: {MEANING.get(report.exit_code, 'unknown')}"))
    rows += [("Ordered", _ordered(one)) for one in report.orders]
    rows += [("Released", _released(one)) for one in report.releases]
    for label, text in rows:
        screen.show(*labelled(screen, f"{label:<9}", text))
    screen.write("\n")
    show_result(screen, report, ways=True)


def _released(one: ReleaseReport) -> str:
    """04:12:31 by anna on ctl1: what web-01 had taken of kvm02; the host's mainboard is broken."""
    return f"{kept_clock(one.at)} by {one.by}: what {one.name} had taken of {one.host}; {one.because}"


def _took(begun: datetime, ended: datetime) -> str:
    return duration((ended - begun).total_seconds() * 1000)
