"""What came of bringing guests home."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.evacuation import Staying
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.report import RunReport
from orchestrator.model.run import RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRequest:
    """Bring guests home. homes: guest → the host that it left. opened: of these, hosts that take guests again by the
    time this is carried out."""

    homes: Mapping[GuestId, HostName]
    opened: frozenset[HostName] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Homecoming:
    """A guest that is away. now: the host that has it, None where none of those that answered does. gone: all hosts
    answered, and none has it or a definition of it."""

    guest: GuestId
    name: str
    home: HostName
    now: HostName | None
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WayHome:
    """What a way home begins with. homes: the hosts that guests return to. uncordoned: those of them that take no
    guests now, and will first of all. open: those that take guests from then on, so that nobody empties them any more.
    silent: those that guests left and that do not answer."""

    homes: tuple[HostName, ...]
    guests: tuple[Homecoming, ...]
    uncordoned: tuple[HostName, ...]
    plan: Plan
    open: tuple[HostName, ...] = ()
    silent: tuple[HostName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """homes: the hosts that guests returned to. runs: what was done, oldest first. home: how many are there now, as the
    hosts say, of all that were away. staying: who is not, where it is instead and why. gone: names of guests that are
    nowhere any more, not even as a definition; they are not among the others. stopped: who ended it early.
    rolls: that were left at one of the hosts, and stop there.
    """

    homes: tuple[HostName, ...]
    runs: tuple[RunReport, ...]
    guests: int
    home: int
    staying: tuple[Staying, ...]
    uncordoned: tuple[HostName, ...]
    stopped: str
    exit_code: int
    gone: tuple[str, ...] = ()
    rolls: tuple[RunId, ...] = ()

    @property
    def summary(self) -> str:
        """One line, for the subject of a mail: kvm01: all 8 guests are home."""
        return f"{self._summary}; no host has {' and '.join(self.gone)} any more" if self.gone else self._summary

    @property
    def _summary(self) -> str:
        named = ", ".join(self.homes)
        if not self.guests:
            return "nobody comes home now" if self.staying else "no guest is away"
        if self.home == self.guests:
            return f"{named}: {f'all {self.guests} guests are' if self.guests > 1 else 'the guest that left is'} home"
        away = ", ".join(one.name for one in self.staying if not one.asked)
        return f"{named}: {self.home} of {self.guests} guests are home, NOT {away}"
