"""What tells a file or block device from every other one: a script for either host, and how its answer is read."""

import shlex
from dataclasses import replace

from orchestrator.model.sight import Sight

# mode, device numbers (hexadecimal), inode, size, time of the last change, device number of the file system (decimal)
_FORMAT = "%f/%t/%T/%i/%s/%Y/%d"
# Everything below is readable by any account; only a directory that it cannot enter needs root, and where sudo refuses
# that, there is no sight of the file. A partition lies in the directory of its disk; `slaves` are the devices below.
# DRBD is taken as it is: the devices below it are each host's own, and right so.
SHELL = f"""
names() (
  cd -P "$2" 2>/dev/null || exit 0
  if [ -r partition ]; then
    echo "name $1 part $(cat partition)@$(cat start)"
    cd -P .. || exit 0
  fi
  device=${{PWD##*/}}
  case $device in
    drbd*) echo "name $1 bare $device"; exit 0 ;;
    rbd*)
      place=$bus/rbd/devices/${{device#rbd}}
      cluster=$(cat "$place/cluster_fsid" 2>/dev/null) || {{ echo "name $1 bare $device"; exit 0; }}
      echo "name $1 rbd $cluster/$(cat "$place/pool_id")/$(cat "$place/image_id")/$(cat "$place/current_snap")"
      exit 0 ;;
    dm-*)
      uuid=$(cat dm/uuid)
      echo "name $1 dm $uuid"
      case $uuid in mpath-*) exit 0 ;; esac ;;
  esac
  found=
  for below in slaves/*; do
    [ -e "$below" ] && found=y && names "$1" "$below"
  done
  [ "$found" ] && exit 0
  said=$(cat device/wwid 2>/dev/null || cat wwid 2>/dev/null || cat serial 2>/dev/null || cat device/serial 2>/dev/null)
  echo "name $1 ${{said:+id }}${{said:-bare $device}}"
)
sight() {{
  said=$(stat -L -c {_FORMAT} -- "$1" 2>/dev/null || root stat -L -c {_FORMAT} -- "$1" 2>/dev/null) || return 0
  echo "sight $2 $said"
  if [ -L "$1" ]; then echo "link $2"
  elif [ "$uid" -ne 0 ] && root stat -- "$1" 2>/dev/null | grep -q 'symbolic link'; then echo "link $2"; fi
  case $said in
    6???/*) rest=${{said#*/}}; place=$blocks/$((0x${{rest%%/*}})):; rest=${{rest#*/}}; place=$place$((0x${{rest%%/*}}))
      echo "sectors $2 $(cat "$place/size" 2>/dev/null)"
      names "$2" "$place" ;;
  esac
}}
mounts() {{ sed -n '/ - nfs4\\{{0,1\\}} /s/^/mount /p' "$mounted"; }}
"""
_SYSTEM, _MOUNTED = "/sys", "/proc/self/mountinfo"
_SECTOR = 512
_LOOPBACK = ("localhost", "127.", "[::1]", "::1")
_WORLDWIDE = ("naa.", "eui.", "uuid.")
# Made up by targets and emulators, the same in every one of them: tgt's, and QEMU's own NVMe.
_MADE_UP = ("naa.6000000", "eui.525400")
_NAMING = ("LVM-", "mpath-", "CRYPT-", "part")


def script(wanted: tuple[str, ...]) -> str:
    """Say what is under each path. Needs root.SHELL before it."""
    if not wanted:
        return ""
    calls = [f"sight {shlex.quote(path)} {index}" for index, path in enumerate(wanted)]
    return "\n".join([f"blocks={_SYSTEM}/dev/block bus={_SYSTEM}/bus mounted={_MOUNTED}{SHELL}", *calls, "mounts"])


def sights(output: str, wanted: tuple[str, ...]) -> dict[str, Sight]:
    """Path → what was seen there; paths that were not seen are left out."""
    lines = [line.split(" ", 3) for line in output.splitlines()]
    mounts = _mounts(output)
    said = {int(words[1]): words[2] for words in lines if words[0] == "sight" and len(words) == 3}
    links = {int(words[1]) for words in lines if words[0] == "link" and len(words) == 2}
    names: dict[int, list[tuple[str, str]]] = {}
    sectors = {int(words[1]): words[2] for words in lines if words[0] == "sectors" and len(words) == 3}
    for words in lines:
        if words[0] == "name" and len(words) == 4:
            names.setdefault(int(words[1]), []).append((words[2], " ".join(words[3].split())))
    return {
        wanted[index]: replace(
            _sight(stat.split("/"), names.get(index, []), sectors.get(index, ""), mounts), link=index in links
        )
        for index, stat in said.items()
    }


def _sight(
    stat: list[str], names: list[tuple[str, str]], sectors: str, mounts: dict[tuple[int, int], frozenset[str]]
) -> Sight:
    mode, _major, _minor, inode, size, modified, device = stat
    if not mode.startswith("6"):
        number = int(device)
        where = (number >> 8) & 0xFFF, (number & 0xFF) | ((number >> 12) & 0xFFF00)
        return Sight(
            size_bytes=int(size), modified=int(modified), inode=int(inode), exports=mounts.get(where, frozenset())
        )
    bottom = [_worldwide(kind, value) for kind, value in names if not _above(kind, value)]
    every = [_plain(value) if kind != "part" else f"part {value}" for kind, value in names if kind != "bare"]
    return Sight(
        block=True,
        size_bytes=int(sectors) * _SECTOR if sectors else None,
        names=frozenset(every),
        unique=bool(bottom) and all(bottom) and all(_naming(kind, value) for kind, value in names),
    )


def _above(kind: str, value: str) -> bool:
    """Whether it is not the lowest device, or a part of one."""
    return kind == "part" or (kind == "dm" and not value.startswith("mpath-"))


def _naming(kind: str, value: str) -> bool:
    """Whether the name says which part of the device below it is; that of a mapping without a known maker does not."""
    return kind != "dm" or value.startswith(_NAMING)


def _worldwide(kind: str, value: str) -> bool:
    if kind == "rbd":
        return True
    name = _plain(value).lower()
    digits = name.partition(".")[2].replace("-", "")
    return kind != "bare" and name.startswith(_WORLDWIDE) and not name.startswith(_MADE_UP) and bool(digits.strip("0"))


def _plain(value: str) -> str:
    """A device's name however it is reached: multipath writes the kind of a worldwide name as a digit."""
    wwid = value.removeprefix("mpath-")
    if wwid != value and wwid[:1] in ("2", "3"):
        return ("naa." if wwid[0] == "3" else "eui.") + wwid[1:].lower()
    return wwid.lower() if wwid.lower().startswith(_WORLDWIDE) else wwid


def _mounts(output: str) -> dict[tuple[int, int], frozenset[str]]:
    """Device number of an NFS that is mounted → the names under which its server gives it."""
    found: dict[tuple[int, int], frozenset[str]] = {}
    for line in output.splitlines():
        left, separator, right = line.partition(" - ")
        words, rest = left.split(), right.split(" ")
        if words[:1] != ["mount"] or not separator or len(words) < 6 or len(rest) < 3:
            continue
        major, _, minor = words[3].partition(":")
        found[int(major), int(minor)] = _exports(source=rest[1], options=rest[2])
    return found


def _exports(source: str, options: str) -> frozenset[str]:
    server, colon, directory = source.rpartition(":/")
    if not colon or server.startswith(_LOOPBACK):
        return frozenset()  # without a server, or with each host as its own, equal names say nothing
    address = next((one.removeprefix("addr=") for one in options.split(",") if one.startswith("addr=")), None)
    if address is not None and address.startswith(_LOOPBACK):
        return frozenset()
    return frozenset(f"{name}:/{directory.strip('/')}" for name in (server, address) if name)
