"""Policies as an operator reads them: values with their origin, differences, waivers that end."""

from collections.abc import Iterator, Sequence
from datetime import date

from rich.text import Text

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import count, inert
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import Cell, draw, marked
from orchestrator.cli.view.tone import Tone
from orchestrator.model.inheritance import Layer, Override, Setting
from orchestrator.model.policy import Waiver
from orchestrator.model.provenance import Audit, Difference, Effective, Explained, Granted

SOON = 14  # days before its end from which a waiver is pointed out


def show_site(screen: Screen, explained: Explained, overrides: Sequence[Override]) -> None:
    """The policy of the site, and who settles what differently."""
    _headline(screen, explained)
    draw(screen, ("setting", "value", "from"), [_row(one) for one in explained.values])
    _waivers(screen, explained.waivers)
    if overrides:
        screen.write("\nSettled differently (ferry policy explain GUEST --to HOST):\n")
        draw(screen, ("setting", "value", "from"), list(_different(overrides)))


def show_guest(screen: Screen, explained: Explained) -> None:
    """What counts for a guest, and what was written elsewhere and does not count."""
    _headline(screen, explained)
    draw(screen, ("setting", "value", "from"), [_row(one) for one in explained.values])
    _waivers(screen, explained.waivers)
    replaced = [s for one in explained.values for s in one.instead_of if s.layer is not Layer.DEFAULT]
    if replaced:
        screen.write("\nWritten, but settled differently by what comes later:\n")
        draw(screen, ("setting", "value", "from"), [[s.key, _value(s.value), _from(s)] for s in replaced])


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


def _row(one: Effective) -> list[Cell]:
    return [one.setting.key, _value(one.setting.value), _from(one.setting)]


def _from(setting: Setting) -> str:
    if setting.layer is Layer.DEFAULT:
        return "default"
    where = f"{setting.file}:{setting.line}"
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
    return str(value)


def _side(values: Sequence[object]) -> str:
    return "; ".join(map(_value, values)) or "not set"


def _different(overrides: Sequence[Override]) -> Iterator[list[Cell]]:
    for override in overrides:
        for setting in override.settings:
            value = setting.value.check if isinstance(setting.value, Waiver) else _value(setting.value)
            yield [setting.key, value, _from(setting)]


def _waivers(screen: Screen, waivers: Sequence[Granted]) -> None:
    if waivers:
        screen.write("\nWaived:\n")
        draw(screen, ("check", "guest", "host", "until", "from", "reason"), [_waiver(granted) for granted in waivers])


def _waiver(granted: Granted) -> list[Cell]:
    waiver = granted.waiver
    return [waiver.check, waiver.guest, waiver.host, str(waiver.until), _from(granted.setting), waiver.reason]


def _standing(screen: Screen, granted: Granted, today: date) -> list[Cell]:
    check, *rest = _waiver(granted)
    return [check, _state(screen, granted, today), *rest]


def _state(screen: Screen, granted: Granted, today: date) -> Text:
    left = granted.days_left(today)
    if left < 0:
        return marked(screen, Tone.BAD, "expired")
    if left <= SOON:
        return marked(screen, Tone.ATTENTION, f"ends in {count(left, 'day')}" if left else "ends today")
    return marked(screen, Tone.GOOD, "holds")
