"""Small programs for a host, in whichever language it has: perl is part of every Debian, python3 of every RHEL."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

NEITHER = "neither perl nor python3 is installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The same program twice; both take the same arguments and print the same."""

    perl: str
    python: str

    def script(self, arguments: Sequence[str], *, prefix: str = "") -> str:
        """The shell command that runs it; arguments are as the shell shall see them. prefix: a word before it."""
        words = " ".join(arguments)
        # perl without its modules is no perl: RHEL packages each of them separately.
        return f"""
if perl -MSocket -MPOSIX -e 1 2>/dev/null; then {prefix} perl -e {shlex.quote(self.perl)} {words}
elif command -v python3 >/dev/null 2>&1; then {prefix} python3 -c {shlex.quote(self.python)} {words}
else echo "{NEITHER}" >&2; false
fi
"""
