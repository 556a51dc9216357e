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
        ways = tuple(dict.fromkeys((*ask.links, *((asked.source, asked.destination) for asked in ask.pairs))))
        names = dict.fromkeys((*ask.hosts, *(name for way in ways for name in way)))
        links = [link for way in ways for link in self._links(way, ask.networks)]
        return Facts(
            hosts={name: self._facts.hosts.get(name, NOT_SAVED) for name in names},
            links={(one.source, one.destination, one.network): one for one in links},
            pairs={(asked.guest, asked.destination): self._pair(asked) for asked in ask.pairs},
        )

    def _links(self, way: tuple[HostName, HostName], networks: tuple[str, ...]) -> tuple[LinkFacts, ...]:
        """What was saved of the link over these networks; where it was over none of them, that is what is said."""
        saved = [self._facts.links[*way, network] for network in networks if (*way, network) in self._facts.links]
        return tuple(saved) or tuple(_not_saved(way, network) for network in networks or ("",))

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


def _not_saved(way: tuple[HostName, HostName], network: str) -> LinkFacts:
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
