"""Guests of every kind of CPU, on a host that has them, and what libvirt says when one simply moves them."""

import json
import shlex
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, cast

from tests.lab import definition
from tests.lab.protocol import Lab
from tests.lab.topology import Guest, Workload

MACHINE_OF_THE_NEW = "pc-q35-10.0"
_ORDINARY = "<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>"
# Enough memory to boot, a little of it rewritten all the time.
_SMALL: Mapping[str, Any] = {"memory_mib": 96, "workload": Workload(size=4, rate=0.2)}
_numbers = count(33)


def named(model: str, *, match: str = "exact", **policies: str) -> str:
    """A named CPU; policies: feature → require, force, optional, disable."""
    features = "".join(f"<feature policy='{policy}' name='{name}'/>" for name, policy in policies.items())
    head = f"<cpu mode='custom' match='{match}' check='none'>"
    return f"{head}<model fallback='forbid'>{model}</model>{features}</cpu>"


# rdpid is a feature that only the newer QEMU emulates, pcommit one that only the older does.
ANYWHERE: Mapping[str, str] = {
    "host-model": "<cpu mode='host-model'/>",
    "maximum": "<cpu mode='maximum'/>",
    "nehalem": named("Nehalem"),
}
FROM_THE_NEW: Mapping[str, str] = {
    "qemu64": _ORDINARY,
    "skylake": named("Skylake-Client"),
    "with-rdpid": named("qemu64", rdpid="require"),
    "forced-rdpid": named("qemu64", rdpid="force"),
    "versioned": named("Nehalem-v1"),  # a name that the older libvirt does not know
}
FROM_THE_OLD: Mapping[str, str] = {
    "default": "",
    "epyc": named("EPYC"),
    "with-pcommit": named("qemu64", pcommit="require"),
    "optional-both": named("qemu64", rdpid="optional", pcommit="optional"),
    "without-popcnt": named("Nehalem", popcnt="disable"),
    "minimum": named("Nehalem", match="minimum"),
}


def start(lab: Lab, name: str, host: str, cpu: str, machine: str = definition.MACHINE) -> None:
    """Start a small guest with that <cpu>."""
    made = Guest(name, host, next(_numbers), **_SMALL)
    text = definition.xml(made, lab.topology.networks["guest"], machine=machine)
    assert _ORDINARY in text
    lab.start_guest(made, definition=text.replace(_ORDINARY, cpu))


def findings(lab: Lab, names: Iterable[str], destination: str) -> list[dict[str, Any]]:
    """What `ferry check` says of these guests and that destination."""
    result = lab.ferry("-o", "json", "check", *names, "--to", destination)
    assert result.returncode in (0, 4), result.stdout + result.stderr
    return cast(list[dict[str, Any]], json.loads(result.stdout)["plan"]["findings"])


_TRY = """
for name in {names}; do
    said=$(virsh -q migrate --live --p2p --persistent --undefinesource {flags} "$name" {uri} 2>&1) \
        && echo "$name" || echo "$name $said" | tr '\\n' ' ' | sed 's/$/\\n/'
done
"""


def simply_try(lab: Lab, names: Iterable[str], source: str, destination: str, flags: str = "") -> dict[str, str]:
    """Move them with virsh, one after another: name → libvirt's refusal, "" when it has moved."""
    uri = f"qemu+tls://{destination}/system"
    script = _TRY.format(names=shlex.join(names), flags=flags, uri=uri)
    said = lab.run(source, ["sh", "-c", script], timeout=240).checked().stdout
    return {name: refusal.strip() for name, _, refusal in (line.partition(" ") for line in said.splitlines())}
