"""What a rule looks at: a host, a guest where it is, the way between two hosts, a move, a plan."""

from dataclasses import dataclass
from datetime import date

from orchestrator.model.cordon import Cordon
from orchestrator.model.facts import HostFacts, LinkFacts, PairFacts, Unknown
from orchestrator.model.guest import Guest, Power
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.move import Move
from orchestrator.model.offer import Unmet
from orchestrator.model.open_move import OpenMove
from orchestrator.model.policy import Policy
from orchestrator.model.settings import Settings
from orchestrator.model.transport import Mode

LIVE = frozenset({Power.RUNNING, Power.PAUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """What every rule knows: the configuration, and which day it is (waivers end).

    network: the one that is judged, for rules about a network.
    """

    settings: Settings
    today: date = date.min
    network: str = ""

    @property
    def policy(self) -> Policy:
        """What the operator allows for what is looked at here."""
        return self.settings.policy

    @property
    def subject(self) -> tuple[str, HostName | None, HostName | None]:
        """Guest ("" for none), source and destination that this is about."""
        return "", None, None


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHost(Looking):
    """One host by itself, whichever part it takes in a move."""

    host: HostFacts

    @property
    def entry(self) -> HostEntry:
        """The host as it is configured."""
        return self.settings.hosts[self.host.name]

    @property
    def policy(self) -> Policy:
        """What is allowed at this host."""
        return self.settings.policy_for(host=self.host.name)

    @property
    def subject(self) -> tuple[str, HostName | None, HostName | None]:
        """The host; for a finding about one host it stands where a source would."""
        return "", self.host.name, None


@dataclass(frozen=True, slots=True, kw_only=True)
class AtSource(Looking):
    """A guest where it is now.

    lives_on: every host that has this UUID running or paused. silent: hosts that did not answer, so might have it too.
    mode: how it is asked to move. open_moves: moves of it that are on record and not over.
    """

    guest: Guest
    source: HostFacts
    lives_on: tuple[HostName, ...]
    silent: tuple[HostName, ...] = ()
    mode: Mode = Mode.LIVE
    open_moves: tuple[OpenMove, ...] | Unknown = ()

    @property
    def source_entry(self) -> HostEntry:
        """The source as it is configured."""
        return self.settings.hosts[self.source.name]

    @property
    def to(self) -> HostName | None:
        """The destination this is about, once there is one."""
        return None

    @property
    def policy(self) -> Policy:
        """What is allowed for this guest, at the destination once there is one."""
        return self.settings.policy_for(guest=self.guest.name, host=self.to)

    @property
    def subject(self) -> tuple[str, HostName | None, HostName | None]:
        """The guest, its host, and where it is to go."""
        return self.guest.name, self.source.name, self.to


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaching(AtSource):
    """A possible destination, whether or not it answered."""

    destination_entry: HostEntry
    answer: HostFacts | Unknown

    @property
    def to(self) -> HostName:
        """The destination."""
        return self.destination_entry.name


@dataclass(frozen=True, slots=True, kw_only=True)
class OnLink(Looking):
    """The way from one host to another, whatever guest takes it. back: the way home, where it was looked at.

    refused: each network that was in question and cannot be taken, with the reason; instead: the one that is taken in
    place of those for migrations. Empty until it has been chosen among several. cordons: of all hosts.
    """

    source: HostFacts
    destination: HostFacts
    link: LinkFacts
    back: LinkFacts | None = None
    refused: tuple[str, ...] = ()
    instead: str = ""
    cordons: tuple[Cordon, ...] | Unknown = ()

    @property
    def source_entry(self) -> HostEntry:
        """The source as it is configured."""
        return self.settings.hosts[self.source.name]

    @property
    def destination_entry(self) -> HostEntry:
        """The destination as it is configured."""
        return self.settings.hosts[self.destination.name]

    @property
    def to(self) -> HostName:
        """The destination."""
        return self.destination.name

    @property
    def policy(self) -> Policy:
        """What is allowed at the destination."""
        return self.settings.policy_for(host=self.destination.name)

    @property
    def subject(self) -> tuple[str, HostName | None, HostName | None]:
        """Both hosts."""
        return "", self.source.name, self.destination.name


@dataclass(frozen=True, slots=True, kw_only=True)
class BetweenHosts(AtSource):
    """A guest and a destination; both hosts answered. incoming_bytes: memory promised there to guests on their way.

    incoming_vcpus: likewise virtual CPUs; incoming_names: of those that the same plan sends there. chosen: the
    operator named this destination. unmet: what the policy asks of the transport and these two hosts, or another
    key of it, do not allow.
    """

    destination: HostFacts
    incoming_bytes: int = 0
    incoming_vcpus: int = 0
    incoming_names: tuple[str, ...] = ()
    chosen: bool = False
    unmet: tuple[Unmet, ...] = ()

    @property
    def to(self) -> HostName:
        """The destination."""
        return self.destination.name

    @property
    def destination_entry(self) -> HostEntry:
        """The destination as it is configured."""
        return self.settings.hosts[self.destination.name]

    @property
    def definitions(self) -> tuple[str | None, str | None]:
        """The guest's definition here and the one of the same UUID there; nobody has asked for them yet."""
        return (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(BetweenHosts):
    """Everything: also what was tried for this guest between these two hosts."""

    pair: PairFacts

    @property
    def definitions(self) -> tuple[str | None, str | None]:
        """The guest's definition here and the one of the same UUID there."""
        return (self.pair.definition_here, self.pair.definition_there)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPlan(Looking):
    """All moves of a plan together, and the hosts they touch."""

    moves: tuple[Move, ...]
    hosts: tuple[HostFacts, ...]
