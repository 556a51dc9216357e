"""One host: its libvirt and its shell, asked side by side for what is not known yet."""

import time
from dataclasses import replace
from typing import Any

from orchestrator.model.facts import NOT_ASKED, Ask, HostFacts, Unknown
from orchestrator.model.host import HostName
from orchestrator.model.topic import OF_LIBVIRT, OF_SHELL, Topic
from orchestrator.ports import CommandResult, HostShell, Inventory
from orchestrator.survey import host_script, identity
from orchestrator.survey.clock import Heard
from orchestrator.survey.parallel import begin


def ask(
    inventory: Inventory,
    shell: HostShell,
    name: HostName,
    known: HostFacts | Unknown | None,
    wanted: Ask,
    *,
    within: float,
) -> HostFacts | Unknown:
    """Read the host, or of one that is known what it has not been asked for."""
    if isinstance(known, Unknown):
        return known  # asked a moment ago; asking again would cost the same time for the same answer
    topics = _lacking(known, wanted.topics)
    of_shell = topics & OF_SHELL
    identified = known is not None and identity.told(known)
    needs_shell = bool(of_shell) or (not identified and (wanted.shell or bool(wanted.pairs or wanted.links)))
    if known is not None and identified and (failed := identity.failure(known)) is not None:
        needs_shell, known = False, _with(known, dict.fromkeys(of_shell, failed))  # it has just failed, and would again
    saying = begin(lambda: _said(shell, of_shell, within), f"survey-{name}-shell") if needs_shell else None
    facts = _of_libvirt(inventory, known, topics & OF_LIBVIRT, _named(wanted.ask_qemu, name), within)
    if saying is None or isinstance(facts, Unknown):
        return facts
    said, heard = saying.result()
    leg = f"controller to {name}, ssh"
    return _with(identity.merged(facts, identity.parse(said, leg)), host_script.parse(said, of_shell, heard, leg))


def _said(shell: HostShell, topics: frozenset[Topic], within: float) -> tuple[CommandResult | Unknown, Heard]:
    # The wall clock: it is compared with the host's.
    before = time.time()
    said = shell.run(host_script.script(topics), within=within)
    return said, Heard(before=before, after=time.time())


def _of_libvirt(
    inventory: Inventory, known: HostFacts | None, topics: frozenset[Topic], ask_qemu: frozenset[str], within: float
) -> HostFacts | Unknown:
    if known is not None and not topics:
        return known
    read = inventory.read(topics, within=within, ask_qemu=ask_qemu)
    if known is None:
        return read
    # What was known stays as it was, so that all decisions are made on one picture of the guests.
    return _with(known, {topic: read if isinstance(read, Unknown) else getattr(read, topic.value) for topic in topics})


def _named(guests: tuple[str, ...], host: HostName) -> frozenset[str]:
    """The guests meant on this host: those named with it, and those named without any host."""
    pairs = (guest.rpartition("/")[::2] for guest in guests)
    return frozenset(guest for where, guest in pairs if where in ("", host))


def _lacking(known: HostFacts | None, topics: frozenset[Topic]) -> frozenset[Topic]:
    asked = topics & (OF_LIBVIRT | OF_SHELL)
    return asked if known is None else frozenset(topic for topic in asked if getattr(known, topic.value) == NOT_ASKED)


def _with(facts: HostFacts, values: dict[Topic, Any]) -> HostFacts:
    return replace(facts, **{topic.value: value for topic, value in values.items()})
