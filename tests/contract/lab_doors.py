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
from orchestrator.model.command import BeginMove
from orchestrator.model.facts import Ask, Asked, Facts, HostFacts, LinkFacts, PairFacts, PathAnswer, Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.topic import Topic
from orchestrator.model.transport import Compression, Method, Transport
from orchestrator.ports import CommandResult
from orchestrator.ssh.shell import SshShell
from orchestrator.survey.survey import HostSurvey
from tests.contract.hypervisor_contract import NOBODY, EngineBench, EngineContract, HypervisorContract, changed
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

    def __init__(self, site: Site) -> None:
        self.names = (A, B)
        self._site = site
        self.source, self.destination = (
            LibvirtHypervisor(site.connections[name], site.connections.__getitem__) for name in self.names
        )

    def guest(self, *, persistent: bool = True, busy: bool = False) -> GuestId:
        return self._site.start(persistent=persistent, size=96 if busy else 8)

    def restless(self) -> GuestId:
        return self._site.start(size=48, rate=40)

    def beyond(self, guest: GuestId) -> BeginMove:
        # B's libvirt is older than the compression of parallel streams.
        zstd = Compression(algorithm="zstd", level=1)
        return changed(self.order(guest), method=Method.COMPRESSED, channels=2, compression=zstd)

    def order(self, guest: GuestId, *, back: bool = False) -> BeginMove:
        entry = self._site.entries[A if back else B]
        transport = Transport(
            network="migration", address=entry.addresses["migration"], persistent=True, paused=False,
            downtime_limit_ms=300, bandwidth_bytes_per_second=None, sharing_proven=False,
        )  # fmt: skip
        return BeginMove(guest=guest, destination=entry.name, peer_uri=entry.peer_uri, transport=transport)

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
