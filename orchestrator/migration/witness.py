"""What is remembered of one host's copy between two looks: since when it runs, and what its kernel says of it."""

from dataclasses import dataclass, replace

from orchestrator.migration.place import Says
from orchestrator.model.facts import Unknown
from orchestrator.model.sighting import NoProcess, ProcessSeen, Sighting

# A copy that stands still may use its CPU once, when its devices are loaded; one that runs does so again and again.
GROWTHS = 2
_RUN = (Says.RUNNING, Says.LEAVING, Says.FETCHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One side of a move. Times are those of the looks.

    runs_since: first look of this stretch in which the copy was seen to run; a silence does not end the stretch.
    ran_since: the same of the stretch that ended last.
    heard, heard_at: what its libvirt said last. process: its QEMU as the kernel showed it at the last look, while
    libvirt was silent; no_process: the kernel has none. growths: looks of this silence in which the CPU time of its
    virtual CPUs had grown while the other side ran.
    """

    runs_since: float | None = None
    ran_since: float | None = None
    heard: Sighting | None = None
    heard_at: float | None = None
    process: ProcessSeen | None = None
    no_process: bool = False
    growths: int = 0

    @property
    def runs_unheard(self) -> bool:
        """Whether the kernel of a silent host has shown that the copy runs."""
        return self.growths >= GROWTHS


def hear(
    before: Witness,
    said: Sighting | Unknown,
    word: Says,
    process: ProcessSeen | NoProcess | Unknown | None,
    at: float,
    *,
    other_runs: bool,
) -> Witness:
    """Remember one look at one side. word: what was said, as the table of places reads it."""
    if isinstance(said, Sighting):
        since = (at if before.runs_since is None else before.runs_since) if word in _RUN else None
        ran = before.ran_since if before.runs_since is None else before.runs_since
        return Witness(runs_since=since, ran_since=ran, heard=said, heard_at=at)
    if isinstance(process, NoProcess):
        return replace(before, process=None, no_process=True, growths=0, runs_since=None)
    if not isinstance(process, ProcessSeen):
        return before
    last = before.process
    if last is None or last.pid != process.pid:
        return replace(before, process=process, no_process=False, growths=0)
    grown = other_runs and process.vcpu_seconds > last.vcpu_seconds
    since = at if grown and before.runs_since is None else before.runs_since
    return replace(before, process=process, growths=before.growths + grown, runs_since=since)
