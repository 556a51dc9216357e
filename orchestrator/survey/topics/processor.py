"""The processor as the kernel sees it: make, microcode, features, mitigations, nesting, time stamp counter."""

from collections.abc import Sequence

from orchestrator.model.facts import Unknown
from orchestrator.model.machine import Processor
from orchestrator.survey.topics.section import Section, fields, number, under

_SCRIPT = """
sed -n -e '/^$/q' -e 's/^/cpu /p' /proc/cpuinfo
echo "threads $(grep -c '^processor' /proc/cpuinfo)"
grep -s '' /sys/devices/system/cpu/vulnerabilities/* | sed 's:^.*/\\([^/:]*\\)\\::vulnerability \\1 :'
for file in /sys/module/kvm_intel/parameters/nested /sys/module/kvm_amd/parameters/nested; do
  [ -r "$file" ] && echo "nested $(cat "$file")"
done
[ -r /sys/devices/system/cpu/cpu0/tsc_freq_khz ] && echo "tsc $(cat /sys/devices/system/cpu/cpu0/tsc_freq_khz)"
clock=/sys/devices/system/clocksource/clocksource0/current_clocksource
[ -r $clock ] && echo "clocksource $(cat $clock)"
"""


def _parse(lines: Sequence[str]) -> Processor | Unknown:
    said = fields(lines)
    pairs = (line.partition(":") for line in under(lines, "cpu"))
    cpu = {key.strip(): value.strip() for key, _, value in pairs}
    weak = fields(under(lines, "vulnerability"))
    nested = said.get("nested")
    return Processor(
        vendor=cpu.get("vendor_id", cpu.get("CPU implementer", "")),
        model_name=cpu.get("model name", ""),
        family=cpu.get("cpu family", ""),
        model=cpu.get("model", cpu.get("CPU part", "")),
        stepping=cpu.get("stepping", ""),
        microcode=cpu.get("microcode", ""),
        threads=int(said["threads"]),
        flags=frozenset(cpu.get("flags", cpu.get("Features", "")).split()),
        vulnerabilities=dict(sorted(weak.items())),
        nested=None if nested is None else nested in ("Y", "1"),
        tsc_khz=number(said.get("tsc")),
        clocksource=said.get("clocksource", ""),
    )


SECTION = Section(script=_SCRIPT, parse=_parse)
