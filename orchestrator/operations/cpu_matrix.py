"""Ask every host about the CPU of every guest, in both directions."""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.model.facts import Ask
from orchestrator.model.host import HostName
from orchestrator.model.topic import Topic
from orchestrator.operations.doors import Doors
from orchestrator.planning.cpu_matrix import Matrix, matrix, rows, wanted
from orchestrator.planning.resolve import unknown_host

PATIENCE = 10.0
_TOPICS = frozenset({Topic.CPU, Topic.CPU_BACK, Topic.CPU_OFFERS})


def cpu_matrix(doors: Doors, guests: Sequence[str], hosts: Sequence[HostName]) -> Matrix:
    """Guests (all running ones where none is named) against hosts (all of each guest's group where none is named).

    Raises usage.*, guest.unknown, host.unreachable where a silent host may have a guest that was named.
    """
    settings = doors.settings
    for host in hosts:
        if host not in settings.hosts:
            raise unknown_host(host, settings.hosts)
    ask = Ask(hosts=tuple(settings.hosts), topics=_TOPICS, shell=False)
    facts = doors.survey().facts(ask, within=PATIENCE)
    found, left_out = rows(guests, facts, settings.hosts)
    asked = wanted(found, tuple(hosts) or tuple(settings.hosts), settings, mixed=bool(hosts))
    if asked:
        facts = doors.survey().facts(replace(ask, pairs=asked, known=facts), within=PATIENCE)
    return matrix(found, asked, facts, left_out)
