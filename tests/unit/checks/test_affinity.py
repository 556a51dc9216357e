"""Rules about where guests may be beside others, on which hosts, and among how many virtual CPUs."""

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.checks import affinity, pins, together, vcpu_ratio
from orchestrator.checks.case import Case
from orchestrator.model.guest import Guest, Power
from orchestrator.model.policy import Affinity, Policy
from tests.unit.checks.builders import OTHER, case, guest, host, settings
from tests.unit.checks.rows import Row, hold, no, ok, proven, warn

NEIGHBOUR = guest("db-2", uuid=OTHER, vcpus=4)
APART = (Affinity(apart=("db-*",)),)


def under(there: tuple[Guest, ...] = (), here: tuple[Guest, ...] = (), **policy: Any) -> Case:
    """db-1 on its way from kvm01 to kvm02 under this policy."""
    moving = guest("db-1")
    made = case(moving, there=there, source=host("kvm01", moving, *here))
    return replace(made, settings=settings(policy=Policy(name="default", **policy)))


ROWS = {
    "no rule": ok(affinity, under((NEIGHBOUR,))),
    "another guest": ok(affinity, under((replace(NEIGHBOUR, name="web"),), affinity=APART)),
    "off there": ok(affinity, under((replace(NEIGHBOUR, power=Power.SHUT_OFF),), affinity=APART)),
    "not of the rule": ok(affinity, under((NEIGHBOUR,), affinity=(Affinity(apart=("db-2", "db-3")),))),
    "apart": no(affinity, under((NEIGHBOUR,), affinity=APART), "kvm02 has db-2", "apart: db-*"),
    "on its way": no(affinity, under((replace(NEIGHBOUR, power=Power.INCOMING),), affinity=APART), "kvm02 has db-2"),
    "by the same plan": no(
        affinity,
        replace(under(affinity=APART), incoming_names=("db-3", "web")),
        "kvm02 receives db-3, and",
        "apart: db-*",
    ),
    "by the same plan another guest": ok(affinity, replace(under(affinity=APART), incoming_names=("web",))),
    "rather apart": warn(affinity, under((NEIGHBOUR,), affinity=(Affinity(apart=("db-*",), hard=False),)), "db-2"),
    "alone": ok(together, under(affinity=(Affinity(together=("db-*",)),))),
    "parted": warn(
        together,
        under(here=(NEIGHBOUR,), affinity=(Affinity(together=("db-*",)),)),
        "db-2 would be left on kvm01",
        "ferry migrate db-1 db-2 --to kvm02",
    ),
    "no pins": ok(pins, under()),
    "pinned there": ok(pins, under(pins=("kvm0[2-9]",))),
    "pinned elsewhere": no(pins, under(pins=("kvm03",)), "keeps db-1 to kvm03", "ferry policy explain db-1 --to kvm02"),
    "no ratio": ok(vcpu_ratio, under((replace(NEIGHBOUR, vcpus=99),))),
    "within the ratio": ok(vcpu_ratio, under((replace(NEIGHBOUR, vcpus=7),), vcpu_ratio=1.0)),
    "beyond the ratio": no(
        vcpu_ratio,
        under((replace(NEIGHBOUR, vcpus=8),), vcpu_ratio=1.0),
        "would have 9 virtual CPUs",
        "raise vcpu_ratio",
    ),
    "on their way too": no(
        vcpu_ratio, replace(under(vcpu_ratio=1.0), incoming_vcpus=8), "8 are on their way", "1 times the 8 threads"
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_rule(row: Row) -> None:
    hold(row)


def test_every_rule_is_shown_to_pass_and_to_fail() -> None:
    shown = proven(ROWS.values())
    for row in ROWS.values():
        assert {"pass", "fail"} <= shown[row.rule.name], row.rule.name
