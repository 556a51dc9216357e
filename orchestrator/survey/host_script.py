"""The one script for a host: its identity, its clock before and after, and a section for each topic asked for."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.model.facts import Unknown
from orchestrator.model.topic import OF_SHELL, Topic
from orchestrator.ports import CommandResult
from orchestrator.survey import clock, identity, root
from orchestrator.survey.topics.registry import SECTIONS

_SECONDS = 4  # a section that takes longer is ended, and costs only its own topic
_TIMED_OUT = frozenset({"124", "137"})  # of timeout(1): ended, and killed
_LONGEST = 3900  # bytes of a line: with its topic, it stays below what is written to a pipe as a whole

# Sections print side by side: awk writes line by line. `end` tells that a section has said everything.
_BEGIN = f"""
rights={shlex.quote(root.SHELL)}
section() {{
  {{ timeout -k 1 {_SECONDS} sh -c "$rights
$2"; echo "end $?"; }} 2>/dev/null </dev/null | awk -v t="$1" '{{ print t, substr($0, 1, {_LONGEST}); fflush() }}' &
}}
"""


def script(topics: Iterable[Topic]) -> str:
    """The script; without topics it asks for the identity only."""
    asked = sorted(set(topics) & OF_SHELL)
    if not asked:
        return root.SHELL + identity.SCRIPT
    sections = [_call(topic) for topic in asked if topic in SECTIONS and topic is not Topic.LOAD]
    # The load is looked at when the other sections no longer make any.
    load = [_call(Topic.LOAD), "wait"] if Topic.LOAD in asked else []
    return "\n".join([clock.SCRIPT, root.SHELL, _BEGIN, *sections, identity.SCRIPT, "wait", *load, clock.SCRIPT])


def _call(topic: Topic) -> str:
    return f"section {topic} {shlex.quote(SECTIONS[topic].script)}"


def parse(said: CommandResult | Unknown, topics: Iterable[Topic], heard: clock.Heard, leg: str) -> dict[Topic, Any]:
    """Topic → what the host said of it. heard: when, by the controller's clock."""
    asked = [topic for topic in topics if topic in OF_SHELL]
    if isinstance(said, Unknown):
        return dict.fromkeys(asked, said)
    lines = _by_topic(said.stdout)
    values = {
        topic: clock.parse(lines.get(topic, []), heard)
        if topic is Topic.CLOCK
        else _section(topic, lines.get(topic, []))
        for topic in asked
    }
    return {topic: _with_leg(value, leg) for topic, value in values.items()}


def _by_topic(output: str) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = {}
    for line in output.splitlines():
        topic, _, rest = line.partition(" ")
        lines.setdefault(topic, []).append(rest)
    return lines


def _section(topic: Topic, lines: Sequence[str]) -> Any:
    last = lines[-1] if lines else ""
    if not last.startswith("end "):
        return Unknown(why="the host broke off before it had said all of it", code="host.shell")
    if last.removeprefix("end ") in _TIMED_OUT:
        return Unknown(why=f"the host took longer than {_SECONDS} s for it", code="host.shell")
    return SECTIONS[topic].read(lines[:-1])


def _with_leg(value: Any, leg: str) -> Any:
    return replace(value, leg=leg) if isinstance(value, Unknown) and not value.leg else value
