"""Saved facts come back as they were, the unknown ones too; a damaged or foreign file is refused in words."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestrator import documents
from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.topic import OF_LIBVIRT, OF_SHELL
from tests.unit.checks.builders import disk, guest, host, link, pair

AT = datetime(2026, 11, 21, 4, 12, tzinfo=UTC)
WHY = Unknown(why="the script broke off", code="host.shell", leg="controller to kvm02, ssh")


def again(facts: Facts) -> Facts:
    """Through a file and back."""
    read, taken_at = documents.read_facts(documents.as_text(documents.facts_document(facts, AT)), "saved")
    assert taken_at == AT
    return read


def test_hosts_links_and_pairs_come_back() -> None:
    moving = guest(disks=(disk(),))
    facts = Facts(
        hosts={"kvm01": host("kvm01", moving), "kvm02": host("kvm02"), "kvm03": WHY},
        links={
            ("kvm01", "kvm02", "migration"): link(),
            ("kvm02", "kvm01", "migration"): link("kvm02", "kvm01", peer=WHY),
        },
        pairs={(moving.uuid, "kvm02"): pair(moving)},
    )
    assert again(facts) == facts


@pytest.mark.parametrize("topic", sorted(OF_LIBVIRT | OF_SHELL))
def test_a_topic_that_could_not_be_read_stays_unknown(topic: str) -> None:
    facts = Facts(hosts={"kvm01": replace(host("kvm01"), **{topic.value: WHY})})
    assert again(facts) == facts


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": "ferry.facts/2"}', '{"schema": "ferry.hosts/1", "hosts": []}']
)
def test_another_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(OrchestratorError) as refused:
        documents.read_facts(text, "saved.json")
    assert refused.value.exit_code == 2
    assert "saved.json holds no facts of this version of ferry" in refused.value.problems[0].saw
