"""Which network a move takes in the lab, and that it takes no other: what the interfaces counted is the witness."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.integration.moves import copying, guest, intact, outcomes, places, until
from tests.integration.stores import FLOOR, configured
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.protocol import Result
from tests.lab.topology import Workload

pytestmark = pytest.mark.lab

POLICY = f"limits: {{floor: {FLOOR}}}\ntransport: tcp\nconvergence: {{measure: never}}\n"
MIB = 1 << 20
MIGRATION: Mapping[str, Any] = {"roles": ["migration"], "capacity": "400Mbit/s"}
FAST: Mapping[str, Any] = {"roles": ["migration"], "capacity": "1Gbit/s"}
BOTH = {"migration": MIGRATION, "fast": FAST}


def networked(
    lab: NamespaceLab, directory: Path, networks: Mapping[str, Mapping[str, Any]], policy: str = ""
) -> dict[str, str]:
    """The environment in which ferry knows these networks, of the lab's, with these roles and numbers."""
    known: dict[str, Any] = {}
    for name, more in networks.items():
        there = lab.topology.networks[name]
        known[name] = {"cidr": str(there.cidr), **more}
        if there.beyond:
            known[name]["routed"] = [str(there.beyond.cidr)]
    known["guest"] = {"cidr": str(lab.topology.networks["guest"].cidr), "roles": ["guest"]}
    hosts = YAML(typ="safe").load(lab.ferry_config.read_text())["hosts"]
    for host, entry in hosts.items():
        entry["addresses"] = {name: lab.topology.address(host, name) for name in networks}
    return configured(lab, directory, POLICY + policy, migration_network=None, networks=known, hosts=hosts)


def plain(lab: NamespaceLab, name: str, host: str = "kvm01", **more: Any) -> None:
    made = guest(name, host, **{"memory_mib": 128, "workload": Workload(size=16, kind="incompressible", rate=0)} | more)
    lab.start_guest(made)
    lab.wait_for_guest(name)


def planned(lab: NamespaceLab, name: str, to: str, env: Mapping[str, str]) -> Result:
    return lab.ferry("-o", "json", "migrate", name, "--to", to, "--dry-run", env=env)


def chosen(result: Result) -> str:
    """The network of the only move of a plan."""
    assert result.returncode == 0, result
    (move,) = json.loads(result.stdout)["plan"]["moves"]
    return str(move["transport"]["network"])


def refused(result: Result, *words: str) -> None:
    """Blocked by a finding that says all of this."""
    said = result.stdout + result.stderr
    assert result.returncode == 4, said
    assert not [word for word in words if word not in said], said


def counted(lab: NamespaceLab, host: str) -> dict[str, int]:
    """Network → bytes that the host's interface has sent and received."""
    lines = lab.run(host, ["cat", "/proc/net/dev"]).checked().stdout.splitlines()[2:]
    devices = {name.strip(): figures.split() for name, figures in (line.split(":") for line in lines)}
    return {
        name: int(devices[network.interface][0]) + int(devices[network.interface][8])
        for name, network in lab.topology.networks.items()
    }


def passed(lab: NamespaceLab, name: str, source: str, to: str, env: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Host → network → bytes that passed from the call of ferry to its end; the guest has arrived."""
    before = {host: counted(lab, host) for host in (source, to)}
    done = lab.ferry("-o", "json", "migrate", name, "--to", to, "--yes", env=env)
    after = {host: counted(lab, host) for host in (source, to)}
    assert done.returncode == 0, done
    assert outcomes(done)[name]["state"] == "migrated"
    assert outcomes(done)[name]["code"] is None, "its way was the planned one"
    assert places(lab, name) == {to: "running"}
    intact(lab, name)
    return {host: {network: count - before[host][network] for network, count in after[host].items()} for host in before}


def only_over(network: str, bytes_of: Mapping[str, Mapping[str, int]], least: int = 30 * MIB) -> None:
    """The memory passed there and nowhere else, and the rest is talk."""
    for host, counts in bytes_of.items():
        assert counts[network] > least, (host, counts)
        beside = {name: count for name, count in counts.items() if name not in (network, "guest")}
        assert all(count < MIB for count in beside.values()), (host, beside)


@pytest.mark.parametrize(
    ("networks", "policy", "network"),
    [
        (BOTH, "", "fast"),
        (BOTH, "migration_networks: {order: [migration, fast]}\n", "migration"),
        (BOTH, "migration_networks: {exclude: [fast]}\n", "migration"),
        ({"migration": {**MIGRATION, "roles": ["migration"]}, "fast": {**FAST, "roles": ["storage"]}}, "", "migration"),
    ],
    ids=["the faster one", "in the order given", "without those excluded", "not that of storage"],
)
def test_memory_takes_the_chosen_network_and_no_other(
    lab: NamespaceLab, tmp_path: Path, networks: Mapping[str, Mapping[str, Any]], policy: str, network: str
) -> None:
    plain(lab, "chooser")
    only_over(network, passed(lab, "chooser", "kvm01", "kvm02", networked(lab, tmp_path / "c", networks, policy)))


@pytest.mark.parametrize("host", ["kvm01", "kvm02"])
def test_no_migration_network_is_no_move(lab: NamespaceLab, tmp_path: Path, host: str) -> None:
    plain(lab, "waiting")
    env = networked(lab, tmp_path / "c", {"migration": MIGRATION, "fast": {"roles": ["storage"]}})
    lab.link(host, "migration", up=False)
    before = {name: counted(lab, "kvm01")[name] for name in ("fast", "management")}
    refused(lab.ferry("migrate", "waiting", "--to", "kvm02", "--yes", env=env), "migration", host)
    after = counted(lab, "kvm01")
    assert all(after[name] - count < MIB for name, count in before.items())
    assert places(lab, "waiting") == {"kvm01": "running"}


@pytest.mark.parametrize(("on_missing", "network"), [("next", "fast"), ("management", "management")])
def test_another_network_is_taken_only_where_the_policy_says_so(
    lab: NamespaceLab, tmp_path: Path, on_missing: str, network: str
) -> None:
    plain(lab, "flexible")
    others = {"fast": {"roles": ["guest"]}, "management": {"roles": ["management"]}}
    known = {"migration": MIGRATION, **others}
    env = networked(lab, tmp_path / "c", known, f"migration_networks: {{on_missing: {on_missing}}}\n")
    assert chosen(planned(lab, "flexible", "kvm02", env)) == "migration"
    lab.link("kvm02", "migration", up=False)
    result = planned(lab, "flexible", "kvm02", env)
    assert chosen(result) == network
    text = lab.ferry("migrate", "flexible", "--to", "kvm02", "--dry-run", env=env)
    assert f"network {network}" in text.stdout + text.stderr, "never silently"


_TO_KVM02 = "ip daddr 10.77.5.12 tcp dport 49152-49215"


def incoming(rule: str) -> str:
    return f"table inet lab {{\n chain input {{\n type filter hook input priority 0\n {rule}\n }}\n}}"


def break_mtu(lab: NamespaceLab) -> None:
    lab.swallow("kvm02", "fast", above=1400)


def filter_ports(lab: NamespaceLab) -> None:
    lab.nft("kvm02", incoming(f"{_TO_KVM02} drop"))


def pull_cable(lab: NamespaceLab) -> None:
    lab.link("kvm02", "fast", up=False)


BROKEN = {"MTU": break_mtu, "filtered ports": filter_ports, "cable": pull_cable}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_network_is_passed_over_or_the_move_refused(lab: NamespaceLab, tmp_path: Path, how: str) -> None:
    plain(lab, "careful")
    both = networked(lab, tmp_path / "both", BOTH)
    alone = networked(lab, tmp_path / "alone", {"fast": FAST})
    assert chosen(planned(lab, "careful", "kvm02", both)) == "fast"
    BROKEN[how](lab)
    assert chosen(planned(lab, "careful", "kvm02", both)) == "migration"
    refused(planned(lab, "careful", "kvm02", alone), "kvm02")
    lab.mend()
    assert chosen(planned(lab, "careful", "kvm02", alone)) == "fast"


def test_an_mtu_that_differs_is_told_and_the_even_network_preferred(lab: NamespaceLab, tmp_path: Path) -> None:
    plain(lab, "even")
    lab.set_mtu("kvm01", "fast", 1400)
    result = planned(lab, "even", "kvm02", networked(lab, tmp_path / "c", {"fast": FAST}))
    assert chosen(result) == "fast", "nothing is lost on the way: both ends can still talk"
    assert "mtu-equal" in result.stdout


def test_a_firewall_that_is_open_one_way_only(lab: NamespaceLab, tmp_path: Path) -> None:
    plain(lab, "there")
    plain(lab, "back", "kvm02")
    env = networked(lab, tmp_path / "c", BOTH)
    lab.nft("kvm02", incoming(f"{_TO_KVM02} tcp flags & (syn | ack) == syn drop"))
    assert chosen(planned(lab, "there", "kvm02", env)) == "migration"
    assert chosen(planned(lab, "back", "kvm01", env)) == "fast"


def test_ipv6_alone(lab: NamespaceLab, tmp_path: Path) -> None:
    lab.plug_in("six")
    plain(lab, "modern")
    env = networked(lab, tmp_path / "c", {"six": MIGRATION})
    only_over("six", passed(lab, "modern", "kvm01", "kvm02", env))
    lab.remove_address("kvm01", "six", lab.topology.networks["six"].with_prefix(11))
    refused(planned(lab, "modern", "kvm01", env), "six")


def test_two_subnets_with_a_router_between_them(lab: NamespaceLab, tmp_path: Path) -> None:
    lab.plug_in("routed")
    plain(lab, "traveller")
    env = networked(lab, tmp_path / "c", {"routed": MIGRATION, "fast": {"roles": ["storage"]}})
    only_over("routed", passed(lab, "traveller", "kvm01", "kvm03", env))
    only_over("routed", passed(lab, "traveller", "kvm03", "kvm04", env))
    lab.shell("kvm04", "ip route del 10.77.7.0/24").checked()
    refused(planned(lab, "traveller", "kvm01", env), "routed")


def test_a_way_that_changes_during_the_copy_is_told(lab: NamespaceLab, tmp_path: Path) -> None:
    # Half a minute of copy: ferry looks every ten seconds.
    plain(lab, "diverted", memory_mib=448, workload=Workload(size=340, kind="incompressible", rate=0))
    env = networked(lab, tmp_path / "c", {"migration": MIGRATION})
    lab.link("kvm01", "migration", rate="100mbit")
    lab.link("kvm01", "fast", rate="100mbit")
    process = lab.spawn_ferry("-o", "jsonl", "migrate", "diverted", "--to", "kvm02", "--yes", env=env)
    until(lambda: copying(lab, "kvm01", "diverted"), "the copy shows", timeout=60)
    before = counted(lab, "kvm01")["fast"]
    address = lab.topology.address("kvm02", "migration")
    lab.shell("kvm01", f"ip route add {address}/32 dev fast", undo=f"ip route del {address}/32 dev fast").checked()
    until(lambda: counted(lab, "kvm01")["fast"] - before > MIB, "the copy takes the other network")
    said, _ = process.communicate(timeout=120)
    entries = [line["event"]["entry"] for line in map(json.loads, said.splitlines()) if line.get("kind") == "recorded"]
    kinds = [entry["kind"] for entry in entries]
    astray = [n for n, entry in enumerate(entries) if entry["kind"] == "traced" and entry["fits"] is False]
    assert astray and astray[0] < kinds.index("ended"), "while it runs, not only afterwards"
    assert "fast" in entries[astray[0]]["says"]
    last = outcomes(lab.ferry("-o", "json", "history", "--last", env=env).checked())["diverted"]
    assert last["code"] == "network.other-path"


def test_results_of_a_network_test_are_kept_and_explained(lab: NamespaceLab, tmp_path: Path) -> None:
    env = networked(lab, tmp_path / "c", BOTH)
    begin = time.monotonic()
    tested = lab.ferry("network", "test", "kvm01", "kvm02", env=env).checked()
    print(f"{time.monotonic() - begin:.0f} s: {tested.stdout}")
    explained = lab.ferry("network", "explain", "kvm01", "kvm02", env=env).checked().stdout
    assert "fast" in explained and "migration" in explained
    shown = json.loads(lab.ferry("-o", "json", "network", "explain", "kvm01", "kvm02", env=env).checked().stdout)
    assert "fast" in json.dumps(shown)
