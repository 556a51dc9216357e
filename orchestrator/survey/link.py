"""What holds between one source and one destination, whatever guest moves: one script on the source."""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from orchestrator.model.facts import LinkFacts, Unknown
from orchestrator.model.topic import Topic
from orchestrator.ports import CommandResult
from orchestrator.survey import legs, root, route
from orchestrator.survey.end import End

_OF_ADDRESS = frozenset({Topic.PORTS, Topic.ROUTE, Topic.PATH_MTU})


def ask(known: LinkFacts, source: End, destination: End, topics: AbstractSet[Topic]) -> LinkFacts:
    """Add the answers to these topics to what is known of the link."""
    address = destination.entry.addresses.get(known.network)
    asked = topics if address is not None else topics - _OF_ADDRESS
    values: dict[str, Any] = {}
    if asked:
        said = source.run(_script(destination, address or "", asked))
        values = {topic.value: _answer(topic, said, source, destination, address or "") for topic in asked}
    lacking = Unknown(why=f"{destination.entry.name} has no address on network {known.network}")
    return replace(unknown(known, lacking, topics - asked), **values)


def unknown(known: LinkFacts, why: Unknown, topics: AbstractSet[Topic]) -> LinkFacts:
    """A link of which these topics could not be asked."""
    values: dict[str, Any] = dict.fromkeys((topic.value for topic in topics), why)
    return replace(known, **values)


def _script(destination: End, address: str, topics: AbstractSet[Topic]) -> str:
    """Everything runs at once; each part prints one line when it knows."""
    parts = [root.SHELL]
    if Topic.PEER in topics:
        parts.append(legs.peer_script(destination.entry.peer_uri))
    if Topic.PORTS in topics:
        parts.append(legs.ports_script(address, legs.ports_to_try(destination.facts)))
    if Topic.ROUTE in topics:
        parts.append(route.route_script(address))
    if Topic.PATH_MTU in topics:
        parts.append(route.path_mtu_script(address))
    if Topic.RESOLVES in topics:
        parts.append(route.name_script(destination.facts.hostname))
    return "\n".join([*parts, "wait"])


def _answer(topic: Topic, said: CommandResult | Unknown, source: End, destination: End, address: str) -> Any:
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
