"""Where guests may go at all: hosts that take none in or let none go, and groups that are not mixed unasked."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestrator.checks import cordoned, group, host_direction
from orchestrator.checks.case import Case, OnLink
from orchestrator.model.cordon import Cordon
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.run import RunId
from orchestrator.model.settings import Settings
from tests.unit.checks.builders import case, on_link, settings
from tests.unit.checks.rows import Row, hold, no, noted, ok, proven, undecided


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


def cordon(host: str, run: str | None = None) -> Cordon:
    at = datetime(2026, 11, 21, 4, 5, tzinfo=UTC)
    whose = RunId(run) if run is not None else None
    return Cordon(host=HostName(host), by="anna on ctl1", at=at, because="a new mainboard", run=whose)


def cordons(*put: Cordon) -> OnLink:
    return replace(way(), cordons=put)


ROWS = {
    "no cordon": ok(cordoned, cordons()),
    "other hosts are cordoned": ok(cordoned, cordons(cordon("kvm01"), cordon("kvm03"))),
    "cordoned by a person": no(
        cordoned,
        cordons(cordon("kvm01"), cordon("kvm02")),
        "kvm02 is cordoned since 2026-11-21 04:05 UTC by anna on ctl1: a new mainboard",
        "or let it take guests again: ferry uncordon kvm02",
    ),
    "cordoned for a run": no(
        cordoned, cordons(cordon("kvm02", "1121-a4")), "anna on ctl1 for run 1121-a4", "whether run 1121-a4 goes on"
    ),
    "the store is away": undecided(
        cordoned, replace(way(), cordons=Unknown(why="the store is locked", code="store.unavailable")), "is locked"
    ),
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
    # Neither of the first two needs a fact of a host, so neither can be undecided.
    both = {"pass", "fail"}
    assert proven(ROWS.values()) == {"host-direction": both, "group": both, "cordoned": {*both, "unknown"}}


def test_no_policy_lets_a_cordon_pass() -> None:
    assert not cordoned.RULE.waivable


def test_both_directions_at_once_are_two_findings() -> None:
    shut = way(kvm01={"outgoing": False}, kvm02={"incoming": False})
    assert len(list(host_direction.RULE.examine(shut))) == 2


def test_a_fix_never_pastes_a_strange_name() -> None:
    strange = move("rack1", "rack2")
    strange = replace(strange, guest=replace(strange.guest, name="$(reboot)"))
    [found] = group.RULE.examine(strange)
    assert "$(reboot)" not in found.fix
    assert strange.guest.uuid in found.fix
