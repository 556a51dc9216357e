"""The Survey of the real hosts: all at once, and a host that hangs costs its own row."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import partial

from orchestrator.model.facts import NOT_ASKED, Ask, Asked, Facts, HostFacts, LinkFacts, PairFacts, Unknown
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.topic import OF_LINK, OF_PAIR, Topic
from orchestrator.ports import HostShell, Inventory
from orchestrator.survey import host, link
from orchestrator.survey.end import End
from orchestrator.survey.pair import Pair
from orchestrator.survey.parallel import begin

_Hosts = Mapping[HostName, Future[HostFacts | Unknown]]
_Pairs = dict[tuple[GuestId, HostName], PairFacts]
_Way = tuple[HostName, HostName]


class HostSurvey:
    """Ask the hosts themselves."""

    def __init__(
        self,
        entries: Mapping[HostName, HostEntry],
        inventories: Mapping[HostName, Inventory],
        shells: Mapping[HostName, HostShell],
    ) -> None:
        self._entries = entries
        self._inventories = inventories
        self._shells = shells

    def facts(self, ask: Ask, *, within: float) -> Facts:
        """Read what is asked for, all hosts in parallel; what cannot be read is Unknown."""
        deadline = time.monotonic() + within
        ways = _ways(ask)
        names = dict.fromkeys((*ask.hosts, *(name for way in ways for name in way)))
        known = ask.known.hosts if ask.known is not None else {}
        hosts = {
            name: begin(partial(self._host, name, known.get(name), ask, deadline), f"survey-{name}") for name in names
        }
        # A pair begins as soon as its two hosts have answered: a third one that hangs does not use up its time.
        links = [begin(partial(self._links, way, ask, hosts, deadline), "survey-link") for way in ways]
        pairs = [
            begin(partial(self._pair, group, ask.topics, hosts, deadline), "survey-pair") for group in _groups(ask)
        ]
        found: _Pairs = {}
        for pair in pairs:
            found |= pair.result()
        return Facts(
            hosts={name: answer.result() for name, answer in hosts.items()},
            links={(one.source, one.destination, one.network): one for answer in links for one in answer.result()},
            pairs=found,
        )

    def _host(
        self, name: HostName, known: HostFacts | Unknown | None, ask: Ask, deadline: float
    ) -> HostFacts | Unknown:
        within = max(0.1, deadline - time.monotonic())
        return host.ask(self._inventories[name], self._shells[name], name, known, ask, within=within)

    def _ends(self, way: _Way, hosts: _Hosts, deadline: float) -> tuple[End, End] | Unknown:
        ends = []
        for name in way:
            facts = hosts[name].result()
            if isinstance(facts, Unknown):
                return facts
            ends.append(
                End(
                    entry=self._entries[name],
                    facts=facts,
                    inventory=self._inventories[name],
                    shell=self._shells[name],
                    deadline=deadline,
                )
            )
        return ends[0], ends[1]

    def _links(self, way: _Way, ask: Ask, hosts: _Hosts, deadline: float) -> tuple[LinkFacts, ...]:
        """The link over every network that both hosts are on; over none, where there is none."""
        read = ask.known.links if ask.known is not None else {}
        here, there = (self._entries[name].addresses for name in way)
        known = [
            read.get((*way, network)) or LinkFacts(source=way[0], destination=way[1], network=network)
            for network in [name for name in ask.networks if name in here and name in there] or [""]
        ]
        lacking = {
            one.network: frozenset(t for t in ask.topics & OF_LINK if getattr(one, t.value) == NOT_ASKED)
            for one in known
        }
        if not any(lacking.values()):
            return tuple(known)
        ends = self._ends(way, hosts, deadline)
        if isinstance(ends, Unknown):
            return tuple(link.unknown(one, ends, lacking[one.network]) for one in known)
        return link.ask(known, lacking, *ends)

    def _pair(self, group: Sequence[Asked], topics: frozenset[Topic], hosts: _Hosts, deadline: float) -> _Pairs:
        first = group[0]
        ends = self._ends((first.source, first.destination), hosts, deadline)
        if isinstance(ends, Unknown):
            return {(asked.guest, asked.destination): _unknown(asked, ends) for asked in group}
        source, destination = ends
        guests = [guest for asked in group if (guest := _guest(source.facts, asked.guest)) is not None]
        pair = Pair(source=source, destination=destination, topics=topics & OF_PAIR)
        answers = pair.ask(guests) if guests else {}
        gone = Unknown(why="the guest is not on this host any more", leg=f"{first.source}")
        return {(asked.guest, asked.destination): answers.get(asked.guest) or _unknown(asked, gone) for asked in group}


def _ways(ask: Ask) -> tuple[_Way, ...]:
    """The links to read, each once."""
    return tuple(dict.fromkeys((*ask.links, *((asked.source, asked.destination) for asked in ask.pairs))))


def _groups(ask: Ask) -> list[list[Asked]]:
    groups: dict[_Way, list[Asked]] = {}
    for asked in ask.pairs:
        groups.setdefault((asked.source, asked.destination), []).append(asked)
    return list(groups.values())


def _guest(facts: HostFacts, uuid: GuestId) -> Guest | None:
    return next((guest for guest in facts.guests if guest.uuid == uuid), None)


def _unknown(asked: Asked, why: Unknown) -> PairFacts:
    return PairFacts(
        guest=asked.guest, source=asked.source, destination=asked.destination, cpu=why, cpu_back=why, paths=why
    )
