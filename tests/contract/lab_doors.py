"""The doors against real hosts. Run in the controller's place of a lab by test_hypervisor_lab.py, which see."""

import dataclasses
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest
from ruamel.yaml import YAML

from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.door import LibvirtHypervisor
from orchestrator.hypervisor.inventory import LibvirtInventory
from orchestrator.hypervisor.ssh_command import program
from orchestrator.migration.path import Expected, proven
from orchestrator.model.command import BeginMove, Cancel
from orchestrator.model.effect import Done
from orchestrator.model.facts import Ask, Asked, Facts, HostFacts, LinkFacts, PairFacts, PathAnswer, Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.move import Move
from orchestrator.model.network import Network, Role
from orchestrator.model.network_test import NetworkTest
from orchestrator.model.path import PathSeen
from orchestrator.model.pulse import Readings
from orchestrator.model.sighting import Returned
from orchestrator.model.topic import Topic
from orchestrator.model.transport import Compression, Method, Transport
from orchestrator.ports import CommandResult
from orchestrator.ssh.shell import SshShell
from orchestrator.survey.pulse import ShellPulse
from orchestrator.survey.pump import ShellPump
from orchestrator.survey.survey import HostSurvey
from orchestrator.survey.witness import ShellWitness
from tests.contract.hypervisor_contract import (
    MIB,
    NOBODY,
    EngineBench,
    EngineContract,
    HypervisorContract,
    PostCopyContract,
    TrafficContract,
    changed,
    look,
)
from tests.integration.conftest import each_guest_exactly_once, lab
from tests.lab.protocol import Lab
from tests.lab.topology import Guest, Workload

__all__ = ["each_guest_exactly_once", "lab"]
pytestmark = pytest.mark.lab
# trixie to bookworm: the way back in the same suite is the other crossing
A, B = HostName("kvm01"), HostName("kvm04")
_numbers = itertools.count(1)
_BLOCKED = "table inet f {{ chain i {{ type filter hook input priority 0; tcp dport 49152-49215 {} }}; }}\n"
_TOPICS = frozenset({Topic.PEER, Topic.PORTS, Topic.PATHS, Topic.CPU})


class Site:
    """The doors of ferry to the hosts of a lab, made from its ferry.yaml as ferry would."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        said: dict[str, Any] = YAML(typ="safe").load(lab.ferry_config.read_text())
        self.ssh_config: str = said["ssh_config"]
        self.entries = {HostName(n): HostEntry(name=HostName(n), **entry) for n, entry in said["hosts"].items()}
        ssh = program(self.ssh_config)
        self.connections = {name: HostConnections(entry, ssh=ssh) for name, entry in self.entries.items()}
        self.inventories = {name: LibvirtInventory(lines) for name, lines in self.connections.items()}
        self.shells = {name: SshShell(entry, config=self.ssh_config) for name, entry in self.entries.items()}

    def start(
        self, *, host: HostName = A, disk: str = "none", persistent: bool = True, size: int = 16, rate: int = 2
    ) -> GuestId:
        """Start a guest and wait until it works."""
        number = next(_numbers)
        guest = Guest(
            f"doors-{number:02d}", host, number=100 + number, memory_mib=192, disk=disk, persistent=persistent,
            workload=Workload(size=size, rate=rate, kind="incompressible"),
        )  # fmt: skip
        self.lab.start_guest(guest)
        self.lab.wait_for_guest(guest.name)
        seen = self.lab.guests_everywhere()[host]
        return next(GuestId(one.uuid) for one in seen if one.name == guest.name)

    def facts(self, ask: Ask, within: float = 10) -> Facts:
        """What a survey reads."""
        return HostSurvey(self.entries, self.inventories, self.shells).facts(ask, within=within)

    def pair(self, guest: GuestId) -> tuple[PairFacts, LinkFacts]:
        """What holds for moving the guest from A to B."""
        asked = Asked(guest=guest, source=A, destination=B)
        facts = self.facts(Ask(hosts=(A, B), pairs=(asked,), topics=_TOPICS, networks=("migration",)))
        return facts.pairs[guest, B], facts.links[A, B, "migration"]


class LabBench(EngineBench):
    """Two real hosts."""

    def __init__(self, site: Site, names: tuple[HostName, HostName] = (A, B)) -> None:
        self.names = names
        self._site = site
        self.source, self.destination = (
            LibvirtHypervisor(site.connections[name], site.connections.__getitem__) for name in self.names
        )

    def guest(self, *, persistent: bool = True, busy: bool = False) -> GuestId:
        return self._site.start(host=self.names[0], persistent=persistent, size=96 if busy else 8)

    def restless(self) -> GuestId:
        return self._site.start(host=self.names[0], size=48, rate=40)

    def beyond(self, guest: GuestId) -> BeginMove:
        # B's libvirt is older than the compression of parallel streams.
        zstd = Compression(algorithm="zstd", level=1)
        return changed(self.order(guest), method=Method.COMPRESSED, channels=2, compression=zstd)

    def order(self, guest: GuestId, *, back: bool = False) -> BeginMove:
        entry = self._site.entries[self.names[0 if back else 1]]
        transport = Transport(
            network="migration", address=entry.addresses["migration"], persistent=True, paused=False,
            downtime_limit_ms=300, bandwidth_bytes_per_second=None, sharing_proven=False,
        )  # fmt: skip
        return BeginMove(guest=guest, destination=entry.name, peer_uri=entry.peer_uri, transport=transport)

    def foreign(self, guest: GuestId) -> None:
        there = self._site.entries[self.names[1]]
        script = f"virsh migrate --live --persistent --undefinesource --p2p --bandwidth 16 {guest} {there.peer_uri}"
        wire = f"--migrateuri tcp://{there.addresses['migration']}"
        self._site.lab.shell(self.names[0], f"nohup {script} {wire} >/dev/null 2>&1 &").checked()

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


@pytest.fixture(scope="module")
def site(lab: Lab) -> Site:
    return Site(lab)


@pytest.fixture
def open_ports(lab: Lab) -> Iterator[None]:
    yield
    lab.nft(B, "")


@pytest.fixture
def bench(site: Site) -> EngineBench:
    return LabBench(site)


class TestLibvirtHypervisor(HypervisorContract):
    pass


class TestLibvirtEngine(EngineContract):
    pass


class TestLibvirtOlderSource(PostCopyContract, TrafficContract):
    """What depends on the versions of the source most, from the older one."""

    @pytest.fixture
    def bench(self, site: Site) -> EngineBench:
        return LabBench(site, (B, A))


@pytest.fixture(params=[(A, B), (B, A)], ids=["from trixie", "from bookworm"])
def either_way(request: pytest.FixtureRequest, site: Site) -> LabBench:
    return LabBench(site, request.param)


def moved(bench: LabBench, guest: GuestId, **changes: object) -> Move:
    """The copy as a move, begun at 8 MiB a second."""
    order = changed(bench.order(guest), bandwidth_bytes_per_second=8 * MIB, **changes)
    bench.begin(guest, bandwidth_bytes_per_second=8 * MIB, **changes)
    return Move(
        guest=guest, name=guest, source=bench.names[0], destination=bench.names[1], peer_uri=order.peer_uri,
        memory_bytes=192 * MIB, persistent=True, autostart=False, paused=False, transport=order.transport,
        probe_address=None, because="",
    )  # fmt: skip


def expected(site: Site, move: Move) -> Expected:
    return Expected(network="migration", address=site.entries[move.source].addresses["migration"])


@pytest.mark.parametrize("channels", [None, 4])
def test_the_way_of_a_copy_is_proven(site: Site, either_way: LabBench, channels: int | None) -> None:
    method = Method.TCP if channels is None else Method.PARALLEL
    move = moved(either_way, either_way.guest(busy=True), method=method, channels=channels)
    witness = ShellWitness(site.shells.__getitem__)
    first = witness.look(move, within=10)
    time.sleep(2)
    second = witness.look(move, within=10)
    assert isinstance(first, PathSeen) and isinstance(second, PathSeen), (first, second)
    assert first.own and second.own and len(second.ways) == 1
    assert (second.ways[0].sockets > 1) is (channels is not None)
    verdict = proven(expected(site, move), first, second)
    assert verdict.fits is True and "migration" in verdict.says, verdict
    either_way.source.act(Cancel(guest=move.guest), within=10)
    either_way.end(move.guest)
    assert witness.look(move, within=10) == PathSeen()


def test_a_copy_that_leaves_another_way_is_seen(site: Site, either_way: LabBench) -> None:
    """The address belongs to the migration network, and a route leads to it over the management network."""
    here, there = (site.entries[name] for name in either_way.names)
    target = there.addresses["migration"]
    guest = either_way.guest(busy=True)
    own = site.lab.shell(here.name, "ip -o -4 address show dev mgmt").checked().stdout.split()[3].partition("/")[0]
    route = f"ip route add {target}/32 dev mgmt src {own}"
    site.lab.shell(here.name, route, f"ip route del {target}/32").checked()
    move = moved(either_way, guest)
    seen = ShellWitness(site.shells.__getitem__).look(move, within=10)
    assert isinstance(seen, PathSeen), seen
    verdict = proven(expected(site, move), None, seen)
    assert verdict.fits is False and f"mgmt ({own})" in verdict.says, verdict
    either_way.source.act(Cancel(guest=guest), within=10)
    either_way.end(guest)


def sent(site: Site, host: HostName) -> dict[str, int]:
    """What the interfaces of a host have sent so far."""
    script = "for i in mgmt migration storage; do echo $i $(cat /sys/class/net/$i/statistics/tx_bytes); done"
    said = site.lab.shell(host, script).checked().stdout
    return {name: int(count) for name, count in (line.split() for line in said.splitlines())}


def test_memory_and_disks_leave_through_the_network_of_the_order(site: Site, either_way: LabBench) -> None:
    here, there = either_way.names
    guest = site.start(host=here, disk="local", size=48)
    (disk,) = _local_disks(site, here, guest)
    fill = f"qemu-io -f qcow2 -c 'write -P 90 0 32M' {disk}"
    site.lab.shell(here, f"virsh -q destroy {guest} && {fill} && virsh -q start {guest}").checked()
    make = f"qemu-img create -q -f qcow2 {disk} 64M"
    site.lab.shell(there, make, f"rm -f {disk}").checked()
    before = sent(site, here)
    order = changed(either_way.order(guest), disks=("vda",), sharing_proven=True)
    assert either_way.source.act(order, within=10) == Done()
    either_way.end(guest)
    after = sent(site, here)
    call = look(either_way.source, guest).call
    assert isinstance(call, Returned) and call.effect == Done(), call
    grown = {name: after[name] - before[name] for name in after}
    assert grown["migration"] > (32 + 8) * MIB, "the disk, and what the guest works with"
    assert grown["mgmt"] < MIB and grown["storage"] < MIB, grown
    assert look(either_way.destination, guest).power is Power.RUNNING


def _local_disks(site: Site, host: HostName, guest: GuestId) -> list[str]:
    said = site.inventories[host].read(frozenset(), within=10)
    assert isinstance(said, HostFacts)
    return [d.source for one in said.guests if one.uuid == guest for d in one.disks if d.source is not None]


def test_how_hosts_fare(site: Site) -> None:
    roles = {"management": Role.MANAGEMENT, "migration": Role.MIGRATION, "storage": Role.STORAGE}
    networks = {n: Network(name=n, cidr="10.0.0.0/8", roles=frozenset({role})) for n, role in roles.items()}
    pulse = ShellPulse(site.entries, networks, ("migration",), site.shells.__getitem__)
    watched = ("round_trip_ms", "storage_round_trip_ms", "drops_per_second", "cpu_percent", "cpu_pressure")
    for host in (A, B):
        for _ in range(2):
            said = pulse.read(host, watched, within=10)
            assert isinstance(said, Readings), said
        assert set(said.figures) == set(watched), said
        assert 0 < said.figures["round_trip_ms"] < 500 and 0 <= said.figures["cpu_percent"] <= 100


@pytest.mark.parametrize("by", ["iperf3", "ferry"])
def test_a_network_is_measured(site: Site, by: str) -> None:
    if by == "ferry":
        site.lab.plant(A, "/usr/bin/iperf3", None)
    pump, address = ShellPump(site.shells.__getitem__), site.entries[B].addresses["migration"]
    found = pump.measure(A, B, "migration", address, streams=4, seconds=2)
    assert isinstance(found, NetworkTest), found
    assert found.by == by and set(found.bytes_per_second) == {1, 4}
    assert all(20e6 < rate < 60e6 for rate in found.bytes_per_second.values()), "the link has 400 Mbit/s"
    assert found.mtu == 1500 and found.round_trip_ms is not None and found.round_trip_ms < 500


def test_hosts_and_their_guests(site: Site) -> None:
    guest = site.start(disk="shared")
    facts = site.facts(Ask(hosts=tuple(site.entries)))
    hosts = facts.answering()
    assert set(hosts) == set(site.entries)
    assert (hosts[A].libvirt_version, hosts[B].libvirt_version) == (11_003_000, 9_000_000)
    assert all(host.qemu_version // 1_000_000 in (7, 10) for host in hosts.values())
    identities = [host.identity for host in hosts.values()]
    for part in ("host_uuid", "machine_id", "boot_id"):
        assert len({getattr(identity, part) for identity in identities}) == len(identities), part
    assert all(isinstance(host.bridges, frozenset) and "br-guest" in host.bridges for host in hosts.values())
    (seen,) = (one for one in hosts[A].guests if one.uuid == guest)
    assert (seen.power, seen.persistent, seen.active_job) == (Power.RUNNING, True, None)
    assert seen.disks[0].source is not None and seen.disks[0].source.startswith("/srv/shared/")
    assert seen.nics[0].source == "br-guest" and seen.probe_address is not None and len(seen.boot_files) == 2
    assert any(
        seen.machine in kind.names
        for kind in hosts[B].machine_types
        if (kind.arch, kind.virt_type) == (seen.arch, seen.virt_type)
    )


def test_memory_that_a_guest_could_use(site: Site) -> None:
    site.lab.pretend_free_memory(B, 512)
    try:
        host = site.inventories[B].read(frozenset(), within=10)
    finally:
        site.lab.pretend_free_memory(B, None)
    assert isinstance(host, HostFacts) and 448 * 2**20 <= host.memory_free_bytes <= 576 * 2**20


def test_a_cpu_that_is_offered_and_one_that_is_not(site: Site) -> None:
    guest = site.start()
    host = site.inventories[A].read(frozenset(), within=10)
    assert isinstance(host, HostFacts)
    (seen,) = (one for one in host.guests if one.uuid == guest)
    answer = site.inventories[B].cpu_offered(seen, within=10)
    assert not isinstance(answer, Unknown) and answer.offered
    model = "<model fallback='forbid'>Skylake-Server</model>"
    wanted = dataclasses.replace(seen, cpu_xml=f"<cpu mode='custom' match='exact' check='full'>{model}</cpu>")
    answer = site.inventories[B].cpu_offered(wanted, within=10)
    assert not isinstance(answer, Unknown) and not answer.offered and "avx512f" in answer.detail


def test_a_definition_has_one_element_a_line(site: Site) -> None:
    text = site.inventories[A].definition(site.start(), within=10)
    assert isinstance(text, str) and text.startswith("<domain")
    assert all(line.count("<") <= 2 for line in text.splitlines())
    assert isinstance(site.inventories[A].definition(NOBODY, within=10), Unknown)


def test_a_pair_with_a_shared_disk(site: Site) -> None:
    pair, link = site.pair(site.start(disk="shared"))
    there = site.inventories[B].read(frozenset(), within=10)
    assert isinstance(there, HostFacts) and link.peer == there.identity.host_uuid
    assert isinstance(link.ports, tuple) and [port.result for port in link.ports] == ["refused", "refused"]
    assert isinstance(pair.paths, tuple) and isinstance(pair.paths[0], PathAnswer)
    assert pair.paths[0].shared is True and all(path.exists and path.filesystem for path in pair.paths)
    left = site.lab.run(A, ["sh", "-c", "ls -a /srv/shared | grep -c '^.ferry-' || true"]).stdout
    assert left.strip() == "0"


def test_a_pair_with_a_local_disk(site: Site) -> None:
    pair, _ = site.pair(site.start(disk="local"))
    assert isinstance(pair.paths, tuple)
    assert (pair.paths[0].exists, pair.paths[0].shared) == (False, False)
    left = site.lab.run(A, ["sh", "-c", "ls -a /srv/local | grep -c '^.ferry-' || true"]).stdout
    assert left.strip() == "0"


@pytest.mark.parametrize(
    ("verdict", "result"), [("drop", "filtered"), ("reject with icmpx type admin-prohibited", "unroutable")]
)
def test_a_filtered_port_is_seen_from_the_source(site: Site, open_ports: None, verdict: str, result: str) -> None:
    guest = site.start()
    site.lab.nft(B, _BLOCKED.format(f"{verdict};"))
    ports = site.pair(guest)[1].ports
    assert isinstance(ports, tuple) and [port.result for port in ports] == [result, result]


def test_a_peer_that_the_source_may_not_reach(site: Site) -> None:
    guest = site.start()
    site.entries = dict(site.entries)
    proper = site.entries[B]
    site.entries[B] = dataclasses.replace(proper, peer_uri=f"qemu+ssh://root@{B}/system")
    try:
        peer = site.pair(guest)[1].peer
    finally:
        site.entries[B] = proper
    assert isinstance(peer, Unknown)
    assert (peer.code, peer.leg) == ("host.credentials", f"{A} to {B}, libvirt")


def test_a_frozen_daemon_costs_its_row_and_is_well_again(site: Site) -> None:
    site.facts(Ask(hosts=tuple(site.entries)))
    site.lab.freeze_daemon(B)
    try:
        begun = time.monotonic()
        facts = site.facts(Ask(hosts=tuple(site.entries)), within=3)
        assert time.monotonic() - begun < 4
    finally:
        site.lab.thaw_daemon(B)
    assert isinstance(facts.hosts[B], Unknown) and len(facts.answering()) == len(site.entries) - 1
    assert isinstance(site.inventories[B].read(frozenset(), within=10), HostFacts)


def test_a_daemon_that_was_restarted_is_asked_again_at_once(site: Site) -> None:
    assert isinstance(site.inventories[B].read(frozenset(), within=10), HostFacts)
    site.lab.stop_daemon(B)
    try:
        said = site.inventories[B].read(frozenset(), within=10)
        assert isinstance(said, Unknown) and said.code == "host.unreachable"
        assert isinstance(site.shells[B].run("true", within=10), CommandResult)
    finally:
        site.lab.start_daemon(B)
    time.sleep(1.1)  # a failed opening is the answer for a second
    assert isinstance(site.inventories[B].read(frozenset(), within=10), HostFacts)


@pytest.mark.parametrize("trouble", ["wrong key", "unknown host key"])
def test_both_ssh_doors_name_the_leg_and_the_cause(site: Site, tmp_path: Path, trouble: str) -> None:
    text = Path(site.ssh_config).read_text()
    if trouble == "wrong key":
        key = tmp_path / "key"
        paramiko.ECDSAKey.generate().write_private_key_file(str(key))
        text = "\n".join(f"IdentityFile {key}" if "IdentityFile" in line else line for line in text.splitlines())
    else:
        text = "\n".join(
            "UserKnownHostsFile /dev/null" if "UserKnownHostsFile" in line else line for line in text.splitlines()
        )
    config = tmp_path / "config"
    config.write_text(text + "\n")
    shell = SshShell(site.entries[B], config=str(config)).run("true", within=10)
    lines = HostConnections(site.entries[B], ssh=program(str(config)))
    libvirt = LibvirtInventory(lines).read(frozenset(), within=10)
    assert isinstance(shell, Unknown) and isinstance(libvirt, Unknown)
    assert shell.code == libvirt.code == "host.credentials"
    assert (shell.leg, libvirt.leg) == (f"controller to {B}, ssh", f"controller to {B}, libvirt over ssh")


def test_a_jump_host_serves_both_doors(site: Site, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"Host {B}\n  ProxyJump {A}\n" + Path(site.ssh_config).read_text())
    answer = SshShell(site.entries[B], config=str(config)).run("echo $SSH_CONNECTION", within=20)
    assert isinstance(answer, CommandResult)
    jump = site.lab.run(A, ["hostname", "-I"]).stdout.split()
    assert answer.stdout.split()[0] in jump
    lines = HostConnections(site.entries[B], ssh=program(str(config)))
    assert isinstance(LibvirtInventory(lines).read(frozenset(), within=20), HostFacts)
