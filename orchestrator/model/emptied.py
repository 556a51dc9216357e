"""What came of emptying hosts, or of bringing guests home."""

from dataclasses import dataclass

from orchestrator.model.evacuation import Staying
from orchestrator.model.host import HostName
from orchestrator.model.report import RunReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """hosts: that were to be emptied. runs: what was done, oldest first. staying: who is left there and why, as the
    hosts themselves say. silent: hosts that do not say. cordoned: hosts that take no guests until they are uncordoned.
    stopped: who ended it early. exit_code: of the whole.
    """

    hosts: tuple[HostName, ...]
    runs: tuple[RunReport, ...]
    staying: tuple[Staying, ...]
    silent: tuple[HostName, ...]
    cordoned: tuple[HostName, ...]
    stopped: str
    exit_code: int

    @property
    def empty(self) -> bool:
        """Whether all hosts say that no guest is left."""
        return not self.silent and not any(one.live for one in self.staying)

    @property
    def summary(self) -> str:
        """One line, for the subject of a mail: kvm01 is empty: 8 guests moved."""
        moved = sum(m.outcome is not None and m.outcome.state == "migrated" for run in self.runs for m in run.moves)
        hosts = ", ".join(self.hosts)
        told = f"{moved} {'guest' if moved == 1 else 'guests'} moved"
        if self.silent:
            return f"{hosts}: {told}, {', '.join(self.silent)} does not answer"
        if self.empty:
            return f"{hosts} {'is' if len(self.hosts) == 1 else 'are'} empty: {told}"
        live = [one.name for one in self.staying if one.live]
        return f"{hosts} NOT empty: {told}, {len(live)} left: {', '.join(live)}"
