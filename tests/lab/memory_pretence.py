"""Making a host look short of memory: all hosts of a lab share one machine, which has plenty."""

from collections.abc import Callable, Sequence

from tests.lab.protocol import Result

_MEMINFO = "/proc/meminfo"
_COPY = "/run/ferry-lab-meminfo"
# The kernel's own file with four lines replaced; libvirt adds the caches to what is free, so these go to nothing.
_PRETEND = f"""
umount {_MEMINFO} 2>/dev/null
awk -v free="$1" '
    /^(MemFree|MemAvailable):/ {{ $0 = sprintf("%-15s %8d kB", $1, free) }}
    /^(Buffers|Cached):/ {{ $0 = sprintf("%-15s %8d kB", $1, 0) }}
    {{ print }}
' {_MEMINFO} > {_COPY} && mount --bind {_COPY} {_MEMINFO}
"""


def apply(run: Callable[[str, Sequence[str]], Result], host: str, mebibytes: int | None) -> None:
    if mebibytes is None:
        run(host, ["umount", _MEMINFO])
        return
    run(host, ["sh", "-c", _PRETEND, "sh", str(mebibytes * 1024)]).checked()
