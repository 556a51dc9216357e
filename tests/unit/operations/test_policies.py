"""What is told of policies: the origin of every value, what it was written over, differences, waivers, remarks."""

from dataclasses import replace
from datetime import date

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.finding import Severity
from orchestrator.model.host import HostName
from orchestrator.model.inheritance import Layer, Override, Setting, leaves
from orchestrator.model.policy import Checks, Limits, Policy, Waiver
from orchestrator.model.settings import Settings
from orchestrator.model.units import BytesPerSecond, Milliseconds
from orchestrator.operations import policies
from tests.unit.checks.builders import settings

KVM01 = HostName("kvm01")
TODAY = date(2026, 11, 21)
OURS = Waiver(check="peer", reason="a", until=date(2026, 11, 30), host="kvm09")
THEIRS = Waiver(check="memory", reason="b", until=date(2026, 11, 1))


def said(layer: Layer, of: str, line: int, *path: str, value: object) -> Setting:
    return Setting(path=path, value=value, layer=layer, of=of, file="f.yaml", line=line)


SITE = (
    said(Layer.SITE, "site", 2, "downtime_budget", value=Milliseconds(200)),
    said(Layer.SITE, "site", 3, "checks", "waive", value=OURS),
)
HOST = (
    said(Layer.HOST, "kvm01", 10, "bandwidth", value=BytesPerSecond(2**30)),
    said(Layer.HOST, "kvm01", 11, "limits", "live", value=1),
)
GUESTS = (
    said(Layer.GUESTS, "db-*", 20, "downtime_budget", value=Milliseconds(100)),
    said(Layer.GUESTS, "db-*", 21, "checks", "severity", "cpu", value=Severity.NOTE),
    said(Layer.GUESTS, "db-*", 22, "checks", "waive", value=THEIRS),
)


def site() -> Settings:
    return replace(
        settings(),
        policy=Policy(name="site", downtime_budget=Milliseconds(200), checks=Checks(waive=(OURS,))),
        policy_settings=SITE,
        overrides=(
            Override(layer=Layer.HOST, name="kvm01", settings=HOST),
            Override(layer=Layer.GUESTS, name="db-*", settings=GUESTS),
        ),
    )


def rows(explained) -> dict[str, tuple[str, list[str]]]:
    """Value and line of each key that is not simply the default, and what it was written over."""
    return {
        one.setting.key: (
            f"{one.setting.value} {one.setting.line}",
            [f"{s.value} {s.layer} {s.line}" for s in one.instead_of],
        )
        for one in explained.values
        if one.setting.layer is not Layer.DEFAULT
    }


def test_the_site_by_itself() -> None:
    found = policies.explain(site())
    assert rows(found) == {"downtime_budget": ("200ms 2", ["500ms default 0"])}
    assert (found.name, found.overrides) == ("site", ())
    assert [granted.waiver for granted in found.waivers] == [OURS]


def test_a_guest_at_a_host() -> None:
    found = policies.explain(site(), guest="db-01", host=KVM01)
    assert rows(found) == {
        "limits.live": ("1 11", ["2 default 0"]),
        "downtime_budget": ("100ms 20", ["200ms policy 2", "500ms default 0"]),
        "bandwidth": ("1GiB/s 10", ["None default 0"]),
        "checks.severity.cpu": ("note 21", []),
    }
    assert found.overrides == ("host kvm01", "guests db-*")
    assert [(granted.waiver, granted.setting.line) for granted in found.waivers] == [(OURS, 3), (THEIRS, 22)]


def test_waivers_for_other_guests_are_left_out() -> None:
    theirs = replace(OURS, guest="old-*")
    waiver = said(Layer.SITE, "site", 3, "checks", "waive", value=theirs)
    given = replace(site(), policy=Policy(name="site", checks=Checks(waive=(theirs,))), policy_settings=(waiver,))
    assert [g.waiver for g in policies.explain(given, guest="web").waivers] == []
    assert [g.waiver for g in policies.explain(given, guest="old-1").waivers] == [theirs]
    assert [g.waiver for g in policies.explain(given).waivers] == [theirs]


def test_what_is_explained_is_what_counts() -> None:
    explained = policies.explain(site(), guest="db-01", host=KVM01)
    counts = dict(leaves(site().policy_for(guest="db-01", host=KVM01)))
    assert {one.setting.path: one.setting.value for one in explained.values} == {
        path: value for path, value in counts.items() if not isinstance(value, Waiver)
    }


def test_an_unknown_host() -> None:
    with pytest.raises(OrchestratorError) as caught:
        policies.explain(site(), host=HostName("kvm011"))
    assert caught.value.exit_code == 2
    assert "kvm01" in caught.value.problems[0].saw


def test_differences() -> None:
    a = Policy(name="a", networks={"x": "y"}, checks=Checks(waive=(OURS, THEIRS)))
    b = Policy(name="b", limits=Limits(live=3), checks=Checks(waive=(THEIRS,), severity={"cpu": Severity.NOTE}))
    assert [(d.key, d.a, d.b) for d in policies.differences(a, b)] == [
        ("limits.live", (2,), (3,)),
        ("networks.x", ("y",), ()),
        ("checks.waive", (OURS,), ()),
        ("checks.severity.cpu", (), (Severity.NOTE,)),
    ]
    assert policies.differences(a, replace(a, name="c", description="another")) == ()


def test_waivers_are_told_in_the_order_of_their_end_with_the_days_that_are_left() -> None:
    found = policies.audit(site(), TODAY)
    assert [(g.waiver.check, g.days_left(TODAY)) for g in found.waivers] == [("memory", -20), ("peer", 9)]


def test_what_has_no_effect_is_remarked() -> None:
    (nobody,) = policies.audit(site(), TODAY).remarks
    assert "no host is called kvm09" in nobody
    assert "f.yaml:3" in nobody


def test_nothing_to_remark() -> None:
    limit = said(Layer.SITE, "site", 2, "limits", "live", value=4)
    assert policies.audit(replace(settings(), policy_settings=(limit,)), TODAY).remarks == ()
