"""The source finds the destination under the name that the destination gives itself."""

from collections.abc import Iterator
from ipaddress import ip_address

from orchestrator.checks.case import OnLink
from orchestrator.checks.interfaces import plain
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, note, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: OnLink) -> Iterator[Found]:
    found, name = known(case.link.resolves), case.destination.hostname
    fix = f"Mend DNS or /etc/hosts of {case.source.name}: {on(case.source_entry, 'getent', 'ahosts', name)}"
    loops = [address for address in found if _loops(address)]
    if loops:
        yield warning(
            f"{case.source.name} finds itself under {name}, the host name of {case.to}: {', '.join(loops)}", fix
        )
    elif not found:
        # libvirt connects by peer_uri and by address; a log-in that works shows that the name is not needed here.
        say = note if isinstance(case.link.peer, str) else warning
        yield say(f"{case.source.name} finds no address for {name}, the host name of {case.to}", fix)


def _loops(address: str) -> bool:
    try:
        return ip_address(plain(address)).is_loopback
    except ValueError:
        return False


RULE = Rule(
    name="name-resolution",
    title="The source can resolve the destination's host name.",
    scope=Scope.LINK,
    severity=Severity.WARNING,
    needs=frozenset({Topic.RESOLVES}),
    examine=_examine,
)
