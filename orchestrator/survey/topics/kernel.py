"""The kernel: release, word and page size, control groups, and whether QEMU could use post-copy."""

from collections.abc import Sequence

from orchestrator.model.facts import Unknown
from orchestrator.model.machine import Kernel
from orchestrator.survey.topics.section import Section, fields, number

# libvirt takes version 2 only where it is mounted at the top.
_SCRIPT = """
echo "release $(uname -r)"
echo "word $(getconf LONG_BIT)"
echo "page $(getconf PAGESIZE)"
if grep -q '^[^ ]* /sys/fs/cgroup cgroup2 ' /proc/self/mounts; then echo "cgroup 2"
elif grep -q ' cgroup ' /proc/self/mounts; then echo "cgroup 1"
elif grep -q ' cgroup2 ' /proc/self/mounts; then echo "cgroup 2"
fi
[ -r /proc/sys/vm/unprivileged_userfaultfd ] && echo "sysctl $(cat /proc/sys/vm/unprivileged_userfaultfd)"
[ -c /dev/userfaultfd ] && echo "device yes"
"""


def _parse(lines: Sequence[str]) -> Kernel | Unknown:
    said = fields(lines)
    sysctl = said.get("sysctl")
    return Kernel(
        release=said["release"],
        word_bits=int(said["word"]),
        page_bytes=int(said["page"]),
        cgroup_version=number(said.get("cgroup")) or 0,
        unprivileged_userfaultfd=None if sysctl is None else sysctl == "1",
        userfaultfd_device=said.get("device") == "yes",
    )


SECTION = Section(script=_SCRIPT, parse=_parse)
