"""ferry policy: the screens of a real configuration, read from files, with the day standing still."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from orchestrator import config, wiring
from orchestrator.cli.commands import policy
from orchestrator.cli.view.policies import _names
from orchestrator.model.inheritance import Layer, Setting
from tests.screens import world

FERRY = """\
networks:
  migration: {cidr: 10.77.2.0/24}
policy: site.yaml
hosts:
  kvm01:
    uri: qemu+ssh://root@kvm01/system
    addresses: {migration: 10.77.2.11}
    group: rack1
    policy: {memory_reserve: 4GiB}
  kvm02:
    uri: qemu+ssh://root@kvm02/system
    addresses: {migration: 10.77.2.12}
groups:
  rack1:
    policy: {bandwidth: 1Gbit, limits: {live: 1}}
guests:
  "db-*":
    policy:
      downtime_budget: 100ms
      checks:
        severity: {cpu: warning}
        waive: [{check: memory, reason: databases are big, until: 2026-12-01}]
"""
SITE = """\
name: site
description: What we allow ourselves.
downtime_budget: 200ms
networks: {br0: br1}
checks:
  unknown: blocker
  waive:
    - {check: peer, reason: "new certificates (anna)", until: 2026-11-20, host: kvm09}
    - {check: cpu, reason: "until the old ones are gone", until: 2028-01-01, guest: "old-*"}
"""
TODAY = datetime(2026, 11, 21, 4, 12, tzinfo=UTC)


class _StandsStill(datetime):
    @classmethod
    def now(cls, tz=None):
        return TODAY


def moved(settings, directory):
    """The same settings as if the files lay in /etc/ferry: screens do not depend on where the test runs."""

    def elsewhere(said):
        return tuple(replace(s, file=s.file.replace(directory, "/etc/ferry")) for s in said)

    return replace(
        settings,
        file="/etc/ferry/ferry.yaml",
        policy_settings=elsewhere(settings.policy_settings),
        overrides=tuple(replace(o, settings=elsewhere(o.settings)) for o in settings.overrides),
    )


@pytest.fixture
def site(ferry, monkeypatch, tmp_path):
    """A configuration with every layer."""
    (tmp_path / "ferry.yaml").write_text(FERRY)
    (tmp_path / "site.yaml").write_text(SITE)
    settings = moved(config.load(str(tmp_path / "ferry.yaml"), {}), str(tmp_path))
    monkeypatch.setattr(wiring, "load_settings", lambda _config: settings)
    monkeypatch.setattr(policy, "datetime", _StandsStill)
    return ferry


@pytest.mark.parametrize("arguments", [[], ["show"], ["explain"], ["diff"], ["check"]], ids=" ".join)
def test_help(ferry, screen, arguments):
    assert str(ferry("policy", *arguments, "--help")) == screen


def test_show(site, screen):
    assert str(site("policy", "show")) == screen


def test_show_where_nothing_is_different(ferry, given, screen):
    assert str(ferry("policy", "show")) == screen


def test_hyper_vs_factor_is_translated(site, tmp_path):
    (tmp_path / "imported.yaml").write_text("name: imported\nlimits: {smb_factor: 2500}\n")
    (tmp_path / "ferry.yaml").write_text(FERRY.replace("site.yaml", "imported.yaml"))
    settings = config.load(str(tmp_path / "ferry.yaml"), {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "load_settings", lambda _config: settings)
        shown = site("policy", "show").out
    assert "2500: 25 % of all interfaces of a host" in " ".join(shown.split())


def test_explain(site, screen):
    assert str(site("policy", "explain", "db-07", "--to", "kvm01")) == screen


def test_no_path_is_broken_over_two_lines(site, monkeypatch):
    asked = ("policy", "explain", "db-07", "--to", "kvm01")
    for columns in (60, 80, 100):
        monkeypatch.setenv("COLUMNS", str(columns))
        places = [word for line in site(*asked).out.splitlines() for word in line.split() if ".yaml:" in word]
        assert {place.rpartition("/")[2].partition(":")[0] for place in places} == {"ferry.yaml", "site.yaml"}
        assert all(place.rpartition(":")[2].isdecimal() for place in places)
    assert any("/" in place for place in places), "where there is room, paths are whole"


def test_files_that_end_alike_keep_their_paths():
    one, two = (Setting(path=("x",), value=1, layer=Layer.SITE, file=f"/{n}/site.yaml", line=1) for n in "ab")
    third = replace(one, file="/c/ferry.yaml")
    narrow = SimpleNamespace(console=SimpleNamespace(width=10))
    assert _names(narrow, [one, two], [third]) == {"/c/ferry.yaml": "ferry.yaml"}
    assert _names(SimpleNamespace(console=SimpleNamespace(width=100)), [one, two], [third]) == {}


def test_explain_takes_a_host_before_the_name(site):
    assert site("policy", "explain", "kvm02/db-07").out == site("policy", "explain", "db-07").out
    # What is no host is part of the name.
    assert "for kvm9/db-07" in site("policy", "explain", "kvm9/db-07").out


def test_explain_at_an_unknown_host(site):
    shown = site("policy", "explain", "db-07", "--to", "kvm9")
    assert shown.code == 2
    assert "usage.unknown-host" in shown.err


def test_diff(site, screen):
    assert str(site("policy", "diff", "site", "default")) == screen


def test_diff_of_the_site_and_a_host(site, screen):
    assert str(site("policy", "diff", "site", "kvm01")) == screen


def test_diff_of_the_same(site):
    assert site("policy", "diff", "site", "kvm02").out == "site and kvm02 are the same.\n"


def test_diff_with_a_file(site, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text("name: other\npostcopy: true\n")
    assert "postcopy" in site("policy", "diff", "default", str(other)).out
    other.write_text("name: other\npostcopi: true\n")
    shown = site("policy", "diff", "default", str(other))
    assert shown.code == 3
    assert "postcopy?" in shown.err


def test_diff_with_nothing_of_that_name(site):
    shown = site("policy", "diff", "site", "nix")
    assert shown.code == 2
    assert "nix is neither site, nor a host" in shown.err


def test_check(site, screen):
    """At 80 columns no column is hidden, though the table needs more."""
    assert str(site("policy", "check")) == screen


def test_check_finds_nothing(ferry, given, screen):
    assert str(ferry("policy", "check")) == screen


def test_check_refuses(ferry, monkeypatch, tmp_path):
    (tmp_path / "ferry.yaml").write_text(FERRY.replace("check: memory", "check: memroy"))
    (tmp_path / "site.yaml").write_text(SITE.replace("200ms", "200"))
    monkeypatch.setattr(wiring, "load_settings", lambda path: config.load(path, os.environ))
    shown = ferry("policy", "check", "--config", str(tmp_path / "ferry.yaml"))
    assert (shown.code, shown.out) == (3, "")
    assert "Did you mean memory?" in shown.err
    assert "2 problems in 2 files" in shown.err


@pytest.mark.parametrize(
    ("arguments", "schema"),
    [
        (["show"], "ferry.policy/1"),
        (["explain", "db-07"], "ferry.policy/1"),
        (["diff", "site", "kvm01"], "ferry.policy-diff/1"),
        (["check"], "ferry.policy-check/1"),
    ],
)
def test_for_programs(site, arguments, schema):
    before, after = site("-o", "json", "policy", *arguments), site("policy", *arguments, "-o", "json")
    assert json.loads(before.out)["schema"] == schema
    assert before.out == after.out


def test_a_hostile_name_is_shown_inert(site):
    shown = site("policy", "explain", world.HOSTILE)
    assert "\x1b" not in shown.out
