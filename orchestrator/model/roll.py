"""Several hosts taken one after the other: what was asked for, and what has happened so far."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.run import RunId
from orchestrator.model.schedule import Occasion


class Step(StrEnum):
    """What is written of a host, or of the whole roll. An intent (`evacuating`, `commanding`) comes before its effect.

    `failed`: this host is given up for now; `stopped`, `ended`: nobody works on the roll any more, and after `ended`
    nobody will; `continued`: somebody took it up again.
    """

    CHECKED = "checked"
    CORDONED = "cordoned"
    EVACUATING = "evacuating"
    EMPTIED = "emptied"
    COMMANDING = "commanding"
    COMMANDED = "commanded"
    HEALTHY = "healthy"
    UNCORDONED = "uncordoned"
    RESTORED = "restored"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    CONTINUED = "continued"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """How a host was before the command, for comparison. cpu: what it offers to guests, in short."""

    boot_id: str
    machine_id: str
    networks: tuple[str, ...]
    bridges: tuple[str, ...]
    pools: tuple[str, ...]
    cpu: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollEntry:
    """Something that happened in a roll, or is about to. host: None for what concerns the whole roll.

    command: which giving of the command is meant. controller: where a local one was given. picture: of the host before
    it. away: the host did not come back. again: with what the host is begun again, if it is. guests: what ran there
    when it was taken in hand. order: the number of the order that was obeyed. freed: the roll does not keep guests from
    the host any more: its cordon is lifted once this is written. harm: what became of guests that were moved since the
    entry before, where a person is to know; code: its exit code, 7 where one is held, otherwise 1.
    """

    at: datetime
    step: Step
    host: HostName | None = None
    because: str = ""
    command: str = ""
    controller: str = ""
    picture: Picture | None = None
    away: bool = False
    again: Step | None = None
    guests: tuple[GuestId, ...] = ()
    order: int = 0
    freed: bool = False
    harm: str = ""
    code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """hosts: in the order in which they are taken. command: what is run for each when it is empty.

    local: the command runs on the controller, for the host in FERRY_HOST. reboot: only another boot id proves that the
    host has come back. restore: guests go home before the next host is taken. failed_hosts: so many may fail, and the
    roll goes on; a host that does not come back ends it in any case. attempts: how often one host is evacuated at most.
    command_ms, healthy_ms: how long the command, and the way back to health, may take. until: from then on nothing more
    begins. occasion: for which the schedule last wanted it; None: persons alone did.
    """

    id: RunId
    started_at: datetime
    by: str
    hosts: tuple[HostName, ...]
    command: str
    local: bool = False
    reboot: bool = False
    restore: bool = False
    failed_hosts: int = 0
    attempts: int = 2
    command_ms: int = 1_800_000
    healthy_ms: int = 900_000
    until: datetime | None = None
    occasion: Occasion | None = None
    entries: tuple[RollEntry, ...] = ()

    @property
    def over(self) -> bool:
        """Whether it has come to its end: every host is done, or it was given up."""
        return any(entry.step is Step.ENDED for entry in self.entries)

    def same_wish(self, other: "Roll") -> bool:
        """Whether both ask for the same of the same hosts: then the second one joins the first."""
        return self._wish() == other._wish()

    def _wish(self) -> tuple[object, ...]:
        return self.hosts, self.command, self.local, self.reboot, self.restore
