"""Files of a guest, seen from both hosts: do they exist there, and is it the same directory?

The source writes a token into the directories of the guest's disks, the destination looks for it. The destination
takes away what it saw; a token it did not see is taken away by the source, and vanishes by itself should ferry die
in between.
"""

import shlex
from pathlib import PurePosixPath

from orchestrator.model.facts import PathAnswer, Unknown
from orchestrator.model.guest import Guest
from orchestrator.ports import CommandResult

_FORGOTTEN_AFTER = 45

_WRITE = """
token() {{
  if printf '%s' {token} 2>/dev/null >"$1"/{token}; then echo "written $2"; else echo "failed $2"; fi
}}
"""
_LOOK = """
look() {
  there=no; [ -e "$1" ] && there=yes
  kind=; [ $there = yes ] && kind=$(stat -f -c %T -- "$1" 2>/dev/null)
  echo "path $2 $there ${kind:--}"
}
"""
_SEE = """
see() {{
  if [ "$(cat -- "$1"/{token} 2>/dev/null)" = {token} ]; then
    rm -f -- "$1"/{token} 2>/dev/null && echo "seen $2 removed" || echo "seen $2 left"
  else
    echo "unseen $2"
  fi
}}
"""


def files(guest: Guest) -> tuple[str, ...]:
    """Every file of the guest that the destination must have."""
    disks = (disk.source for disk in guest.disks if disk.kind in ("file", "block") and disk.source)
    return tuple(dict.fromkeys((*disks, *guest.boot_files)))


def directories(guest: Guest) -> tuple[str, ...]:
    """Directories of files the guest writes to: only there the two hosts must see the very same thing."""
    written = (disk.source for disk in guest.disks if disk.kind == "file" and disk.source and not disk.read_only)
    return tuple(dict.fromkeys(str(PurePosixPath(file).parent) for file in written))


def write_script(token: str, places: tuple[str, ...]) -> str:
    """For the source: write the tokens, and have them vanish whatever happens to ferry."""
    calls = [f"token {shlex.quote(place)} {index}" for index, place in enumerate(places)]
    tokens = " ".join(shlex.quote(f"{place}/{token}") for place in places)
    # It looks every second and leaves with the last token, so that no survey leaves a process behind for long.
    later = (
        f"n=0; while [ $n -lt {_FORGOTTEN_AFTER} ]; do n=$((n+1)); sleep 1; "
        f'left=; for t in {tokens}; do [ -e "$t" ] && left=y; done; [ $left ] || exit 0; done; rm -f -- {tokens}'
    )
    # setsid: sshd ends what belongs to a session when the session ends
    sweep = f"setsid sh -c {shlex.quote(later)} >/dev/null 2>&1 </dev/null &"
    return "\n".join([_WRITE.format(token=token), *calls, sweep])


def look_script(token: str, places: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    """For the destination: see the tokens, take them away, and look at every path."""
    seen = [f"see {shlex.quote(place)} {index}" for index, place in enumerate(places)]
    looked = [f"look {shlex.quote(path)} {index}" for index, path in enumerate(wanted)]
    return "\n".join([_SEE.format(token=token), _LOOK, *seen, *looked])


def remove_script(token: str, places: tuple[str, ...]) -> str:
    """For the source: take away what is left."""
    return "rm -f -- " + " ".join(shlex.quote(f"{place}/{token}") for place in places)


def written(said: CommandResult | Unknown | None, places: tuple[str, ...]) -> frozenset[str]:
    """Directories in which the source could write its token."""
    return _named(said.stdout, "written", places) if isinstance(said, CommandResult) else frozenset()


def left_over(said: CommandResult | Unknown, tokens: tuple[str, ...], places: tuple[str, ...]) -> tuple[str, ...]:
    """Directories whose token the destination has not taken away."""
    if isinstance(said, Unknown):
        return tokens
    lines = (line.split() for line in said.stdout.splitlines())
    gone = {places[int(words[1])] for words in lines if len(words) == 3 and words[0::2] == ["seen", "removed"]}
    return tuple(place for place in tokens if place not in gone)


def answers(
    said: CommandResult | Unknown, places: tuple[str, ...], wanted: tuple[str, ...], proven_writable: frozenset[str]
) -> tuple[PathAnswer, ...] | Unknown:
    """Read what the destination saw. shared stays None where there was no token to see."""
    if isinstance(said, Unknown):
        return said
    seen = _named(said.stdout, "seen", places)
    found: list[PathAnswer] = []
    for line in said.stdout.splitlines():
        words = line.split(maxsplit=3)
        if len(words) != 4 or words[0] != "path":
            continue
        path = wanted[int(words[1])]
        place = str(PurePosixPath(path).parent)
        shared = place in seen if place in proven_writable else None
        kind = "" if words[3] == "-" else words[3]
        found.append(PathAnswer(path=path, exists=words[2] == "yes", shared=shared, filesystem=kind))
    if len(found) != len(wanted):
        why = (said.stderr.strip().splitlines() or [f"the script ended with status {said.status}"])[-1]
        return Unknown(why=why, code="host.shell")
    return tuple(found)


def _named(output: str, word: str, places: tuple[str, ...]) -> frozenset[str]:
    lines = (line.split() for line in output.splitlines())
    return frozenset(places[int(words[1])] for words in lines if len(words) >= 2 and words[0] == word)
