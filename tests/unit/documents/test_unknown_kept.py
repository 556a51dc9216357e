"""What libvirt refused to say of a guest is still unknown after it was saved and read again."""

import json
from datetime import UTC, datetime

from orchestrator.documents.facts import as_text, facts_document, read_facts
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.hardware import Kept
from tests.unit.checks.builders import guest, host

NOW = datetime(2026, 11, 21, tzinfo=UTC)
WHY = Unknown(why="access denied", code="host.libvirt", leg="controller to kvm01, libvirt")
KEPT = Kept(
    snapshots=WHY,
    checkpoints=2,
    managed_save=WHY,
    pending_definition=True,
    block_jobs={"vda": WHY, "vdb": "copy"},
    disk_errors={"why": WHY},
    blocked_reasons=WHY,
)
FACTS = Facts(hosts={(one := host("kvm01", guest(kept=KEPT, unread=WHY), networks=WHY)).name: one})


def test_it_is_the_same_afterwards() -> None:
    again, _taken = read_facts(as_text(facts_document(FACTS, NOW)), "f.json")
    assert again == FACTS


def test_facts_of_an_earlier_version_are_readable() -> None:
    whole = host("kvm01", guest())
    document = json.loads(as_text(facts_document(Facts(hosts={whole.name: whole}), NOW)))
    said = document["hosts"][0]["said"]
    del said["memory_available_bytes"], said["guests"][0]["unread"]
    for name in ("memory_shared", "displays"):
        del said["guests"][0]["hardware"][name]
    for name in ("forward", "portgroups"):
        del said["networks"][0][name]
    again, _taken = read_facts(json.dumps(document), "f.json")
    assert again.hosts[whole.name] == whole
