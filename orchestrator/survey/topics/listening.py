"""The TCP ports on which somebody listens on a host."""

from collections.abc import Sequence

from orchestrator.model.facts import Unknown
from orchestrator.survey.topics.section import Section

# The kernel's tables of the host's own network namespace; 0A is LISTEN.
_SCRIPT = """
echo "looked yes"
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r _ local _ state _; do
  [ "$state" = 0A ] && echo "port ${local##*:}"
done
"""


def _parse(lines: Sequence[str]) -> frozenset[int] | Unknown:
    return frozenset(int(line.split()[1], 16) for line in lines if line.startswith("port "))


SECTION = Section(script=_SCRIPT, parse=_parse)
