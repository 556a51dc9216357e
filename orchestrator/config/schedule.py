"""What ferry does by itself: the entries of `schedule:`, each with a time that comes and a command that there is."""

from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any, TypeVar

from orchestrator.config.check import check, suggestion
from orchestrator.config.forms import RefusedError, ScheduleForm
from orchestrator.config.report import Report
from orchestrator.config.times import read_clock, read_times, read_window
from orchestrator.config.tree import Path, Tree
from orchestrator.evacuation.due import EVERYTHING, ever
from orchestrator.model.host import HostName
from orchestrator.model.schedule import DOINGS, Doing, Scheduled, Times
from orchestrator.model.units import Milliseconds, QuantityError
from orchestrator.model.window import Window

T = TypeVar("T")
_DAY = 86_400_000
_ANY_DAY = date(2026, 1, 1)  # where the search begins for a day on which an entry can begin; any other would do
_KINDS = {bool: "true or false", str: "a text", list[str]: "a list of texts"}


def schedule(tree: Tree, report: Report) -> tuple[Scheduled, ...]:
    """The entries in their order; those with a mistake are told and left out."""
    written = tree.at(("schedule",))
    entries = written if isinstance(written, list) else ()
    seen: dict[str, int] = {}
    found: list[Scheduled] = []
    for number in range(len(entries)):
        path: Path = ("schedule", number)
        form = check(ScheduleForm, tree, path, report)
        entry = _entry(tree, path, form, report) if form is not None else None
        name = tree.at((*path, "name"))
        if isinstance(name, str):
            _name(tree, (*path, "name"), name, seen, report)
        if entry is not None:
            found.append(entry)
    return tuple(found)


def _name(tree: Tree, path: Path, name: str, seen: dict[str, int], report: Report) -> None:
    """A hold, and the record of the last run, find an entry by its name."""
    place = tree.place(path)
    if name in seen:
        report.add(f"two entries are called {name} (line {seen[name]})", "Give one of them another name.", place)
    elif name == EVERYTHING or name in tree.mapping(("hosts",)):
        what = "everything" if name == EVERYTHING else "a host"
        report.add(f"{name} means {what}: ferry hold {name}", "Give the entry another name.", place)
    seen.setdefault(name, place.line)


def _entry(tree: Tree, path: Path, form: ScheduleForm, report: Report) -> Scheduled | None:
    before = report.count
    doing = _doing(tree, path, form, report)
    window = _read(read_window, form.window, tree, (*path, "window"), report)
    at = _read(lambda text: read_times(text, window.zone if window else None), form.at, tree, (*path, "at"), report)
    deadline = _read(_deadline, form.deadline, tree, (*path, "deadline"), report)
    if doing is not None:
        _hosts(tree, path, form, doing, report)
        _options(tree, path, form, doing, report)
    if int(form.splay) > _DAY // 2:
        report.add("a splay of more than 12h", "Give at most 12h.", tree.place((*path, "splay")))
    if report.count != before or at is None:
        return None
    return _that_comes(tree, path, _made(form, at, window, deadline), report)


def _made(form: ScheduleForm, at: Times, window: Window | None, deadline: time | int | None) -> Scheduled:
    return Scheduled(
        name=form.name,
        do=form.do,
        at=at,
        hosts=tuple(HostName(host) for host in form.hosts),
        window=window,
        deadline=deadline,
        splay_seconds=int(form.splay) // 1000,
        options={name: tuple(value) if isinstance(value, list) else value for name, value in form.options.items()},
    )


def _that_comes(tree: Tree, path: Path, entry: Scheduled, report: Report) -> Scheduled | None:
    if ever(entry, _ANY_DAY):
        return entry
    saw = f"{entry.name} would never begin: its time does not come, or its deadline has passed when its window opens"
    report.add(saw, "Change at, window or deadline.", tree.place((*path, "at")))
    return None


def _doing(tree: Tree, path: Path, form: ScheduleForm, report: Report) -> Doing | None:
    if form.do not in DOINGS:
        meant = suggestion(form.do, DOINGS)
        fix = f"Did you mean {meant}?" if meant else f"This ferry can do: {', '.join(DOINGS)}."
        report.add(f"{form.do!r} is nothing that ferry does by a schedule", fix, tree.place((*path, "do")))
    return DOINGS.get(form.do)


def _hosts(tree: Tree, path: Path, form: ScheduleForm, doing: Doing, report: Report) -> None:
    known = tree.mapping(("hosts",))
    if doing.hosts and not form.hosts:
        report.add(f"{form.do} of no host", f"Add hosts: [{next(iter(known), '…')}]", tree.place(path, key=True))
    if form.hosts and not doing.hosts:
        report.add(f"{form.do} takes no hosts", "Remove hosts.", tree.place((*path, "hosts"), key=True))
    for number, host in enumerate(form.hosts):
        _known(tree, (*path, "hosts", number), host, known, report)


def _known(tree: Tree, path: Path, host: str, known: Mapping[str, Any], report: Report) -> None:
    if host not in known:
        meant = suggestion(host, known)
        fix = f"Did you mean {meant}?" if meant else f"Name one of: {', '.join(known)}."
        report.add(f'there is no host "{host}"', fix, tree.place(path))


def _options(tree: Tree, path: Path, form: ScheduleForm, doing: Doing, report: Report) -> None:
    for name, value in form.options.items():
        place: Path = (*path, "options", name)
        if name not in doing.options:
            meant = suggestion(name, doing.options)
            others = f"It takes: {', '.join(doing.options)}." if doing.options else "Remove it: it takes none."
            fix = f"Did you mean {meant}?" if meant else others
            report.add(f'{form.do} has no option "{name}"', fix, tree.place(place, key=True))
        elif not _is(value, doing.options[name]):
            kind = _KINDS[doing.options[name]]
            report.add(f"{name} must be {kind}", f"Give {kind}.", tree.place(place))
        elif name == "to" and isinstance(value, list):
            for number, host in enumerate(value):
                _known(tree, (*place, number), host, tree.mapping(("hosts",)), report)
    for name in sorted(doing.needs - form.options.keys()):
        report.add(f"{form.do} without {name}", f"Add options: {{{name}: …}}", tree.place(path, key=True))


def _is(value: object, kind: object) -> bool:
    if kind is bool or kind is str:
        return isinstance(value, bool if kind is bool else str)
    return isinstance(value, list) and bool(value)


def _read(read: Callable[[str], T], text: str | None, tree: Tree, path: Path, report: Report) -> T | None:
    if text is None:
        return None
    try:
        return read(text)
    except RefusedError as error:
        report.add(error.saw, error.fix, tree.place(path))
        return None


def _deadline(text: str) -> time | int:
    if ":" in text:
        return read_clock(text)
    try:
        length = int(Milliseconds.parse(text))
    except QuantityError:
        raise RefusedError(f"{text!r} is no deadline", 'Give a time of day, "03:30", or a length, "4h".') from None
    if not 60_000 <= length <= 7 * _DAY:
        raise RefusedError(f"a deadline of {text}", "Give a length from 1m to 7d.")
    return length // 1000
