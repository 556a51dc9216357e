"""The Survey of facts that were saved before: it answers from them, and no host is asked."""

from orchestrator.model.facts import Ask, Asked, Facts, LinkFacts, PairFacts, Unknown
from orchestrator.model.host import HostName

NOT_SAVED = Unknown(why="not in the saved facts", code="host.unreachable")
# `ferry facts` asks hosts what lies between them for the guests that it is given, and for no others.
WITHOUT_GUEST = Unknown(why="the facts were saved without this guest and destination", code="usage.facts")


class SavedSurvey:
    """Answer what was saved; the rest is Unknown."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def facts(self, ask: Ask, *, within: float) -> Facts:
        """Look up what is asked for."""
        ways = dict.fromkeys(ask.links, ask.migration_network)
        ways |= {(asked.source, asked.destination): asked.migration_network for asked in ask.pairs}
        names = dict.fromkeys((*ask.hosts, *(name for way in ways for name in way)))
        return Facts(
            hosts={name: self._facts.hosts.get(name, NOT_SAVED) for name in names},
            links={way: self._link(way, network) for way, network in ways.items()},
            pairs={(asked.guest, asked.destination): self._pair(asked) for asked in ask.pairs},
        )

    def _link(self, way: tuple[HostName, HostName], network: str) -> LinkFacts:
        saved = self._facts.links.get(way)
        if saved is not None and saved.network == network:
            return saved
        return LinkFacts(
            source=way[0],
            destination=way[1],
            network=network,
            peer=NOT_SAVED,
            ports=NOT_SAVED,
            route=NOT_SAVED,
            path_mtu=NOT_SAVED,
            resolves=NOT_SAVED,
        )

    def _pair(self, asked: Asked) -> PairFacts:
        saved = self._facts.pairs.get((asked.guest, asked.destination))
        if saved is not None and saved.source == asked.source:
            return saved
        return PairFacts(
            guest=asked.guest,
            source=asked.source,
            destination=asked.destination,
            cpu=WITHOUT_GUEST,
            paths=WITHOUT_GUEST,
            cpu_back=WITHOUT_GUEST,
        )
