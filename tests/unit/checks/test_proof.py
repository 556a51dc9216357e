"""Every rule is shown passing, failing and lacking a fact; counted over the tables of all modules here."""

from importlib import import_module
from pathlib import Path

import pytest

from orchestrator.checks import copy_space, cpu, disk_shared, host_reachable, local_media, migration_port, peer
from orchestrator.checks.case import Case, Reaching
from orchestrator.checks.registry import RULES
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from tests.unit.checks.builders import SILENT, case, disk, guest, host, link, on_link, pair, settings
from tests.unit.checks.rows import Row, hold, no, ok, proven, warn

LOCAL = guest(disks=(disk("/srv/local/web.img"),))
WITHOUT = Unknown(why="the facts were saved without this guest and destination", code="usage.facts")
CDROM = guest(disks=(disk("/srv/iso/cd.iso", device="cdrom", read_only=True),))


def reaching(answer) -> Reaching:
    """A destination that answered so."""
    moving, configured = guest(), settings()
    return Reaching(
        guest=moving,
        source=host("kvm01", moving),
        settings=configured,
        lives_on=(HostName("kvm01"),),
        destination_entry=configured.hosts[HostName("kvm02")],
        answer=answer,
    )


def unasked(moving, why=SILENT) -> Case:
    """The destination did not answer for the guest's paths."""
    return case(moving, pair=pair(moving, paths=why))


ROWS = {
    "the destination answers": ok(host_reachable, reaching(host("kvm02"))),
    "the destination is silent": no(
        host_reachable,
        reaching(SILENT),
        "kvm02 does not answer (ferry to libvirt of kvm02): no answer within 10 s",
        "virsh -c qemu+ssh://root@kvm02/system version",
        exit_code=6,
    ),
    "a disk in facts that were saved without the guest": no(
        disk_shared, unasked(LOCAL, WITHOUT), "kvm02: the facts were saved without", "ferry facts web --save FILE"
    ),
    "a CPU in facts that were saved without the guest": warn(
        cpu,
        case(pair=pair(guest(), cpu=WITHOUT)),
        "decided: the facts were saved without",
        "ferry facts web --save FILE",
    ),
    "a medium in facts that were saved without the guest": warn(
        local_media, unasked(CDROM, WITHOUT), "decided: the facts were saved without", "ferry facts web --save FILE"
    ),
}

# What a rule says in its own words when it lacks a fact. `ok`: it is silent on purpose.
LACKING = {
    "peer": no(peer, on_link(link=link(peer=SILENT)), "no answer within 10 s"),
    "migration-port": warn(migration_port, on_link(link=link(ports=SILENT)), "could not be decided: no answer"),
    "cpu": warn(cpu, case(pair=pair(guest(), cpu=SILENT)), "could not be decided", "no answer within 10 s"),
    "disk-shared": no(disk_shared, unasked(LOCAL), "could not be looked for on kvm02", "no answer within 10 s"),
    "local-media": warn(local_media, unasked(CDROM), "could not be decided", "no answer within 10 s"),
    # disk-shared refuses the same disk for the same reason; that there is room for a copy would add nothing.
    "copy-space": ok(copy_space, unasked(LOCAL)),
}


@pytest.mark.parametrize("row", [*ROWS.values(), *LACKING.values()], ids=[*ROWS, *LACKING])
def test_row(row: Row) -> None:
    hold(row)


def outcomes() -> dict[str, set[str]]:
    """Rule → what the tables of all modules prove of it."""
    modules = [import_module(f"tests.unit.checks.{file.stem}") for file in Path(__file__).parent.glob("test_*.py")]
    rows = [row for module in modules for row in getattr(module, "ROWS", {}).values()]
    seen = proven(rows)
    for name in LACKING:
        seen[name].add("unknown")
    return seen


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_proven_to_pass_to_fail_and_to_lack_what_it_needs(rule) -> None:
    assert {"pass", "fail"} | ({"unknown"} if rule.needs else set()) <= outcomes()[rule.name]


def test_at_least_forty_rules_are_proven_in_all_three() -> None:
    whole = [name for name, seen in outcomes().items() if seen == {"pass", "fail", "unknown"}]
    assert len(whole) >= 40


def test_what_the_table_calls_lacking_lacks_a_fact() -> None:
    for name, row in LACKING.items():
        assert row.rule.name == name
        looked_at = row.case.link if hasattr(row.case, "link") else row.case.pair
        assert any(isinstance(getattr(looked_at, field), Unknown) for field in looked_at.__slots__)
