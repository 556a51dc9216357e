"""Slots on the screen: what is taken and by whom, what waits, and how a slot that nobody drives comes free."""

from collections.abc import Iterable, Mapping

from rich.text import Text

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import kept_clock
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import Cell, draw, marked
from orchestrator.cli.view.tone import Tone
from orchestrator.limits.resources import TOTAL, counter_of, host_of, network_of
from orchestrator.model.host import HostName
from orchestrator.model.released import Freed
from orchestrator.model.slots import Queued, Resource, Slots, Taker

SLOTS = ("of", "taken>", "by")
WAITING = ("waiting", "from", "to", "since", "for")


def show_slots(screen: Screen, slots: Slots) -> None:
    """What has a limit and is taken, by whom; then who waits."""
    limited = [one for one in slots.resources if one.capacity is not None]
    if limited:
        draw(screen, SLOTS, [_resource(screen, one) for one in limited])
    else:
        screen.write("No slot is taken.\n")
    if slots.waiting:
        screen.write("\n")
        draw(screen, WAITING, [_queued(screen, one) for one in slots.waiting])
    for taker, ends in _left(slots.resources):
        screen.show(Text(), *_comes_free(screen, taker, ends))
    if slots.silent:
        screen.write("\n")
    for mute in slots.silent:
        not_counted = "what moves there without ferry is not counted"
        screen.show(*labelled(screen, f"{screen.glyphs.symbol(Tone.BAD)} ", f"{mute.host}: {mute.why}; {not_counted}"))


def show_freed(screen: Screen, freed: Freed) -> None:
    """What was released, why that was possible, and what is still taken."""
    rows = [
        ("Slot", f"{freed.name}@{freed.host}, of run {freed.run}"),
        ("Saw", freed.says),
        ("Because", freed.because),
        ("Frees" if freed.done else "Would free", _amounts(freed.frees) or "nothing that has a limit"),
        ("Keeps", _amounts(freed.keeps) or "nothing: the whole slot is free"),
    ]
    if not freed.done:
        rows.append(("Done", "nothing was changed (--dry-run)"))
    for label, text in rows:
        screen.show(*labelled(screen, f"{label:<12}", text))


def _amounts(costs: Mapping[str, int]) -> str:
    return ", ".join(f"{cost} of {_name(resource)}" for resource, cost in sorted(costs.items()))


def _resource(screen: Screen, one: Resource) -> list[Cell]:
    taken = f"{one.used}/{one.capacity}"
    return [_name(one.name), marked(screen, Tone.ATTENTION, taken) if one.full else taken, _takers(one.takers)]


def _name(resource: str) -> str:
    """kvm02 live, kvm02 network migration, pool images, all hosts."""
    if resource == TOTAL:
        return "all hosts"
    host, counter = host_of(resource), counter_of(resource)
    if host is None:
        return resource.replace(":", " ", 1)
    return f"{host} network {network_of(resource)}" if counter == "network" else f"{host} {counter}"


def _takers(takers: Iterable[Taker]) -> str:
    return ", ".join(_taker(one) for one in takers)


def _taker(one: Taker) -> str:
    about = [f"run {one.run}" if one.run is not None else "not begun by ferry"]
    about += [f"takes {one.cost}"] if one.cost > 1 else []
    about += ["its process is gone"] if one.left else []
    return f"{one.name} ({', '.join(about)})"


def _queued(screen: Screen, one: Queued) -> list[Cell]:
    because = f"nothing more: {one.left}" if one.left else one.because or "its run to look at the limits"
    return [marked(screen, Tone.WAITING, one.name), one.source, one.destination, kept_clock(one.since), because]


def _left(resources: Iterable[Resource]) -> list[tuple[Taker, list[HostName]]]:
    """Each move whose run nobody drives, with the ends that it still takes something of."""
    found: dict[tuple[str, str], tuple[Taker, list[HostName]]] = {}
    for resource in resources:
        for taker in resource.takers:
            if taker.left:
                _, ends = found.setdefault((taker.run or "", taker.guest), (taker, []))
                host = host_of(resource.name)
                ends += [host] if host is not None and host not in ends else []
    return list(found.values())


def _comes_free(screen: Screen, taker: Taker, ends: list[HostName]) -> list[Text]:
    names = [end for end in (taker.source, taker.destination) if end in ends] or ends
    hosts = " and ".join(names)
    say = "say" if len(names) > 1 else "says"
    free = f"its slot comes free when {hosts} {say} that the migration is gone" if names else "its slot comes free"
    text = f"{taker.name}, run {taker.run}: {taker.left}; {free}. Take the run over: ferry resume {taker.run}"
    lines = labelled(screen, f"{screen.glyphs.symbol(Tone.ATTENTION)} ", text)
    for end in names:
        lines += labelled(screen, "    ", f"If {end} is dead: ferry release {taker.name}@{end} --because TEXT")
    return lines
