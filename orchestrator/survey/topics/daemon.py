"""The settings of libvirt's daemon, who QEMU runs as, and the hooks that libvirt calls."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.model.facts import Unknown
from orchestrator.model.services import DaemonSettings
from orchestrator.survey.root import REFUSED_STATUS
from orchestrator.survey.topics.section import Section, fields, number, under

# Names of hooks as libvirt knows them; other files in the directory are none.
_SCRIPT = f"""
daemon=libvirtd
for comm in $(grep -lsx -e libvirtd -e virtqemud /proc/[0-9]*/comm); do
  daemon=$(cat "$comm"); limits=${{comm%/comm}}/limits
  echo "memlock $(sed -n 's/^Max locked memory *\\([^ ]*\\).*/\\1/p' "$limits")"
done
for name in qemu "$daemon"; do
  said=$(root cat "/etc/libvirt/$name.conf" 2>/dev/null)
  [ $? -eq {REFUSED_STATUS} ] && {{ echo refused; exit; }}
  [ "$name" = qemu ] || name=daemon
  [ $name = qemu ] && qemu=$said
  printf '%s\\n' "$said" | grep -v -e '^[[:space:]]*#' -e '^[[:space:]]*$' | sed "s/^/$name /"
done
echo "read yes"
configured() {{
  printf '%s\\n' "$qemu" | sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*[\\"'+]*\\([^\\"']*\\).*/\\1/p"
}}
getent passwd $(configured user) libvirt-qemu qemu | sed -n 's/^\\([^:]*\\):[^:]*:\\([^:]*\\):.*/user \\1 \\2/p'
getent group $(configured group) libvirt-qemu qemu kvm | sed -n 's/^\\([^:]*\\):[^:]*:\\([^:]*\\):.*/group \\1 \\2/p'
hooks=/etc/libvirt/hooks
for name in $(root ls $hooks 2>/dev/null); do
  case $name in
    qemu|network|daemon) root sha256sum "$hooks/$name" ;;
    qemu.d|network.d|daemon.d)
      for script in $(root ls "$hooks/$name"); do root sha256sum "$hooks/$name/$script"; done ;;
  esac
done 2>/dev/null | sed "s:^\\([0-9a-f]*\\)  $hooks/:hook \\1 :"
"""
_SETTING = re.compile(r"^\s*(\w+)\s*=\s*(\[[^\]]*\]|\"[^\"]*\"|'[^']*'|[^\s#]+)", re.MULTILINE)
_WORD = re.compile(r"\"([^\"]*)\"|'([^']*)'")
# Who QEMU runs as where nothing is configured: as distributions build libvirt.
_USERS, _GROUPS = ("libvirt-qemu", "qemu"), ("libvirt-qemu", "qemu", "kvm")


def _parse(lines: Sequence[str]) -> DaemonSettings | Unknown:
    said = fields(lines)
    if "read" not in said:
        return Unknown(why="libvirt's configuration could not be read", code="host.shell")
    qemu, daemon = _conf(under(lines, "qemu")), _conf(under(lines, "daemon"))
    uid = _id(qemu.get("user"), fields(under(lines, "user")), _USERS)
    gid = _id(qemu.get("group"), fields(under(lines, "group")), _GROUPS)
    if uid is None or gid is None:
        return Unknown(why="the account that QEMU runs as could not be found", code="host.shell")
    acl = qemu.get("cgroup_device_acl")
    memlock = said.get("memlock", "unlimited")
    return DaemonSettings(
        lock_manager=str(qemu.get("lock_manager", "")),
        port_min=int(qemu.get("migration_port_min", 49152)),
        port_max=int(qemu.get("migration_port_max", 49215)),
        migration_address=str(qemu.get("migration_address", "")),
        migration_host=str(qemu.get("migration_host", "")),
        keepalive_interval=int(qemu.get("keepalive_interval", 5)),
        keepalive_count=int(qemu.get("keepalive_count", 5)),
        tls_force=int(qemu.get("migrate_tls_force", 0)) != 0,
        cgroup_device_acl=acl if isinstance(acl, tuple) else None,
        max_client_requests=int(daemon.get("max_client_requests", 5)),
        qemu_uid=uid,
        qemu_gid=gid,
        memlock_bytes=number(memlock),
        hooks=dict(sorted((name, digest) for digest, _, name in (one.partition(" ") for one in under(lines, "hook")))),
    )


def _conf(lines: Sequence[str]) -> dict[str, Any]:
    """libvirt's own syntax: `name = value`, where the value is a number, a string, or a list of strings."""
    return {name: _value(text) for name, text in _SETTING.findall("\n".join(lines))}


def _value(text: str) -> Any:
    if text.startswith("["):
        return tuple(one or other for one, other in _WORD.findall(text))
    if text[0] in "\"'":
        return text[1:-1]
    return int(text)


def _id(configured: Any, known: Mapping[str, str], usual: tuple[str, ...]) -> int | None:
    """A user or group id: configured as a number (also written +0) or a name, or what the distribution chose."""
    if configured is not None:
        text = str(configured).removeprefix("+")
        return number(text) if text.isdecimal() else number(known.get(text))
    return next((int(known[name]) for name in usual if name in known), None)


SECTION = Section(script=_SCRIPT, parse=_parse)
