"""Other managers of guests on a host, told by their processes and files, and what Pacemaker says it manages."""

import re
from collections.abc import Iterator, Sequence

from orchestrator.model.facts import Unknown
from orchestrator.model.services import Owner
from orchestrator.survey.topics.section import Section, under

# Process → manager. The kernel keeps fifteen characters of a name. Only what runs on a hypervisor, not its clients.
_PROCESSES = {
    "pacemakerd": "pacemaker",
    "pacemaker-remot": "pacemaker",
    "vdsmd": "ovirt",
    "nova-compute": "openstack",
    "pvedaemon": "proxmox",
    "pmxcfs": "proxmox",
    "virt-handler": "kubevirt",
    "virt-launcher": "kubevirt",
    "cloudstack-agen": "cloudstack",
}
_PATHS = {"/etc/pve/storage.cfg": "proxmox", "/var/lib/one/remotes": "opennebula"}

_SCRIPT = f"""
echo "looked yes"
grep -hsx {" ".join(f"-e {name}" for name in _PROCESSES)} /proc/[0-9]*/comm | sort -u | sed 's/^/process /'
for path in {" ".join(_PATHS)}; do
  if [ -e "$path" ]; then echo "path $path"; fi
done
if grep -qsx -e pacemakerd -e pacemaker-remot /proc/[0-9]*/comm; then
  root cat /var/lib/pacemaker/cib/cib.xml 2>/dev/null | grep -e '<primitive ' -e 'name="config"' | sed 's/^ */cib /'
fi
"""
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


def _parse(lines: Sequence[str]) -> tuple[Owner, ...] | Unknown:
    if "looked yes" not in lines:
        return Unknown(why="the host's processes could not be listed", code="host.shell")
    evidence: dict[str, str] = {}
    for process in under(lines, "process"):
        evidence.setdefault(_PROCESSES.get(process, process), f"{process} is running")
    for path in under(lines, "path"):
        evidence.setdefault(_PATHS.get(path, path), f"{path} exists")
    resources = frozenset(_resources(under(lines, "cib")))
    return tuple(
        Owner(name=name, evidence=seen, guests=resources if name == "pacemaker" else frozenset())
        for name, seen in sorted(evidence.items())
    )


def _resources(cib: Sequence[str]) -> Iterator[str]:
    """Guests of VirtualDomain resources: the name of the resource, and that of its definition's file."""
    ours = False
    for line in cib:
        said = dict(_ATTRIBUTE.findall(line))
        if line.startswith("<primitive "):
            ours = said.get("type") == "VirtualDomain"
            if ours and said.get("id"):
                yield said["id"]
        elif ours and said.get("value"):
            yield said["value"].rsplit("/", 1)[-1].removesuffix(".xml")


SECTION = Section(script=_SCRIPT, parse=_parse)
