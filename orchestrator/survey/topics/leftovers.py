"""What lies about on a host: state of TPMs, ferry's own tokens, and the files in its storage pools."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.leftovers import Leftovers, PoolFile, Token, TpmDirectory
from orchestrator.survey.root import REFUSED_STATUS
from orchestrator.survey.topics.section import Section, fields, under

# The directories come from libvirt's own files: they name every guest and pool, and reading them starts nothing.
# In directories that are no pools only tokens are listed: what else lies there is nobody's business.
_SCRIPT = f"""
listed() {{
  said=$(ls "$1" --time-style=+%s -- "$2" </dev/null 2>&1) && {{ printf '%s\\n' "$said"; return; }}
  case $said in *"cannot access '$2'"*"No such file"*) return ;; esac
  root ls "$1" --time-style=+%s -- "$2" </dev/null 2>/dev/null
  [ $? -ne {REFUSED_STATUS} ] || echo refused
}}
filesystem() {{
  stat -f -c %T -- "$1" </dev/null 2>/dev/null || root stat -f -c %T -- "$1" </dev/null 2>/dev/null
}}
look() {{
  entries=$(listed -lnA "$2/.")
  [ "$entries" != refused ] || {{ echo refused; return; }}
  [ "$1" = pool ] || entries=$(printf '%s\\n' "$entries" | grep ' \\.ferry-[0-9a-f]*$')
  [ "$entries" ] || return 0
  echo "$1 $2"
  echo "on $(filesystem "$2")"
  printf '%s\\n' "$entries" | sed 's/^/entry /'
}}
echo "now $(date +%s)"
images=$(root grep -rhs -e file= /etc/libvirt/qemu /run/libvirt/qemu)
[ $? -ne {REFUSED_STATUS} ] || {{ echo refused; exit; }}
pools=$(root grep -rhs -e pool -e path /etc/libvirt/storage /run/libvirt/storage)
{{
  printf '%s\\n' "$images" | sed -n "s:^ *<source file='\\(/[^']*\\)/[^/']*'.*:disks \\1:p"
  printf '%s\\n' "$pools" |
    awk -F "[<>']" '/^ *<pool type/ {{word = $3 == "dir" ? "pool " : "disks "}} /^ *<path>/ {{print word $3}}'
}} | sed -e 's/&lt;/</g' -e 's/&gt;/>/g' -e "s/&apos;/'/g" -e 's/&quot;/"/g' -e 's/&amp;/\\&/g' | sort -u |
  while IFS= read -r line; do look "${{line%% *}}" "${{line#* }}"; done
swtpm=/var/lib/libvirt/swtpm
if [ -d $swtpm ]; then
  echo "tpm-on $(filesystem $swtpm)"
  listed -lnAR $swtpm | sed -e '/^refused$/b' -e 's/^/tpm /'
fi
echo "looked yes"
"""
# A line of `ls -ln --time-style=+%s`, of a file or a directory.
_ENTRY = re.compile(r"(?P<kind>[-d])\S* +\d+ +\d+ +\d+ +(?P<bytes>\d+) (?P<changed>\d+) (?P<name>.+)")
_TOKEN = re.compile(r"\.ferry-[0-9a-f]{24}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A file or directory, and where it lies."""

    directory: PurePosixPath
    name: str
    is_file: bool
    bytes: int
    changed: int
    filesystem: str = ""
    in_pool: bool = False

    @property
    def path(self) -> str:
        return str(self.directory / self.name)


def _parse(lines: Sequence[str]) -> Leftovers | Unknown:
    said = fields(lines)
    if "looked" not in said:
        return Unknown(why="the host's directories could not be listed", code="host.shell")
    now = int(said["now"])
    files = {entry.path: entry for entry in _files(lines)}.values()
    return Leftovers(
        tpms=tuple(_tpms(under(lines, "tpm"), said.get("tpm-on", ""), now)),
        tokens=tuple(
            Token(path=one.path, filesystem=one.filesystem, age_seconds=max(0, now - one.changed))
            for one in files
            if _TOKEN.fullmatch(one.name)
        ),
        files=tuple(
            PoolFile(path=one.path, filesystem=one.filesystem, bytes=one.bytes, age_seconds=max(0, now - one.changed))
            for one in files
            if one.in_pool and not _TOKEN.fullmatch(one.name)
        ),
    )


def _files(lines: Sequence[str]) -> Iterator[_Entry]:
    directory, filesystem, in_pool = "", "", False
    for line in lines:
        key, _, rest = line.partition(" ")
        if key in ("disks", "pool"):
            directory, filesystem, in_pool = rest, "", key == "pool"
        elif key == "on":
            filesystem = rest
        elif key == "entry":
            entry = _entry(directory, rest, filesystem, in_pool=in_pool)
            if entry is not None and entry.is_file:
                yield entry


def _tpms(listing: Sequence[str], filesystem: str, now: int) -> Iterator[TpmDirectory]:
    """`ls -R`: the name of a directory with a colon, then what is in it."""
    entries: list[_Entry] = []
    directory = ""
    for line in listing:
        if line.startswith("/") and line.endswith(":"):
            directory = line[:-1]
        elif (entry := _entry(directory, line)) is not None:
            entries.append(entry)
    top = min((len(entry.directory.parts) for entry in entries), default=0)
    for one in entries:
        if len(one.directory.parts) != top or one.is_file or not _UUID.fullmatch(one.name):
            continue
        path = PurePosixPath(one.path)
        newest = max(e.changed for e in entries if e is one or path in (e.directory, *e.directory.parents))
        yield TpmDirectory(
            path=one.path, guest=GuestId(one.name), filesystem=filesystem, age_seconds=max(0, now - newest)
        )


def _entry(directory: str, line: str, filesystem: str = "", *, in_pool: bool = False) -> _Entry | None:
    said = _ENTRY.fullmatch(line)
    if said is None:
        return None
    return _Entry(
        directory=PurePosixPath(directory),
        name=said["name"],
        is_file=said["kind"] == "-",
        bytes=int(said["bytes"]),
        changed=int(said["changed"]),
        filesystem=filesystem,
        in_pool=in_pool,
    )


SECTION = Section(script=_SCRIPT, parse=_parse)
