"""What is said of a host that does not answer, with the connection to be tried by hand."""

import re
from collections.abc import Mapping
from shlex import quote

from orchestrator.catalogue import CATALOGUE
from orchestrator.errors import OrchestratorError, Problem
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.unknown import Unknown


def silence(
    host: HostName, answer: Unknown, hosts: Mapping[HostName, HostEntry], so: str = "so its guests are not known"
) -> Problem:
    """The host does not answer, and what follows of that ("": nothing). hosts: as they are configured."""
    then = f", {so}" if so else ""
    saw = f"{host} does not answer{then}: {answer.why}"
    return Problem(code=answer.code, saw=saw, fix=by_hand(answer.code, hosts.get(host)))


def silent(
    host: HostName, answer: Unknown, hosts: Mapping[HostName, HostEntry], so: str = "so its guests are not known"
) -> OrchestratorError:
    """The same, to be raised."""
    return OrchestratorError((silence(host, answer, hosts, so),))


def by_hand(code: str, entry: HostEntry | None) -> str:
    """The catalogue's fix for the code, with URI and DESTINATION as that host has them."""
    fix = CATALOGUE[code].fix
    for word, value in (("URI", entry.uri), ("DESTINATION", entry.ssh)) if entry is not None else ():
        fix = re.sub(rf"\b{word}\b", quote(value).replace("\\", r"\\"), fix) if value else fix
    return fix
