"""Files of a guest, seen from both hosts: do they exist there, and is it the same directory?

The source writes a token into the directories of the guest's disks, the destination looks for it. The destination
takes away what it saw; a token it did not see is taken away by the source, and vanishes by itself should ferry die
in between. Where no token can be written, and for block devices, what both see under the path is compared.
"""

import shlex
from dataclasses import replace
from pathlib import PurePosixPath

from orchestrator.model.facts import PathAnswer, Unknown
from orchestrator.model.guest import Guest
from orchestrator.model.host import HostName
from orchestrator.ports import CommandResult
from orchestrator.survey import devices, root

_FORGOTTEN_AFTER = 45

_WRITE = """
token() {{
  printf '%s' {token} | root tee -- "$1"/{token} >/dev/null 2>&1
  case $? in 0) echo "written $2" ;; {refused}) echo "refused $2" ;; *) echo "failed $2" ;; esac
}}
"""
# What an account cannot see because of a directory above it is not therefore absent: then root is asked.
_THERE = """
there() {
  [ -e "$1" ] && return 0
  [ "$uid" -eq 0 ] && return 1
  root stat -- "$1" >/dev/null 2>&1
}
"""
_LOOK = """
look() {{
  there "$1"
  case $? in 0) there=yes ;; {refused}) echo "refused $2"; return ;; *) there=no ;; esac
  kind=; [ $there = yes ] && kind=$(stat -f -c %T -- "$1" 2>/dev/null || root stat -f -c %T -- "$1" 2>/dev/null)
  echo "path $2 $there ${{kind:--}}"
}}
room() {{
  place=$1; parent=yes
  until there "$place"; do parent=no; place=$(dirname -- "$place"); done
  echo "room $2 $parent $(stat -f -c '%a %S' -- "$place" 2>/dev/null)"
}}
"""
_SEE = """
see() {{
  said=$(root cat -- "$1"/{token} 2>/dev/null)
  status=$?
  if [ "$said" = {token} ]; then
    root rm -f -- "$1"/{token} 2>/dev/null && echo "seen $2 removed" || echo "seen $2 left"
  elif [ $status -eq {refused} ]; then echo "refused $2"
  else
    echo "unseen $2"
  fi
}}
"""


def files(guest: Guest) -> tuple[str, ...]:
    """Every file of the guest that the destination must have, or must have room for."""
    disks = [path for disk in guest.disks if disk.local_path for path in (disk.local_path, *disk.backing)]
    outputs = [device.path for device in guest.hardware.char_devices if device.kind == "file"]
    firmware = (guest.hardware.loader, guest.hardware.nvram)
    wanted = (*disks, *guest.boot_files, *firmware, guest.tpm_state, *outputs, *guest.kept.next_start_media)
    return tuple(dict.fromkeys(path for path in wanted if path and path.startswith("/")))


def directories(guest: Guest) -> tuple[str, ...]:
    """Directories of images the guest writes to, of those below them, and of its TPM's state.

    Whether both hosts see the same thing there decides.
    """
    images = [
        path
        for disk in guest.disks
        if disk.in_file and not disk.read_only
        for path in (disk.local_path, *disk.backing)
        if path and path.startswith("/")
    ]
    return tuple(dict.fromkeys(_parent(path) for path in (*images, guest.tpm_state) if path is not None))


def write_script(token: str, places: tuple[str, ...], wanted: tuple[str, ...] = ()) -> str:
    """For the source: write the tokens, have them vanish whatever happens to ferry, and say what is there."""
    calls = [f"token {shlex.quote(place)} {index}" for index, place in enumerate(places)]
    tokens = _quoted(token, places)
    # It looks every second and leaves with the last token, so that no survey leaves a process behind for long.
    later = (
        f"{root.SHELL}{_THERE}n=0; while [ $n -lt {_FORGOTTEN_AFTER} ]; do n=$((n+1)); sleep 1; "
        f'left=; for t in {tokens}; do there "$t" && left=y; done; [ $left ] || exit 0; done; {_removal(tokens)}'
    )
    # setsid: sshd ends what belongs to a session when the session ends
    sweep = f"setsid sh -c {shlex.quote(later)} >/dev/null 2>&1 </dev/null &"
    write = [_WRITE.format(token=token, refused=root.REFUSED_STATUS), *calls, sweep] if places else []
    return "\n".join([root.SHELL, *write, devices.script(wanted)])


def look_script(token: str, places: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    """For the destination: see the tokens, take them away, look at every path, and at the directories above them."""
    seen = [f"see {shlex.quote(place)} {index}" for index, place in enumerate(places)]
    looked = [f"look {shlex.quote(path)} {index}" for index, path in enumerate(wanted)]
    rooms = [f"room {shlex.quote(parent)} {index}" for index, parent in enumerate(_parents(wanted))]
    see = _SEE.format(token=token, refused=root.REFUSED_STATUS)
    asked = [*seen, *looked, *rooms, devices.script(wanted)]
    return "\n".join([root.SHELL, see, _THERE, _LOOK.format(refused=root.REFUSED_STATUS), *asked])


def remove_script(token: str, places: tuple[str, ...]) -> str:
    """For the source: take away what is left."""
    return root.SHELL + _removal(_quoted(token, places))


def _quoted(token: str, places: tuple[str, ...]) -> str:
    return " ".join(shlex.quote(f"{place}/{token}") for place in places)


def _removal(tokens: str) -> str:
    """One by one, as the sudoers list names it."""
    return f'for t in {tokens}; do root rm -f -- "$t"; done'


def written(said: CommandResult | Unknown, places: tuple[str, ...]) -> frozenset[str]:
    """Directories in which the source could write its token."""
    return _named(said.stdout, "written", places) if isinstance(said, CommandResult) else frozenset()


def left_over(said: CommandResult | Unknown, tokens: tuple[str, ...], places: tuple[str, ...]) -> tuple[str, ...]:
    """Directories whose token the destination has not taken away."""
    if isinstance(said, Unknown):
        return tokens
    lines = (line.split() for line in said.stdout.splitlines())
    gone = {places[int(words[1])] for words in lines if len(words) == 3 and words[0::2] == ["seen", "removed"]}
    return tuple(place for place in tokens if place not in gone)


def refused(said: CommandResult | Unknown, host: HostName) -> Unknown | None:
    """Why root's part was refused there; None: it was not."""
    if isinstance(said, CommandResult) and any(line.startswith("refused ") for line in said.stdout.splitlines()):
        return replace(root.REFUSED, leg=f"controller to {host}, ssh")
    return None


def answers(
    said: CommandResult | Unknown, places: tuple[str, ...], wanted: tuple[str, ...], wrote: CommandResult | Unknown
) -> tuple[PathAnswer, ...] | Unknown:
    """Read what the destination saw, and what the source saw when it wrote the tokens.

    shared stays None where there was no token to see.
    """
    if isinstance(said, Unknown):
        return said
    seen, proven_writable = _named(said.stdout, "seen", places), written(wrote, places)
    here = devices.sights(wrote.stdout, wanted) if isinstance(wrote, CommandResult) else {}
    there = devices.sights(said.stdout, wanted)
    rooms = _rooms(said.stdout, _parents(wanted))
    found: list[PathAnswer] = []
    for line in said.stdout.splitlines():
        words = line.split(maxsplit=3)
        if len(words) != 4 or words[0] != "path":
            continue
        path = wanted[int(words[1])]
        place = _parent(path)
        parent_exists, free = rooms.get(place, (True, None))
        found.append(
            PathAnswer(
                path=path,
                exists=words[2] == "yes",
                shared=place in seen if place in proven_writable else None,
                filesystem="" if words[3] == "-" else words[3],
                parent_exists=parent_exists,
                free_bytes=free,
                here=here.get(path),
                there=there.get(path),
            )
        )
    if len(found) != len(wanted):
        why = (said.stderr.strip().splitlines() or [f"the script ended with status {said.status}"])[-1]
        return Unknown(why=why, code="host.shell")
    return tuple(found)


def _rooms(output: str, parents: tuple[str, ...]) -> dict[str, tuple[bool, int | None]]:
    """Directory → whether it exists, and how many bytes are free where it lies or would lie."""
    lines = (line.split() for line in output.splitlines())
    return {
        parents[int(words[1])]: (words[2] == "yes", int(words[3]) * int(words[4]) if len(words) == 5 else None)
        for words in lines
        if len(words) >= 3 and words[0] == "room"
    }


def _parents(wanted: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_parent, wanted)))


def _parent(path: str) -> str:
    return str(PurePosixPath(path).parent)


def _named(output: str, word: str, places: tuple[str, ...]) -> frozenset[str]:
    lines = (line.split() for line in output.splitlines())
    return frozenset(places[int(words[1])] for words in lines if len(words) >= 2 and words[0] == word)
