"""The guests of a request, each once, with the host it is on."""

from dataclasses import dataclass

from orchestrator.checks.case import LIVE
from orchestrator.errors import OrchestratorError, Problem
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.guest import Guest
from orchestrator.model.host import HostName
from orchestrator.model.request import MoveRequest
from orchestrator.model.settings import Settings
from orchestrator.model.transport import Mode
from orchestrator.planning.resolve import lives_on, resolve, unknown_host
from orchestrator.planning.silence import silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One guest to be moved away from `source`. lives_on: every host that has it live. offline: as a definition."""

    guest: Guest
    source: HostName
    lives_on: tuple[HostName, ...]
    offline: bool = False

    @property
    def movable(self) -> bool:
        """Live here and nowhere else, or offline nowhere: only then is there something to measure between two hosts."""
        return self.lives_on == (() if self.offline else (self.source,))


def wanted(request: MoveRequest, settings: Settings, facts: Facts) -> tuple[Wanted, ...]:
    """Find every guest of the request; raises one error with everything that is wrong with it."""
    if request.to is not None and request.to not in settings.hosts:
        raise unknown_host(request.to, settings.hosts)
    found: dict[str, Wanted] = {}
    problems: list[Problem] = []
    for name in (*request.guests, *_leaving(request.leaving, settings, facts)):
        try:
            guest, source = resolve(name, facts, settings.hosts)
        except OrchestratorError as error:
            problems.extend(error.problems)
            continue
        live = lives_on(guest.uuid, facts)
        one = Wanted(guest=guest, source=source, lives_on=live, offline=request.mode is Mode.OFFLINE)
        if source == request.to and len(one.lives_on) < 2:
            problems.append(_same_host(one))
        found.setdefault(guest.uuid, one)
    if problems:
        # The first problem decides the exit code, and what is wrong with the command line stands alone.
        raise OrchestratorError(tuple(sorted(problems, key=lambda p: not p.code.startswith("usage."))))
    return tuple(found.values())


def _leaving(host: HostName | None, settings: Settings, facts: Facts) -> tuple[str, ...]:
    """The live guests of a host that is to be emptied, by UUID: a name might be found twice."""
    if host is None:
        return ()
    if host not in settings.hosts:
        raise unknown_host(host, settings.hosts)
    answer = facts.hosts.get(host, Unknown(why="it was not asked"))
    if isinstance(answer, Unknown):
        raise silent(host, answer, settings.hosts)
    return tuple(f"{host}/{guest.uuid}" for guest in answer.guests if guest.power in LIVE)


def _same_host(one: Wanted) -> Problem:
    return Problem(
        code="usage.same-host",
        saw=f"{one.guest.name} is to go to {one.source}, and is already there",
        now=f"{one.guest.name} is {one.guest.power} on {one.source}.",
    )
