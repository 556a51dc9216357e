"""Ask the hosts what a decision needs, and no more."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from shlex import quote

from orchestrator.checks.registry import RULES, TOPICS
from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Ask, Asked, Facts
from orchestrator.model.host import HostName
from orchestrator.model.request import MoveRequest
from orchestrator.model.topic import Topic
from orchestrator.operations.doors import Doors
from orchestrator.operations.inventory import PATIENCE
from orchestrator.operations.ready import hosts_to_ask
from orchestrator.planning.planner import candidates
from orchestrator.planning.same_machine import same_machine


def gather(doors: Doors, request: MoveRequest, *, soon: bool = False) -> Facts:
    """Read what the request needs: all hosts first, then what lies between those that are left.

    soon: the plan will be carried out at once, so what the moves need is opened meanwhile. Changes nothing on any host
    but a token file that is removed again. Raises as planning.plan, and config.same-machine.
    """
    settings = doors.settings
    ask = Ask(
        hosts=hosts_to_ask(request, tuple(settings.hosts)),
        topics=_topics(request.only),
        networks=settings.networks_in_question,
        ask_qemu=_may_be_asked(request) if settings.policy.ask_qemu else (),
    )
    facts = hosts_first(doors, ask)
    pairs = candidates(request, settings, facts, doors.clock.now().date())
    for source in dict.fromkeys(pair.source for pair in pairs) if soon else ():
        doors.hypervisor(source).expect()
    return then_between(doors, ask, facts, pairs)


def hosts_first(doors: Doors, ask: Ask) -> Facts:
    """What the hosts say of themselves. Raises config.same-machine."""
    facts = doors.survey().facts(ask, within=PATIENCE)
    problem = same_machine(facts)
    if problem is not None:
        raise OrchestratorError((problem,))
    return facts


def then_between(doors: Doors, ask: Ask, facts: Facts, pairs: tuple[Asked, ...]) -> Facts:
    """The same with what lies between two hosts, for each of these guests."""
    if not pairs:
        return facts
    ways = dict.fromkeys((pair.source, pair.destination) for pair in pairs)
    home = tuple((there, here) for here, there in ways)  # a guest that leaves will want to come back
    return doors.survey().facts(replace(ask, pairs=pairs, links=home, known=facts), within=PATIENCE)


def every_host(doors: Doors, hosts: tuple[HostName, ...] = ()) -> Facts:
    """Read all topics of these hosts (none named: all), and of every way between two of them.

    Raises usage.unknown-host, config.same-machine.
    """
    known = doors.settings.hosts
    unknown = [name for name in hosts if name not in known]
    if unknown:
        raise OrchestratorError.of("usage.unknown-host", f"{', '.join(unknown)}: not among {', '.join(known)}")
    names = hosts or tuple(known)
    ask = Ask(
        hosts=names,
        links=tuple((here, there) for here in names for there in names if here != there),
        topics=TOPICS,
        networks=doors.settings.networks_in_question,
    )
    return hosts_first(doors, ask)


def save_text(file: str, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all. Raises usage.facts."""
    path = Path(file)
    made = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(text)
        made.replace(path)
    except OSError as error:
        with suppress(OSError):
            made.unlink(missing_ok=True)
        raise _not_written(path, error) from None


def _not_written(path: Path, error: OSError) -> OrchestratorError:
    here, cause = path.parent, "This user may not write there, the file system is full or read-only."
    fix = "Name a file in a directory that you may write to: ferry facts GUEST --save FILE"
    if not here.is_dir():
        cause = f"There is no directory {here}."
        fix = f"mkdir -p {quote(str(here))}, or name a file elsewhere: ferry facts GUEST --save FILE"
    elif path.is_dir():
        cause = "It is a directory."
    return OrchestratorError.of("usage.facts", f"{path} cannot be written: {error.strerror}", cause=cause, fix=fix)


def _may_be_asked(request: MoveRequest) -> tuple[str, ...]:
    """The guests of the request, and no other: the question marks a guest for good."""
    return (*request.guests, *([f"{request.leaving}/*"] if request.leaving is not None else []))


def _topics(only: frozenset[str] | None) -> frozenset[Topic]:
    if only is None:
        return TOPICS
    return frozenset(topic for rule in RULES if rule.name in only for topic in rule.needs)
