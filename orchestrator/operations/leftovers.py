"""Look for what moves and surveys have left on the hosts, and clean what is proven dead."""

from collections.abc import Sequence

from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Ask, Facts
from orchestrator.model.finding import Finding
from orchestrator.model.host import HostName
from orchestrator.model.repaired import Repaired
from orchestrator.model.run import Who
from orchestrator.model.topic import Topic
from orchestrator.operations.doors import Doors
from orchestrator.operations.inventory import PATIENCE
from orchestrator.operations.repair import repair
from orchestrator.planning.copies import doubtful
from orchestrator.planning.leftovers import leftovers
from orchestrator.planning.same_machine import same_machine

_ALARM = 7
_BETWEEN_LOOKS = 4.0  # seconds; longer than a guest takes from its source to its destination once it stands still


def find(doors: Doors, hosts: tuple[HostName, ...] = ()) -> tuple[Finding, ...]:
    """Everything that is left over, of these hosts (none named: of all). Every host is asked in any case: only then
    is anything proven. Changes nothing. Raises usage.unknown-host, config.same-machine.
    """
    known = doors.settings.hosts
    unknown = [name for name in hosts if name not in known]
    if unknown:
        raise OrchestratorError.of("usage.unknown-host", f"{', '.join(unknown)}: not among {', '.join(known)}")
    facts = doors.survey().facts(Ask(hosts=tuple(known), topics=frozenset({Topic.LEFTOVERS})), within=PATIENCE)
    problem = same_machine(facts)
    if problem is not None:
        raise OrchestratorError((problem,))
    looks = (facts, _again(doors)) if doubtful(facts) else (facts,)
    found = leftovers(doors.settings, looks, doors.clock.now().date())
    return tuple(one for one in found if not hosts or one.source in (None, *hosts) or one.exit_code == _ALARM)


def clean(doors: Doors, agreed: Sequence[Finding], who: Who) -> tuple[Repaired, ...]:
    """Look once more, and clean what somebody has agreed to and what is still proven dead. Raises as find and repair.

    Between the first look and the consent a guest may have come home.
    """
    wanted = {one.remedy for one in agreed if one.remedy is not None}
    still = [one for one in find(doors) if one.remedy in wanted]
    return repair(doors, still, who) if still else ()


def _again(doors: Doors) -> Facts:
    """The guests of all hosts, a few seconds later."""
    looks: list[Facts] = []
    waited = False

    def step() -> float | None:
        nonlocal waited
        if not waited:
            waited = True
            return _BETWEEN_LOOKS
        ask = Ask(hosts=tuple(doors.settings.hosts), shell=False)
        looks.append(doors.survey().facts(ask, within=PATIENCE))
        return None

    loop = doors.loop()
    loop.add("second look", step)
    loop.run()
    return looks[0]
