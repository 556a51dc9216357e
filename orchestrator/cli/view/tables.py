"""Tables of hosts and guests, and the one way in which tables are drawn."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from orchestrator.catalogue import CATALOGUE
from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import command, count, inert, size, version
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tone import Tone
from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.guest import Disk, Guest, Power
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.settings import Settings

Cell = str | Text


_GAP = 2
_SQUEEZED = 16  # columns that a text which may fold keeps at least


def draw(screen: Screen, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Columns without lines. A name that ends with > is set to the right; the first and the last column may fold.

    What does not fit even then is left to the terminal to break: a table never hides a column.
    """
    cells = [_texts(row) for row in rows]
    drawn = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim", show_edge=False)
    needed = -_GAP  # no gap behind the last column
    for position, column in enumerate(columns):
        title = column.rstrip(">")
        folds = position in (0, len(columns) - 1)
        widest = _widest(title, cells, position)
        least = min(widest, max(_SQUEEZED, len(title))) if folds else widest
        needed += least + _GAP
        right = column.endswith(">")
        drawn.add_column(
            title, justify="right" if right else "left", no_wrap=not folds, overflow="fold", min_width=least
        )
    for row in cells:
        drawn.add_row(*row)
    screen.show(drawn, width=max(screen.console.width, needed))


def fits(screen: Screen, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bool:
    """Whether this table could be drawn without folding anything."""
    cells = [_texts(row) for row in rows]
    widths = [_widest(column.rstrip(">"), cells, position) for position, column in enumerate(columns)]
    return sum(widths) + _GAP * (len(columns) - 1) <= screen.console.width


def _texts(row: Sequence[Cell]) -> list[Text]:
    return [cell if isinstance(cell, Text) else Text(inert(cell)) for cell in row]


def _widest(title: str, cells: Sequence[Sequence[Text]], position: int) -> int:
    return max([len(title), *(row[position].cell_len for row in cells)])


def marked(screen: Screen, tone: Tone, word: str) -> Text:
    """A word with the symbol and colour of its tone."""
    return Text(f"{screen.glyphs.symbol(tone)} {inert(word)}", style=tone.color)


HOSTS = ("host", "state", "libvirt", "QEMU", "CPUs>", "free>", "memory>", "guests>", "networks")


def show_hosts(screen: Screen, settings: Settings, facts: Facts) -> None:
    """One row a host, on a narrow screen two, the second one with its networks; what is wrong with a silent one stands
    below."""
    rows = [_host(screen, settings, name, said) for name, said in facts.hosts.items()]
    if fits(screen, HOSTS, rows):
        draw(screen, HOSTS, rows)
    else:
        draw(screen, HOSTS[:-1], [row[:-1] for row in rows])
        screen.write("\n")
        draw(screen, (HOSTS[0], HOSTS[-1]), [(row[0], row[-1]) for row in rows])
    silent = [(name, said) for name, said in facts.hosts.items() if isinstance(said, Unknown)]
    if silent:
        screen.write("\n")
    for name, said in silent:
        screen.show(*silence(screen, settings.hosts[name], said))


def _host(screen: Screen, settings: Settings, name: HostName, said: HostFacts | Unknown) -> list[Cell]:
    # The host's address on each configured network, then libvirt's own networks that are active there.
    networks = [f"{network} {address}" for network, address in sorted(settings.hosts[name].addresses.items())]
    if isinstance(said, Unknown):
        return [name, marked(screen, Tone.BAD, "down"), "", "", "", "", "", "", ", ".join(networks)]
    active = ["?"] if isinstance(said.active_networks, Unknown) else sorted(said.active_networks)
    running = sum(g.power is not Power.SHUT_OFF for g in said.guests)
    return [
        name,
        marked(screen, Tone.GOOD, "up"),
        version(said.libvirt_version),
        version(said.qemu_version),
        str(said.cpus),
        size(said.memory_free_bytes),
        size(said.memory_total_bytes),
        f"{running}/{len(said.guests)}",
        ", ".join([*networks, *active]),
    ]


def silence(screen: Screen, entry: HostEntry, said: Unknown) -> list[Text]:
    """Why a host has no row of its own: the leg that failed, what it said, the likely cause, and the way out."""
    leg = f" ({said.leg})" if said.leg else ""
    head = Text.assemble(marked(screen, Tone.BAD, f"{entry.name}{leg}: "), inert(" ".join(said.why.split())))
    known = CATALOGUE[said.code]
    return [
        *head.wrap(screen.console, screen.prose),
        *labelled(screen, "    Cause  ", known.causes),
        *labelled(screen, "    Fix    ", command(known.fix, URI=entry.uri, DESTINATION=entry.ssh)),
        *labelled(screen, "    More   ", f"ferry explain {said.code}"),
    ]


GUESTS = ("host", "name", "state", "memory>", "vCPUs>", "kind", "auto", "disks")


def show_guests(screen: Screen, settings: Settings, facts: Facts) -> None:
    """One row a guest, by host and name."""
    answering = facts.answering()
    rows = [
        _guest(screen, host, guest)
        for host, said in answering.items()
        for guest in sorted(said.guests, key=lambda g: g.name)
    ]
    if rows:
        draw(screen, GUESTS, rows)
    elif answering:
        screen.write(f"No guests on {', '.join(answering)}.\n")
    silent = [(name, said) for name, said in facts.hosts.items() if isinstance(said, Unknown)]
    if silent and answering:
        screen.write(f"\n{count(len(silent), 'host')} did not answer; their guests are not listed:\n")
    for name, said in silent:
        screen.show(*silence(screen, settings.hosts[name], said))


_POWER = {Power.RUNNING: Tone.GOOD, Power.PAUSED: Tone.ATTENTION, Power.INCOMING: Tone.MOVING}


def _guest(screen: Screen, host: HostName, guest: Guest) -> list[Cell]:
    state = f"{guest.power} ({guest.active_job})" if guest.active_job else guest.power.value
    return [
        host,
        guest.name,
        marked(screen, _POWER.get(guest.power, Tone.WAITING), state),
        size(guest.memory_bytes),
        str(guest.vcpus),
        "persistent" if guest.persistent else "transient",
        "yes" if guest.autostart else "no",
        " ".join(_disk(d) for d in guest.disks) or "none",
    ]


def _disk(disk: Disk) -> str:
    if disk.source is None:
        return f"{disk.target}:empty"
    return f"{disk.target}:{disk.kind}"
