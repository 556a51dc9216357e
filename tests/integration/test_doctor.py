"""`ferry doctor` on real hosts: what was planted is found and nothing else, what is dead is cleaned, a canary tours."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.moves import intact, places, started
from tests.lab.protocol import Lab, Result

pytestmark = pytest.mark.lab

SWTPM = "/var/lib/libvirt/swtpm"
TOKEN = "/srv/attic/.ferry-0123456789abcdef01234567"
# kvm03 is the host that ferry enters as somebody who is not root.
PLANT = """
set -e
mkdir -p {swtpm}/{uuid}/tpm2 /srv/attic && chmod 711 {swtpm} && chmod 700 {swtpm}/{uuid} /srv/attic
echo keys >{swtpm}/{uuid}/tpm2/tpm2-00.permall
echo x >{token}; truncate -s 3M "/srv/attic/old web.qcow2"; echo x >/srv/attic/README
find {swtpm}/{uuid} /srv/attic -depth -exec touch -d '2 hours ago' {{}} +
virsh pool-define-as attic dir --target /srv/attic
"""
TAKE_BACK = "virsh pool-undefine attic; rm -rf /srv/attic {swtpm}/{uuid}*"


def findings(result: Result) -> dict[str, dict[str, Any]]:
    """check → its finding; no check may speak twice."""
    said = json.loads(result.stdout)["findings"]
    found = {finding["check"]: finding for finding in said}
    assert len(found) == len(said), [(one["check"], one["saw"]) for one in said]
    return found


@pytest.fixture
def lodger(lab: Lab) -> Iterator[str]:
    """A guest on kvm01 with leftovers on kvm02 and kvm03; its UUID."""
    started(lab, "lodger", "kvm01", disk="shared", autostart=True)
    uuid = lab.run("kvm01", ["virsh", "domuuid", "lodger"]).checked().stdout.strip()
    names = {"swtpm": SWTPM, "uuid": uuid, "token": TOKEN}
    lab.shell("kvm03", PLANT.format(**names), undo=TAKE_BACK.format(**names)).checked()
    definition = lab.run("kvm01", ["virsh", "dumpxml", "--inactive", "lodger"]).checked().stdout
    lab.run("kvm02", ["virsh", "define", "/dev/stdin"], stdin=definition).checked()
    lab.shell("kvm02", "virsh autostart lodger", undo="virsh undefine lodger").checked()
    yield uuid


def test_a_lab_that_nobody_has_touched_has_no_leftovers(lab: Lab) -> None:
    started(lab, "tidy", "kvm01", disk="shared")
    assert findings(lab.ferry("-o", "json", "doctor", "--leftovers").checked()) == {}


def test_leftovers_are_told_and_only_what_is_dead_is_cleaned(lab: Lab, lodger: str) -> None:
    found = findings(lab.ferry("-o", "json", "doctor", "--leftovers").checked())
    assert {check: (one["source"], one["severity"]) for check, one in found.items()} == {
        "leftover-tpm": ("kvm03", "warning"),
        "leftover-token": ("kvm03", "note"),
        "leftover-volume": ("kvm03", "note"),
        "autostarts-twice": ("kvm02", "warning"),
    }
    assert "2 h ago" in found["leftover-tpm"]["saw"] and "lives on kvm01" in found["leftover-tpm"]["saw"]
    assert found["leftover-volume"]["detail"] == ["/srv/attic/old web.qcow2 (3 MiB, last written 2 h ago)"]
    assert "autostart --disable" in found["autostarts-twice"]["fix"]
    assert [check for check, one in found.items() if one["remedy"]] == ["leftover-tpm", "leftover-token"]

    refused = lab.ferry("doctor", "--leftovers", "--clean")
    assert refused.returncode == 2 and "usage.needs-yes" in refused.stderr
    cleaned = json.loads(lab.ferry("-o", "json", "doctor", "--leftovers", "--clean", "--yes").checked().stdout)[
        "cleaned"
    ]
    assert [one["effect"]["kind"] for one in cleaned] == ["done", "done"]
    kept = lab.shell("kvm03", f"cd {SWTPM} && echo */tpm2/*; ls -A /srv/attic").checked().stdout.splitlines()
    assert kept[0].startswith(f"{lodger}.ferry-leftover-20") and kept[0].endswith("/tpm2/tpm2-00.permall")
    assert kept[1:] == ["README", "old web.qcow2"]

    left = findings(lab.ferry("-o", "json", "doctor", "--leftovers").checked())
    assert {*left} == {"leftover-volume", "autostarts-twice"}
    assert places(lab, "lodger")["kvm01"] == "running"


def test_state_that_a_program_uses_is_not_set_aside(lab: Lab, lodger: str) -> None:
    user = f"sh -c 'while sleep 1; do :; done' dir={SWTPM}/{lodger}/tpm2,mode=0600 >/dev/null 2>&1 & echo $!"
    pid = lab.shell("kvm03", user).checked().stdout.strip()
    try:
        result = lab.ferry("-o", "json", "doctor", "--leftovers", "--clean", "--yes")
    finally:
        lab.run("kvm03", ["kill", pid])
    effects = {one["check"]: one["effect"] for one in json.loads(result.stdout)["cleaned"]}
    assert result.returncode == 1
    assert effects["leftover-tpm"]["kind"] == "refused" and "in use" in effects["leftover-tpm"]["why"]
    assert effects["leftover-token"]["kind"] == "done"


def test_nothing_is_proven_while_a_host_is_silent(lab: Lab, lodger: str) -> None:
    lab.freeze_daemon("kvm04")
    result = lab.ferry("-o", "json", "doctor", "--leftovers", "--clean", "--yes")
    assert result.returncode == 6, result.stderr
    assert [one["check"] for one in json.loads(result.stdout)["cleaned"]] == ["leftover-token"]


def test_a_canary_takes_every_way_between_the_hosts(lab: Lab) -> None:
    started(lab, "bird", "kvm01")
    result = lab.ferry("-o", "json", "doctor", "--canary", "bird", "--yes", timeout=280).checked()
    tour = json.loads(result.stdout)["tour"]
    ways = [(leg["source"], leg["destination"]) for leg in tour["legs"]]
    assert sorted(ways) == sorted(itertools.permutations(lab.hosts(), 2))
    assert {leg["outcome"] for leg in tour["legs"]} == {"migrated"}
    assert all(leg["duration_ms"] > 0 and leg["downtime_ms"] > 0 for leg in tour["legs"])
    assert all(leg["blackout_ms"] is not None for leg in tour["legs"]), tour
    assert (tour["where"], tour["untried"], tour["stopped"]) == ("kvm01", [], "")
    assert places(lab, "bird") == {"kvm01": "running"}
    intact(lab, "bird")


def test_a_canary_goes_round_a_way_that_is_blocked(lab: Lab) -> None:
    started(lab, "bird", "kvm01")
    lab.pretend_free_memory("kvm02", 100)
    result = lab.ferry("-o", "json", "doctor", "--canary", "bird", "kvm02", "kvm03", "--yes", timeout=200)
    tour = json.loads(result.stdout)["tour"]
    assert result.returncode == 1
    assert {(leg["destination"], leg["outcome"]) for leg in tour["legs"]} == {
        ("kvm02", "blocked"),
        ("kvm03", "migrated"),
        ("kvm01", "migrated"),
    }
    assert all("memory" in leg["because"] for leg in tour["legs"] if leg["outcome"] == "blocked")
    assert tour["where"] == "kvm01"
    assert sorted(map(tuple, tour["untried"])) == [("kvm02", "kvm01"), ("kvm02", "kvm03")]
    assert places(lab, "bird") == {"kvm01": "running"}
