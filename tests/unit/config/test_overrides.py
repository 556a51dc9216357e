"""What groups, hosts and guests settle differently: what counts for whom, where it was written, and every mistake."""

# ruff: noqa: E501 - one mistake a line reads as the table that it is

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.model.finding import Severity
from orchestrator.model.host import HostName
from orchestrator.model.inheritance import Layer
from orchestrator.model.policy import Policy
from orchestrator.model.settings import Settings
from tests.unit.config.conftest import GOOD, Problems

KVM01, KVM02 = HostName("kvm01"), HostName("kvm02")
SITE = """\
name: site
downtime_budget: 200ms
networks: {br0: br1, br1: br0}
checks:
  severity: {memory: note}
  waive: [{check: peer, reason: a, until: 2030-01-01}]
"""
TEXT = """\
networks:
  migration: {cidr: 10.77.2.0/24}
policy: site.yaml
hosts:
  kvm01:
    uri: qemu+ssh://root@kvm01/system
    addresses: {migration: 10.77.2.11}
    group: rack1
    outgoing: false
    policy: {bandwidth: 2Gbit, memory_reserve: 4GiB}
  kvm02:
    uri: qemu+ssh://root@kvm02/system
    addresses: {migration: 10.77.2.12}
    group: rack1
groups:
  rack1:
    policy:
      bandwidth: 1Gbit
      limits: {live: 1}
      networks: {br0: br9}
guests:
  "db-*":
    policy:
      downtime_budget: 100ms
      checks:
        severity: {cpu: warning}
        waive: [{check: memory, reason: b, until: 2030-01-02}]
  db-07:
    policy: {downtime_budget: 50ms, bandwidth: null}
"""


@pytest.fixture
def site(loaded: Callable[[str], Settings], tmp_path: Path) -> Settings:
    (tmp_path / "site.yaml").write_text(SITE)
    return loaded(TEXT)


def test_the_direction_and_the_group_of_a_host(site: Settings) -> None:
    assert (site.hosts[KVM01].group, site.hosts[KVM01].incoming, site.hosts[KVM01].outgoing) == ("rack1", True, False)
    assert (site.hosts[KVM02].group, site.hosts[KVM02].outgoing) == ("rack1", True)


class TestWhatCounts:
    """Site, group, host, guest: what comes later wins, and only where it is written."""

    def test_for_nobody_in_particular_the_policy_itself(self, site: Settings) -> None:
        assert site.policy_for() is site.policy
        assert site.policy_for(guest="web") is site.policy
        assert site.policy_for(host=HostName("removed")) is site.policy

    def test_a_host_gets_what_its_group_says_and_what_it_says_itself(self, site: Settings) -> None:
        here, there = site.policy_for(host=KVM01), site.policy_for(host=KVM02)
        assert [str(p.bandwidth) for p in (here, there)] == ["2Gbit/s", "1Gbit/s"]
        assert [str(p.memory_reserve) for p in (here, there)] == ["4GiB", "1GiB"]
        assert [p.limits.live for p in (site.policy, here, there)] == [2, 1, 1]
        assert [str(p.downtime_budget) for p in (here, there)] == ["200ms", "200ms"]

    def test_a_guest_wins_over_its_destination(self, site: Settings) -> None:
        assert site.policy_for(guest="db-07", host=KVM01).bandwidth is None
        assert str(site.policy_for(guest="db-01", host=KVM01).bandwidth) == "2Gbit/s"

    def test_of_guests_the_entry_that_is_written_last_wins(self, site: Settings) -> None:
        assert [str(site.policy_for(guest=g).downtime_budget) for g in ("db-07", "db-08", "web")] == [
            "50ms",
            "100ms",
            "200ms",
        ]

    def test_mappings_are_merged_and_waivers_add_up(self, site: Settings) -> None:
        policy = site.policy_for(guest="db-01", host=KVM02)
        assert policy.networks == {"br0": "br9", "br1": "br0"}
        assert policy.checks.severity == {"memory": Severity.NOTE, "cpu": Severity.WARNING}
        assert [w.check for w in policy.checks.waive] == ["peer", "memory"]
        assert [w.check for w in site.policy.checks.waive] == ["peer"]

    def test_its_name_says_what_it_is_made_of(self, site: Settings) -> None:
        made = site.policy_for(guest="db-07", host=KVM02).name
        assert made == "site with group rack1, guests db-*, guests db-07"

    def test_it_is_made_once(self, site: Settings) -> None:
        assert site.policy_for(guest="db-01", host=KVM02) is site.policy_for(guest="db-02", host=KVM02)

    def test_other_settings_do_not_inherit_what_was_worked_out(self, site: Settings) -> None:
        assert site.policy_for(guest="db-01", host=KVM02).limits.live == 1
        other = replace(site, policy=Policy(name="other"), hosts={})
        assert other.policy_for(guest="db-01", host=KVM02).name == "other with guests db-*"

    def test_no_guest_is_no_guest_of_any_name(self, loaded: Callable[[str], Settings]) -> None:
        settings = loaded(f'{GOOD}guests: {{"*": {{policy: {{postcopy: true}}}}}}\n')
        assert not settings.policy_for(host=KVM01).postcopy
        assert settings.policy_for(guest="web").postcopy


def test_every_value_knows_its_file_and_line(site: Settings, tmp_path: Path) -> None:
    found = {(o.layer, o.name, s.key): (Path(s.file).name, s.line) for o in site.overrides for s in o.settings}
    assert found == {
        (Layer.GROUP, "rack1", "bandwidth"): ("ferry.yaml", 18),
        (Layer.GROUP, "rack1", "limits.live"): ("ferry.yaml", 19),
        (Layer.GROUP, "rack1", "networks.br0"): ("ferry.yaml", 20),
        (Layer.HOST, "kvm01", "bandwidth"): ("ferry.yaml", 10),
        (Layer.HOST, "kvm01", "memory_reserve"): ("ferry.yaml", 10),
        (Layer.GUESTS, "db-*", "downtime_budget"): ("ferry.yaml", 24),
        (Layer.GUESTS, "db-*", "checks.severity.cpu"): ("ferry.yaml", 26),
        (Layer.GUESTS, "db-*", "checks.waive"): ("ferry.yaml", 27),
        (Layer.GUESTS, "db-07", "downtime_budget"): ("ferry.yaml", 29),
        (Layer.GUESTS, "db-07", "bandwidth"): ("ferry.yaml", 29),
    }
    assert [(s.key, s.file, s.line) for s in site.policy_settings] == [
        (key, str(tmp_path / "site.yaml"), line)
        for key, line in (
            ("downtime_budget", 2),
            ("networks.br0", 3),
            ("networks.br1", 3),
            ("checks.severity.memory", 5),
            ("checks.waive", 6),
        )
    ]


MISTAKES = {
    "unknown setting of a host": ("bandwidth: 2Gbit", "bandwith: 2Gbit", (10, 14), 'hosts.kvm01.policy has no setting "bandwith"', "bandwidth?"),
    "a name": ("bandwidth: 2Gbit", "name: x", (10, 14), 'has no setting "name"', "What may stand here: limits"),
    "wrong unit": ("1Gbit", "1GiB", (18, 18), "'1GiB' is not a rate", "Mbit"),
    "no slots": ("live: 1", "live: 0", (19, 15), "at least 1", "limits"),
    "too slow": ("1Gbit", "1kbit", (18, 18), "libvirt cannot go slower", "1MiB/s"),
    "limits of a guest": ("{downtime_budget: 50ms,", "{limits: {live: 1},", (29, 14), "a guest has none", "hosts:"),
    "guard of a guest": ("{downtime_budget: 50ms,", "{guard: [],", (29, 14), "a guest has none", "hosts:"),
    "a total of some": ("limits: {live: 1}", "limits: {total: 1}", (19, 16), "counted once", "in the policy"),
    "costs of some": ("limits: {live: 1}", "limits: {costs: {}}", (19, 16), "costs the same wherever", "in the policy"),
    "patience of some": ("limits: {live: 1}", "limits: {patience: 1}", (19, 16), "in one line", "in the policy"),
    "what only the site settles": ("{downtime_budget: 50ms,", "{ask_qemu: false,", (29, 14), "ask_qemu is settled once", "in the policy"),
    "unknown check": ("{cpu: w", "{cpuu: w", (26, 20), 'no check "cpuu"', "cpu?"),
    "check of hosts for guests": ("{cpu: w", "{peer: w", (26, 20), "peer is no check of a guest", "under groups: or hosts:"),
    "check of a guest by itself for a group": ("networks: {br0: br9}", "checks: {severity: {host-device: note}}", (20, 27), "host-device is no check of a destination", "under guests:"),
    "check that is never let pass": ("check: memory", "check: runs-once", (27, 25), "never let pass", "ferry explain runs-once"),
    "group without hosts": ("  rack1:\n", "  rakc1:\n", (16, 3), "no host is of the group rakc1", "Did you mean rack1?"),
    "entry without a policy": ("    policy: {downtime_budget: 50ms, bandwidth: null}\n", "    {}\n", (28, 3), 'guests.db-07 lacks "policy"', "policy:"),
    "entry with more": ("    policy:\n      bandwidth", "    color: red\n    policy:\n      bandwidth", (17, 5), 'groups.rack1 has no setting "color"', "policy"),
    "a policy by name": ("{downtime_budget: 50ms, bandwidth: null}", "lab", (29, 13), "guests.db-07.policy must be a mapping", "mapping"),
    "nothing at all": ("{bandwidth: 2Gbit, memory_reserve: 4GiB}", "", (10, 5), "hosts.kvm01.policy must be a mapping", "mapping"),
    "nobody": ("  db-07:", '  "":', (28, 3), "an empty name", "db-*"),
    "strange group": ("group: rack1\n    out", "group: rack 1\n    out", (8, 12), "'rack 1' is no name", "letters"),
    "direction as a word": ("outgoing: false", "outgoing: no", (9, 15), "outgoing must be true or false", "true or false"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "saw", "fix"), MISTAKES.values(), ids=MISTAKES.keys())
def test_one_mistake_one_problem(
    problems: Problems, tmp_path: Path, old: str, new: str, place: tuple[int, int], saw: str, fix: str
) -> None:
    assert old in TEXT
    (tmp_path / "site.yaml").write_text(SITE)
    [problem] = problems(TEXT.replace(old, new, 1))
    assert problem.place is not None
    assert saw in problem.saw
    assert (problem.place.line, problem.place.column) == place
    assert fix in problem.fix


def test_mistakes_of_all_layers_are_told_together(problems: Problems, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE.replace("200ms", "200"))
    text = TEXT.replace("2Gbit", "2").replace("1Gbit", "1").replace("50ms", "0ms").replace("cpu: w", "cpuu: w")
    found = problems(text)
    assert [(Path(p.place.file).name, p.place.line) for p in found if p.place] == [
        ("ferry.yaml", 10),
        ("ferry.yaml", 18),
        ("ferry.yaml", 26),
        ("ferry.yaml", 29),
        ("site.yaml", 2),
    ]
