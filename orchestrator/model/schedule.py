"""What ferry does by itself and when: the entries of `schedule:`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, tzinfo

from orchestrator.model.host import HostName
from orchestrator.model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Wall-clock times in a zone, as cron counts them: days of the month from 1, days of the week from 0 (Monday).

    either: a day counts if its number or its weekday is among them; otherwise it has to be both. text: as written.
    """

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    zone: tzinfo
    either: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """do: a command of ferry. window: it begins and ends inside it. deadline: a time of day, in the zone of `at`, or
    seconds after its time. splay_seconds: it begins up to so much later. options: of the command, by name."""

    name: str
    do: str
    at: Times
    hosts: tuple[HostName, ...] = ()
    window: Window | None = None
    deadline: time | int | None = None
    splay_seconds: int = 0
    options: Mapping[str, str | bool | tuple[str, ...]] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Why there are the runs that it begins."""
        return f"schedule: {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What the schedule wanted something for: one of its entries, and the time of that."""

    entry: str
    slot: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What an entry may ask for. hosts: whether it names some. consent: whether the command asks for it. deadline:
    whether it is told when it must be over. options: those it takes, and whether each is a switch, one text, or
    several. needs: those without which it is nothing."""

    hosts: bool
    consent: bool = True
    deadline: bool = True
    options: Mapping[str, type[bool] | type[str] | type[list[str]]] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()


# What `do:` may say, by the command that is run.
DOINGS: Mapping[str, Doing] = {
    "evacuate": Doing(
        hosts=True,
        options={"only": list[str], "exclude": list[str], "to": list[str], "at_deadline": str, "shut_off": bool},
    ),
    "restore": Doing(hosts=True, deadline=False, options={"policy": str}),
    "rolling": Doing(
        hosts=True,
        options={
            "run": str,
            "local": bool,
            "reboot": bool,
            "restore": bool,
            "failed_hosts": str,
            "attempts": str,
            "command_timeout": str,
            "healthy_timeout": str,
        },
        needs=frozenset({"run"}),
    ),
    "resume": Doing(hosts=False, consent=False, deadline=False),
}
