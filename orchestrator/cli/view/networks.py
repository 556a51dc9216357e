"""Networks as an operator reads them: who is on them, which one moves take and why, what to write otherwise."""

from collections.abc import Container, Sequence

from rich.text import Text

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import count, inert
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.cli.view.tables import draw, marked
from orchestrator.cli.view.tone import Tone
from orchestrator.planning.network import Candidate, Selection
from orchestrator.planning.network_advice import Advice
from orchestrator.planning.network_score import ago
from orchestrator.planning.network_view import NetworkSeen, NetworksSeen, Place, Tested, roles

NETWORKS = ("network", "range", "roles", "priority>", "capacity>", "moves may use>", "")
PLACES = ("network", "host", "address", "interface", "MTU>", "speed>", "moves may use>")
TESTS = ("network", "way", "streams", "round trip>", "MTU>", "by", "age")
CHOICE = ("network", "state", "score>", "from", "to")


def show_networks(screen: Screen, found: NetworksSeen) -> None:
    """Three tables: the networks, the hosts on them, the tests."""
    draw(screen, NETWORKS, [_network(one) for one in found.networks])
    names = inert(", ".join(found.order)) or "none"
    screen.write(f"\nMoves choose among {names}; where none of them is usable: on_missing: {found.on_missing}\n\n")
    draw(screen, PLACES, [_place(screen, one, place, found.silent) for one in found.networks for place in one.hosts])
    tests = [_test(one, test) for one in found.networks for test in one.tests]
    screen.write("\n")
    if tests:
        draw(screen, TESTS, tests)
    else:
        screen.write("Nothing was tested yet: ferry network test SRC DST\n")
    for host, rate in found.smb_bytes_per_second.items():
        screen.write(f"{inert(host)}: the factor of Hyper-V gives all its moves together {gigabits(rate)}\n")
    if found.silent:
        screen.write("\n")
    for host, why in found.silent.items():
        screen.show(marked(screen, Tone.BAD, f"{host} does not answer: {why}"))


def show_choice(screen: Screen, policy: str, selection: Selection, candidates: Sequence[Candidate]) -> None:
    """The choice first, then each network: its score with what it is made of, or why it is not taken."""
    way = f"from {selection.source} to {selection.destination}, by the policy {policy}"
    if selection.chosen is None:
        screen.show(marked(screen, Tone.BAD, f"No network is usable {way}: a move would be refused"))
    else:
        screen.show(marked(screen, Tone.GOOD, f"{selection.chosen.network} is taken {way}"))
        if selection.because:
            screen.show(*labelled(screen, "  ", selection.because))
    screen.write("\n")
    draw(screen, CHOICE, [_candidate(screen, one, selection) for one in candidates])
    for one in candidates:
        screen.write(f"\n{inert(one.network)}\n")
        for why in one.rejected:
            screen.show(*labelled(screen, "  not taken  ", why))
        for why in one.unfit:
            screen.show(*labelled(screen, "  lacks  ", why))
        for part in one.parts:
            screen.show(*labelled(screen, f"  {part.name:<9} {_factor(part.name, part.factor):>6}  ", part.because))
        for finding in one.findings:
            if one.usable:
                screen.show(*labelled(screen, f"  {finding.severity.value}  ", f"{finding.check}: {finding.saw}"))


def show_advice(screen: Screen, advice: Advice) -> None:
    """A difference, as of texts: what stands, what should stand, and why."""
    if not advice.changes:
        screen.show(marked(screen, Tone.GOOD, "What is written of networks fits what was found."))
    for one in advice.changes:
        screen.show(Text(inert(f"{'ferry.yaml networks' if one.place == 'networks' else 'policy'}: {one.key}")))
        if one.now is not None:
            screen.show(Text(inert(f"- {one.now}"), style="red"))
        screen.show(Text(inert(f"+ {one.then}"), style="green"))
        screen.show(*labelled(screen, "  because ", one.because))
    for source, destination, refused in advice.unusable:
        screen.show(marked(screen, Tone.BAD, f"No network is usable from {source} to {destination}"))
        for why in refused:
            screen.show(*labelled(screen, "    ", why))
    if advice.untested:
        source, destination, _ = advice.untested[0]
        ways = count(len(advice.untested), "way")
        screen.write(f"\n{ways} nobody has measured: ferry network test {inert(source)} {inert(destination)}\n")


def gigabits(bytes_per_second: int | None) -> str:
    """Links are read in bits: 9.4 Gbit/s, 400 Mbit/s."""
    if bytes_per_second is None:
        return "?"
    megabits = bytes_per_second * 8 / 10**6
    return f"{megabits / 1000:.3g} Gbit/s" if megabits >= 1000 else f"{megabits:.3g} Mbit/s"


def _network(one: NetworkSeen) -> list[str]:
    network = one.network
    marks = ["excluded"] * one.excluded + ["encrypted only"] * network.encryption + ["no RDMA"] * (not network.rdma)
    capacity = "" if network.capacity is None else gigabits(int(network.capacity))
    share = f"{gigabits(one.share_bytes_per_second)} ({one.share_percent} %)"
    ranges = " ".join((network.cidr, *network.routed))
    return [network.name, ranges, roles(network), str(network.priority), capacity, share, ", ".join(marks)]


def _place(screen: Screen, one: NetworkSeen, place: Place, silent: Container[str]) -> list[str | Text]:
    card: str | Text = "?"
    if place.interface is None and place.host not in silent:
        card = marked(screen, Tone.BAD, "not found")
    elif place.interface is not None:
        card = marked(screen, Tone.GOOD if place.up else Tone.BAD, place.interface)
    mtu = "" if place.mtu is None else str(place.mtu)
    rates = [gigabits(place.bytes_per_second), gigabits(place.share_bytes_per_second)]
    return [one.network.name, place.host, place.address, card, mtu, *rates]


def _test(one: NetworkSeen, test: Tested) -> list[str]:
    streams = ", ".join(f"{number}: {gigabits(rate)}" for number, rate in sorted(test.bytes_per_second.items()))
    trip = "?" if test.round_trip_ms is None else f"{test.round_trip_ms:.2g} ms"
    mtu = "?" if test.mtu is None else str(test.mtu)
    return [one.network.name, f"{test.source} > {test.destination}", streams, trip, mtu, test.by, ago(test.age_seconds)]


def _candidate(screen: Screen, one: Candidate, selection: Selection) -> list[str | Text]:
    if selection.chosen is not None and one.network == selection.chosen.network:
        state = marked(screen, Tone.GOOD, "taken")
    elif one.usable:
        state = marked(screen, Tone.WAITING, "usable")
    else:
        state = marked(screen, Tone.BAD, "not usable")
    score = f"{one.score:.0f}" if one.parts and one.usable else ""
    return [one.network, state, score, one.source_address or "none", one.destination_address or "none"]


def _factor(name: str, factor: float) -> str:
    return f"{factor:.0f}" if name == "rate" else f"x{factor:.2f}"
