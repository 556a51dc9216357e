"""A shutdown that somebody has scheduled on a host."""

from collections.abc import Sequence

from orchestrator.model.facts import Unknown
from orchestrator.model.machine import Shutdown
from orchestrator.survey.topics.section import Section

_SCRIPT = """
echo "looked yes"
[ -e /run/systemd/shutdown/scheduled ] && cat /run/systemd/shutdown/scheduled
"""
_MICROSECONDS = 1_000_000


def _parse(lines: Sequence[str]) -> Shutdown | Unknown:
    said = dict(line.partition("=")[::2] for line in lines)
    return Shutdown(at=int(said.get("USEC", "0")) // _MICROSECONDS, mode=said.get("MODE", ""))


SECTION = Section(script=_SCRIPT, parse=_parse)
