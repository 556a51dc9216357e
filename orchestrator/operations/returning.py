"""Facts for a way home, and the plan made of them: all hosts first, then what lies between guests and their homes."""

from collections.abc import Mapping

from orchestrator.checks.registry import TOPICS
from orchestrator.model.facts import Ask
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.restored import HomeRequest
from orchestrator.operations.doors import Doors
from orchestrator.operations.gather import hosts_first, then_between
from orchestrator.operations.networks import known
from orchestrator.operations.open_moves import open_moves
from orchestrator.planning.homecoming import homecoming_pairs, plan_homecoming


def plan_returning(doors: Doors, request: HomeRequest, now: Mapping[GuestId, HostName], *, soon: bool = False) -> Plan:
    """Plan the way home from what the hosts and the store say. now: where these guests were seen. soon: it will be
    carried out at once.

    A home that does not answer keeps its own guests away and no others. Raises config.same-machine and
    store.unavailable.
    """
    settings, store = doors.settings, doors.store()
    ask = Ask(
        hosts=tuple(settings.hosts),
        topics=TOPICS,
        networks=settings.networks_in_question,
        ask_qemu=tuple(f"{host}/{guest}" for guest, host in now.items()) if settings.policy.ask_qemu else (),
    )
    for source in dict.fromkeys(now.values()) if soon else ():
        doors.hypervisor(source).expect()
    with doors.turn():
        facts, today, cordons = hosts_first(doors, ask), doors.clock.now().date(), store.cordons()
        pairs = homecoming_pairs(request, settings, facts, today, cordons)
        facts = then_between(doors, ask, facts, pairs)
    moving = open_moves(store, doors.holder, None)
    return plan_homecoming(request, settings, facts, today, moving, known(doors), cordons)
