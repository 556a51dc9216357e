"""What a rule looks at, as it becomes known: the guest, a host that may answer, both hosts, the pair."""

from dataclasses import dataclass

from orchestrator.model.facts import HostFacts, PairFacts, Unknown
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.guest import Guest, Power
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.settings import Settings

LIVE = frozenset({Power.RUNNING, Power.PAUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class AtSource:
    """A guest where it is now.

    lives_on: every host that has this UUID running or paused. silent: hosts that did not answer, so might have it too.
    """

    guest: Guest
    source: HostFacts
    settings: Settings
    lives_on: tuple[HostName, ...]
    silent: tuple[HostName, ...] = ()

    @property
    def source_entry(self) -> HostEntry:
        """The source as it is configured."""
        return self.settings.hosts[self.source.name]

    @property
    def to(self) -> HostName | None:
        """The destination this is about, once there is one."""
        return None

    def blocker(self, check: str, saw: str, fix: str, *, exit_code: int = 4, detail: tuple[str, ...] = ()) -> Finding:
        """Say what refuses the move."""
        return self._finding(Severity.BLOCKER, check, saw, fix, detail, exit_code)

    def warning(self, check: str, saw: str, fix: str, *, detail: tuple[str, ...] = ()) -> Finding:
        """Say what goes on, but should be known first."""
        return self._finding(Severity.WARNING, check, saw, fix, detail)

    def note(self, check: str, saw: str, fix: str) -> Finding:
        """Say what is worth knowing."""
        return self._finding(Severity.NOTE, check, saw, fix, ())

    def _finding(
        self, severity: Severity, check: str, saw: str, fix: str, detail: tuple[str, ...], exit_code: int = 4
    ) -> Finding:
        return Finding(
            check=check,
            severity=severity,
            guest=self.guest.name,
            source=self.source.name,
            destination=self.to,
            saw=saw,
            fix=fix,
            exit_code=exit_code,
            detail=detail,
        )


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
class BetweenHosts(AtSource):
    """Both hosts answered. incoming_bytes: memory already promised there to guests that have not arrived."""

    destination: HostFacts
    incoming_bytes: int = 0

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
    """Everything: also what was tried between these two hosts for this guest."""

    pair: PairFacts

    @property
    def definitions(self) -> tuple[str | None, str | None]:
        """The guest's definition here and the one of the same UUID there."""
        return (self.pair.definition_here, self.pair.definition_there)
