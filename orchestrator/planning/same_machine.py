"""Two entries of the configuration that are one machine."""

from collections.abc import Iterator
from itertools import combinations

from orchestrator.errors import Problem
from orchestrator.model.facts import Facts, HostFacts, Unknown


def same_machine(facts: Facts) -> Problem | None:
    """Say which hosts are one machine. What is not known is not taken for equal."""
    hosts = [host for _, host in sorted(facts.answering().items())]
    found = [
        f"{a.name} and {b.name} have the same {what} {value}"
        for a, b in combinations(hosts, 2)
        for what, value in _in_common(a, b)
    ]
    if not found:
        return None
    return Problem(
        code="config.same-machine",
        saw="; ".join(found),
        now="Every guest is where it was.",
    )


def _in_common(a: HostFacts, b: HostFacts) -> Iterator[tuple[str, str]]:
    one, other = a.identity, b.identity
    for what, mine, theirs in (
        ("host UUID", one.host_uuid, other.host_uuid),
        ("machine id", one.machine_id, other.machine_id),
        ("boot id", one.boot_id, other.boot_id),
    ):
        if isinstance(mine, Unknown) or isinstance(theirs, Unknown):
            continue
        known = mine.strip().lower()
        if known and known == theirs.strip().lower():
            yield what, known
