"""Where guests may go at all: hosts that take none in or let none go, and groups that are not mixed unasked."""

from dataclasses import replace

import pytest

from orchestrator.checks import group, host_direction
from orchestrator.checks.case import Case, OnLink
from orchestrator.model.settings import Settings
from tests.unit.checks.builders import case, on_link, settings
from tests.unit.checks.rows import Row, hold, no, noted, ok, proven


def configured(**hosts) -> Settings:
    """Two ordinary hosts, some of them with changes."""
    ordinary = settings()
    return replace(
        ordinary, hosts={name: replace(entry, **hosts.get(name, {})) for name, entry in ordinary.hosts.items()}
    )


def way(**hosts) -> OnLink:
    return on_link(settings=configured(**hosts))


def move(here: str, there: str, *, chosen: bool = False) -> Case:
    return case(settings=configured(kvm01={"group": here}, kvm02={"group": there}), chosen=chosen)


ROWS = {
    "both directions are open": ok(host_direction, way()),
    "what is closed the other way round": ok(host_direction, way(kvm01={"incoming": False}, kvm02={"outgoing": False})),
    "nothing goes in": no(
        host_direction,
        way(kvm02={"incoming": False}),
        "kvm02 has incoming: false",
        "hosts.kvm02.incoming to true in /etc/ferry/ferry.yaml",
    ),
    "nothing goes out": no(
        host_direction,
        way(kvm01={"outgoing": False}),
        "kvm01 has outgoing: false",
        "hosts.kvm01.outgoing to true in /etc/ferry/ferry.yaml",
    ),
    "no groups": ok(group, move("", "")),
    "one group": ok(group, move("rack1", "rack1")),
    "another group": no(
        group, move("rack1", "rack2"), "kvm01 is in the group rack1, kvm02 is in the group rack2", "--to kvm02"
    ),
    "out of every group": no(group, move("rack1", ""), "kvm02 is in no group"),
    "into a group": no(group, move("", "rack1"), "kvm01 is in no group", "ferry migrate kvm01/web --to kvm02"),
    "another group, named": noted(group, move("rack1", "rack2", chosen=True), "rack1", "rack2", "was named"),
    "one group, named": ok(group, move("rack1", "rack1", chosen=True)),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_row(row: Row) -> None:
    hold(row)


def test_each_rule_is_shown_from_both_sides() -> None:
    # Neither needs a fact of a host, so neither can be undecided.
    assert proven(ROWS.values()) == {"host-direction": {"pass", "fail"}, "group": {"pass", "fail"}}


def test_both_directions_at_once_are_two_findings() -> None:
    shut = way(kvm01={"outgoing": False}, kvm02={"incoming": False})
    assert len(list(host_direction.RULE.examine(shut))) == 2


def test_a_fix_never_pastes_a_strange_name() -> None:
    strange = move("rack1", "rack2")
    strange = replace(strange, guest=replace(strange.guest, name="$(reboot)"))
    [found] = group.RULE.examine(strange)
    assert "$(reboot)" not in found.fix
    assert strange.guest.uuid in found.fix
