"""Policies as an operator reads them: values with their origin, differences, waivers that end."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date

from rich.text import Text

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import count, inert
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import Cell, draw, fits, marked
from orchestrator.cli.view.tone import Tone
from orchestrator.documents.policies import plain
from orchestrator.limits.hyperv import translated
from orchestrator.model.inheritance import Layer, Override, Setting
from orchestrator.model.policy import Charge, Waiver
from orchestrator.model.provenance import Audit, Difference, Explained, Granted

Names = Mapping[str, str]  # of a file, by its path, where it is called by something shorter
SETTINGS = ("setting", "value", "from")
SOON = 14  # days before its end from which a waiver is pointed out


def show_site(screen: Screen, explained: Explained, overrides: Sequence[Override]) -> None:
    """The policy of the site, and who settles what differently."""
    _headline(screen, explained)
    values = [one.setting for one in explained.values]
    different = [setting for override in overrides for setting in override.settings]
    names = _names(screen, values, different)
    _draw(screen, values, names)
    _costs(screen, values, names)
    _waivers(screen, explained.waivers, names)
    if different:
        screen.write("\nSettled differently (ferry policy explain GUEST --to HOST):\n")
        _draw(screen, different, names)
    _legend(screen, names)


def show_guest(screen: Screen, explained: Explained) -> None:
    """What counts for a guest, and what was written elsewhere and does not count."""
    _headline(screen, explained)
    values = [one.setting for one in explained.values]
    replaced = [s for one in explained.values for s in one.instead_of if s.layer is not Layer.DEFAULT]
    names = _names(screen, values, replaced)
    _draw(screen, values, names)
    _costs(screen, values, names)
    _waivers(screen, explained.waivers, names)
    if replaced:
        screen.write("\nWritten, but settled differently by what comes later:\n")
        _draw(screen, replaced, names)
    _legend(screen, names)


def show_differences(screen: Screen, a: str, b: str, differences: Sequence[Difference]) -> None:
    """One row a value."""
    if not differences:
        screen.write(f"{inert(a)} and {inert(b)} are the same.\n")
        return
    rows = [[one.key, _side(one.a), _side(one.b)] for one in differences]
    draw(screen, ("setting", a, b), rows)


def show_audit(screen: Screen, audit: Audit) -> None:
    """That the configuration is right; its waivers, the first to end first; what has no effect."""
    screen.show(marked(screen, Tone.GOOD, f"{audit.file} is right, and so is its policy {audit.policy}."))
    if audit.waivers:
        screen.write(f"\n{count(len(audit.waivers), 'waiver')}:\n")
        columns = ("check", "state", "guest", "host", "until", "from", "reason")
        rows = [_standing(screen, granted, audit.today) for granted in audit.waivers]
        draw(screen, columns, rows)
    if audit.remarks:
        screen.write("\nWithout effect:\n")
    for remark in audit.remarks:
        screen.show(*labelled(screen, f"{screen.glyphs.symbol(Tone.ATTENTION)} ", remark))


def _headline(screen: Screen, explained: Explained) -> None:
    about = [f"for {explained.guest}"] if explained.guest else []
    about += [f"at {explained.host}"] if explained.host else []
    text = " ".join(["Policy", explained.name, *about])
    screen.show(Text(inert(text), style="bold"))
    if explained.overrides:
        screen.show(*labelled(screen, "", f"with {', '.join(explained.overrides)}"))
    if explained.description:
        screen.show(*labelled(screen, "", explained.description))
    screen.write("\n")


def _draw(screen: Screen, settings: Sequence[Setting], names: Names) -> None:
    draw(screen, SETTINGS, [_row(one, names) for one in _plain(settings)])


def _plain(settings: Sequence[Setting]) -> list[Setting]:
    """What a line has room for; costs have a table of their own."""
    return [one for one in settings if not isinstance(one.value, Charge)]


def _costs(screen: Screen, settings: Sequence[Setting], names: Names) -> None:
    charges = [(one, one.value) for one in settings if isinstance(one.value, Charge)]
    counters = [f.name for f in fields(Charge) if any(getattr(charge, f.name) for _, charge in charges)]
    rows = [
        [one.path[-1], *(str(getattr(charge, counter)) for counter in counters), _from(one, names)]
        for one, charge in charges
    ]
    screen.write("\nWhat a move costs (limits.costs):\n")
    draw(screen, ("of a move", *counters, "from"), rows)


def _row(setting: Setting, names: Names) -> list[Cell]:
    value = setting.value.check if isinstance(setting.value, Waiver) else _value(setting.value)
    if setting.key == "limits.smb_factor" and isinstance(setting.value, int):
        value = f"{value}: {translated(setting.value)}"
    return [setting.key, value, _from(setting, names)]


def _names(screen: Screen, *tables: Sequence[Setting]) -> Names:
    """What files are called: by their paths if every table has room for them, else by what they end in, so that none is
    broken over two lines. Files that end alike keep their paths."""
    if all(fits(screen, SETTINGS, [_row(one, {}) for one in _plain(settings)]) for settings in tables):
        return {}
    files = dict.fromkeys(one.file for settings in tables for one in settings if one.file)
    ends = [file.rpartition("/")[2] for file in files]
    return {file: end for file, end in zip(files, ends, strict=True) if ends.count(end) == 1 and end != file}


def _legend(screen: Screen, names: Names) -> None:
    screen.write("\n" if names else "")
    for file, name in names.items():
        screen.write(f"{inert(name)} is {inert(file)}\n")


def _from(setting: Setting, names: Names) -> str:
    if setting.layer is Layer.DEFAULT:
        return "default"
    where = f"{names.get(setting.file, setting.file)}:{setting.line}"
    return where if setting.layer is Layer.SITE else f"{setting.layer} {setting.of}, {where}"


def _value(value: object) -> str:
    """As it is written in a file."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Waiver):
        whom = [f"{word} {name}" for word, name in (("for", value.guest), ("on", value.host)) if name != "*"]
        return " ".join([value.check, *whom, f"until {value.until}"])
    if isinstance(value, tuple) or is_dataclass(value):
        return str(plain(value))
    return str(value)


def _side(values: Sequence[object]) -> str:
    return "; ".join(map(_value, values)) or "not set"


def _waivers(screen: Screen, waivers: Sequence[Granted], names: Names) -> None:
    if waivers:
        screen.write("\nWaived:\n")
        columns = ("check", "guest", "host", "until", "from", "reason")
        draw(screen, columns, [_waiver(granted, names) for granted in waivers])


def _waiver(granted: Granted, names: Names) -> list[Cell]:
    waiver = granted.waiver
    return [waiver.check, waiver.guest, waiver.host, str(waiver.until), _from(granted.setting, names), waiver.reason]


def _standing(screen: Screen, granted: Granted, today: date) -> list[Cell]:
    check, *rest = _waiver(granted, {})
    return [check, _state(screen, granted, today), *rest]


def _state(screen: Screen, granted: Granted, today: date) -> Text:
    left = granted.days_left(today)
    if left < 0:
        return marked(screen, Tone.BAD, "expired")
    if left <= SOON:
        return marked(screen, Tone.ATTENTION, f"ends in {count(left, 'day')}" if left else "ends today")
    return marked(screen, Tone.GOOD, "holds")
