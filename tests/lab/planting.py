"""Files put on a host for a while: whatever was at their place comes back, and so does its absence."""

import hashlib
from collections.abc import Callable, Sequence

from tests.lab.protocol import Result

Run = Callable[[str, Sequence[str], str], Result]

_KEPT = "/var/lib/ferry-lab-planted"
_KERNEL = ("/proc/", "/sys/")
# Nothing can be written there, but another file can be laid over one that exists.
_LAY_OVER = """
mkdir -p "$2" && cat > "$2/text" && chmod "$3" "$2/text" || exit
umount "$1" 2>/dev/null
mount --bind "$2/text" "$1"
"""
_REMEMBER = """
if [ ! -d "$2" ]; then
    mkdir -p "$2"
    [ ! -e "$1" ] || cp -a "$1" "$2/before" || exit
    directory=$(dirname "$1")
    while [ ! -d "$directory" ]; do
        echo "$directory" >> "$2/made"
        directory=$(dirname "$directory")
    done
fi
"""
_WRITE = f'{_REMEMBER}\nmkdir -p "$(dirname "$1")" && rm -f "$1" && cat > "$1" && chmod "$3" "$1"\n'
_TAKE_AWAY = f'{_REMEMBER}\nrm -f "$1"\n'
_RESTORE = """
[ -d "$2" ] || exit 0
if [ -e "$2/text" ]; then
    ! mountpoint -q "$1" || umount "$1"
else
    rm -f "$1"
    [ ! -e "$2/before" ] || cp -a "$2/before" "$1"
    [ ! -e "$2/made" ] || while read -r directory; do rmdir "$directory"; done < "$2/made"
fi
rm -rf "$2"
"""
# Only `date` is told another time: everything else on the host goes by the clock that all hosts share.
_DATE = """#!/bin/sh
LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1 FAKETIME={offset:+f}s exec /usr/bin/date "$@"
"""
DATE = "/usr/local/bin/date"


def plant(run: Run, host: str, path: str, text: str | None, mode: int) -> None:
    """Puts a file there; None takes one away."""
    kernel = path.startswith(_KERNEL)
    if text is None and kernel:
        raise ValueError(f"a file of the kernel cannot be taken away: {path}")
    script = _TAKE_AWAY if text is None else _LAY_OVER if kernel else _WRITE
    run(host, ["sh", "-c", script, "sh", path, _kept(path), f"{mode:o}"], text or "").checked()


def restore(run: Run, host: str, path: str) -> None:
    run(host, ["sh", "-c", _RESTORE, "sh", path, _kept(path)], "").checked()


def date_ahead_by(seconds: float) -> str:
    """The program that says it is later than it is; negative: earlier."""
    return _DATE.format(offset=seconds)


def _kept(path: str) -> str:
    return f"{_KEPT}/{hashlib.sha256(path.encode()).hexdigest()[:16]}"
