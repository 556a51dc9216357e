"""How busy a host is: shares of its processors over a moment, and the kernel's pressure figures."""

from collections.abc import Mapping, Sequence

from orchestrator.model.facts import Unknown
from orchestrator.model.machine import Load
from orchestrator.survey.topics.section import Section, fields, under

_SCRIPT = """
read -r average </proc/loadavg; echo "average $average"
echo "processors $(grep -c '^cpu[0-9]' /proc/stat)"
read -r stat </proc/stat; echo "stat $stat"
sleep 0.3
read -r stat </proc/stat; echo "stat $stat"
for kind in memory io cpu; do
  { read -r some </proc/pressure/$kind && echo "$kind $some"; } 2>/dev/null
done
"""
# The columns of /proc/stat: user nice system idle iowait irq softirq steal
_IDLE, _IOWAIT, _STEAL, _COUNTED = 3, 4, 7, 8


def _parse(lines: Sequence[str]) -> Load | Unknown:
    first, last = ([int(word) for word in line.split()[1 : _COUNTED + 1]] for line in under(lines, "stat")[:2])
    spent = [after - before for before, after in zip(first, last, strict=True)]
    whole = sum(spent)
    if len(spent) != _COUNTED or whole <= 0:
        return Unknown(why="the kernel counted no time between two looks", code="host.shell")
    said = fields(lines)
    # Waiting for disks and being held off by a hypervisor below leave the processors idle, not busy.
    working = whole - spent[_IDLE] - spent[_IOWAIT] - spent[_STEAL]
    return Load(
        busy=min(_share(working, whole), _of_last_minute(said)),
        steal=_share(spent[_STEAL], whole),
        iowait=_share(spent[_IOWAIT], whole),
        memory_pressure=_pressure(said.get("memory")),
        io_pressure=_pressure(said.get("io")),
        cpu_pressure=_pressure(said.get("cpu")),
    )


def _of_last_minute(said: Mapping[str, str]) -> float:
    """Processes that wanted to run, for each processor: what peaks for a moment only is not busy."""
    return float(said["average"].split()[0]) / max(1, int(said["processors"]))


def _share(part: int, whole: int) -> float:
    return min(1.0, max(0.0, part / whole))


def _pressure(line: str | None) -> float | None:
    """`some avg10=0.12 avg60=…`"""
    said = dict(word.partition("=")[::2] for word in (line or "").split())
    return float(said["avg10"]) if "avg10" in said else None


SECTION = Section(script=_SCRIPT, parse=_parse)
