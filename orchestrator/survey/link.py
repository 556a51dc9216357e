"""What holds between one source and one destination, whatever guest moves: one script on the source."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from orchestrator.model.facts import LinkFacts, Unknown
from orchestrator.model.topic import Topic
from orchestrator.ports import CommandResult
from orchestrator.survey import legs, root, route
from orchestrator.survey.end import End

_OF_ADDRESS = frozenset({Topic.PORTS, Topic.ROUTE, Topic.PATH_MTU})

Lacking = Mapping[str, AbstractSet[Topic]]


def ask(known: Sequence[LinkFacts], lacking: Lacking, source: End, destination: End) -> tuple[LinkFacts, ...]:
    """Add the answers to what is known of the link over each network. lacking: network → topics it was not asked."""
    topics = frozenset(topic for asked in lacking.values() for topic in asked)
    ranges = {
        one.network: (number, destination.entry.addresses[one.network], lacking[one.network] & _OF_ADDRESS)
        for number, one in enumerate(known)
        if one.network in destination.entry.addresses
    }
    if not (topics - _OF_ADDRESS) and not any(asked for _, _, asked in ranges.values()):
        return tuple(_without(one, destination, lacking[one.network]) for one in known)
    said = source.run(_script(destination, topics - _OF_ADDRESS, tuple(ranges.values())))
    found = []
    for number, one in enumerate(known):
        wanted = lacking[one.network]
        values: dict[str, Any] = {
            topic.value: _answer(topic, said, source, destination) for topic in wanted - _OF_ADDRESS
        }
        address = destination.entry.addresses.get(one.network)
        if address is not None:
            over = _over(number, said)
            values |= {t.value: _answer(t, over, source, destination, address) for t in wanted & _OF_ADDRESS}
        found.append(replace(_without(one, destination, wanted), **values))
    return tuple(found)


def unknown(known: LinkFacts, why: Unknown, topics: AbstractSet[Topic]) -> LinkFacts:
    """A link of which these topics could not be asked."""
    values: dict[str, Any] = dict.fromkeys((topic.value for topic in topics), why)
    return replace(known, **values)


def _without(known: LinkFacts, destination: End, topics: AbstractSet[Topic]) -> LinkFacts:
    """What an address would be needed for, where there is none."""
    if known.network in destination.entry.addresses:
        return known
    over = f"on network {known.network}" if known.network else "on a network that both hosts have"
    return unknown(known, Unknown(why=f"{destination.entry.name} has no address {over}"), topics & _OF_ADDRESS)


def _script(destination: End, topics: AbstractSet[Topic], ranges: Sequence[tuple[int, str, AbstractSet[Topic]]]) -> str:
    """Everything runs at once; each part prints one line when it knows, of a network behind `over NUMBER`."""
    parts = [root.SHELL]
    if Topic.PEER in topics:
        parts.append(legs.peer_script(destination.entry.peer_uri))
    if Topic.RESOLVES in topics:
        parts.append(route.name_script(destination.facts.hostname))
    for number, address, asked in ranges:
        if asked:
            parts.append(f"{{\n{_of_network(destination, address, asked)}\nwait\n}} | sed 's/^/over {number} /' &")
    return "\n".join([*parts, "wait"])


def _of_network(destination: End, address: str, topics: AbstractSet[Topic]) -> str:
    parts = []
    if Topic.PORTS in topics:
        parts.append(legs.ports_script(address, legs.ports_to_try(destination.facts)))
    if Topic.ROUTE in topics:
        parts.append(route.route_script(address))
    if Topic.PATH_MTU in topics:
        parts.append(route.path_mtu_script(address))
    return "\n".join(parts)


def _over(number: int, said: CommandResult | Unknown) -> CommandResult | Unknown:
    """What was said of one network."""
    if isinstance(said, Unknown):
        return said
    mark = f"over {number} "
    lines = (line.removeprefix(mark) for line in said.stdout.splitlines() if line.startswith(mark))
    return replace(said, stdout="".join(f"{line}\n" for line in lines))


def _answer(topic: Topic, said: CommandResult | Unknown, source: End, destination: End, address: str = "") -> Any:
    if topic is Topic.PEER:
        return legs.peer(said, source.entry, destination.entry)
    if topic is Topic.PORTS:
        return legs.ports(said, address)
    if isinstance(said, Unknown):
        return said
    word, read = _READ[topic]
    found = read([line.partition(" ")[2] for line in said.stdout.splitlines() if line.startswith(f"{word} ")])
    leg = f"{source.entry.name} to {destination.entry.name}"
    return replace(found, leg=leg) if isinstance(found, Unknown) else found


_READ: dict[Topic, Any] = {
    Topic.ROUTE: ("route", route.route),
    Topic.PATH_MTU: ("mtu", route.path_mtu),
    Topic.RESOLVES: ("name", route.addresses),
}
