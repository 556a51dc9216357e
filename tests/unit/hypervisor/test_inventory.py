"""A host read over a stand-in for libvirt: everything that is always read, and topics only where they are asked for."""

from typing import Any

import libvirt
import pytest

from orchestrator.model.cpu import CpuAnswer, CpuOffer, TimeStampCounter
from orchestrator.model.facts import NOT_ASKED, HostFacts, Unknown
from orchestrator.model.guest import Guest, Power
from orchestrator.model.machine import NumaCell, Pages
from orchestrator.model.services import Pool, VirtualNetwork
from orchestrator.model.topic import EVERYTHING, OF_LIBVIRT, Topic
from tests.unit.checks.builders import guest
from tests.unit.hypervisor.fake_host import UNSUPPORTED, FakeHost, inventory, named, recorded, secret
from tests.unit.hypervisor.fakes import FakeDomain, error
from tests.unit.hypervisor.test_statistics import RUNNING

NOTHING: frozenset[Topic] = frozenset()
CUT = error(libvirt.VIR_ERR_INTERNAL_ERROR, "client socket is closed", libvirt.VIR_FROM_RPC)
MASKED = error(
    libvirt.VIR_ERR_SYSTEM_ERROR,
    "Failed to connect socket to '/var/run/libvirt/virtsecretd-sock': No such file or directory",
    libvirt.VIR_FROM_RPC,
)
GONE = error(libvirt.VIR_ERR_NO_DOMAIN, "Domain not found")
ON_SOURCE_ONLY = error(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, "only on the source host")
RECORDED = recorded("guest.xml")


def read(host: FakeHost, topics: frozenset[Topic] = NOTHING, **more: Any) -> HostFacts:
    said = inventory(host).read(topics, within=30, **more)
    assert isinstance(said, HostFacts), said
    return said


def one(**fields: Any) -> Guest:
    (found,) = read(FakeHost(FakeDomain(**{"xml": RECORDED} | fields))).guests
    return found


def test_who_the_host_is() -> None:
    said = read(FakeHost())
    assert (said.name, said.hostname, said.arch, said.cpu_vendor) == ("kvm01", "kvm01.example", "x86_64", "AMD")
    assert (said.memory_total_bytes, said.memory_free_bytes) == (1000 * 1024, 150 * 1024)
    assert said.tsc == TimeStampCounter(frequency_hz=2_596_150_000, scaling=False)
    assert said.security_models == {"none", "dac"}
    assert {kind.emulator for kind in said.machine_types} == {"/usr/bin/qemu-system-x86_64"}


def test_networks_with_their_bridges() -> None:
    host = FakeHost(
        networks=[
            named("default", "<network><bridge name='virbr0' stp='on'/></network>", autostart=True),
            named("lan", "<network><forward mode='bridge'><interface dev='eth1'/></forward></network>", active=False),
            named("ovs", "<network><forward/><portgroup name='red'/><portgroup name='blue'/></network>"),
        ]
    )
    assert read(host).networks == (
        VirtualNetwork(name="default", active=True, autostart=True, bridge="virbr0", forward=""),
        VirtualNetwork(name="lan", active=False, autostart=False, bridge=None, forward="bridge"),
        VirtualNetwork(name="ovs", active=True, autostart=False, forward="nat", portgroups=frozenset({"red", "blue"})),
    )


def test_topics_that_were_not_asked_cost_nothing() -> None:
    host = FakeHost()
    said = read(host)
    assert {getattr(said, topic) for topic in OF_LIBVIRT} == {NOT_ASKED}
    assert host.asked == []


@pytest.mark.parametrize("topic", sorted(OF_LIBVIRT))
def test_one_topic_at_a_time(topic: Topic) -> None:
    said = read(FakeHost(), frozenset({topic}))
    known = {other for other in OF_LIBVIRT if not isinstance(getattr(said, other), Unknown)}
    assert known == {topic}


def test_all_topics() -> None:
    pools = [
        named(
            "images",
            "<pool type='dir'><available unit='bytes'>5</available><target><path>/srv/images</path></target></pool>",
            autostart=True,
        ),
        named("lvm", "<pool type='logical'><available unit='bytes'>0</available></pool>", active=False),
    ]
    said = read(FakeHost(pools=pools), EVERYTHING)
    assert said.pools == (
        Pool(name="images", kind="dir", active=True, autostart=True, target="/srv/images", available_bytes=5),
        Pool(name="lvm", kind="logical", active=False, autostart=False),
    )
    assert said.secrets == {"aaaaaaaa-2222-4333-8444-555555555555"}
    assert said.nwfilters == {"clean-traffic"}
    assert isinstance(said.cpu_offers, tuple)
    assert [(offer.arch, offer.virt_type) for offer in said.cpu_offers] == [("x86_64", "kvm"), ("x86_64", "qemu")]
    assert said.kernel == NOT_ASKED, "that is the shell's"


def test_memory_cells_with_their_huge_pages() -> None:
    host = FakeHost(capabilities=TWO_CELLS)
    numa = read(host, frozenset({Topic.NUMA})).numa
    assert numa == (
        NumaCell(
            id=0,
            memory_bytes=2**30,
            free_bytes=1000,
            cpus=frozenset({0, 1}),
            pages=(Pages(size_kib=2048, total=64, free=7), Pages(size_kib=1048576, total=0, free=0)),
        ),
        NumaCell(id=2, memory_bytes=2**30, free_bytes=3000, cpus=frozenset({2})),
    )
    assert host.asked == [("getCellsFreeMemory", 0, 3), ("getFreePages", (2048,), 0, 1)]


TWO_CELLS = """<capabilities><host><topology><cells num='2'>
<cell id='0'><memory unit='KiB'>1048576</memory>
<pages unit='KiB' size='4'>9</pages><pages unit='KiB' size='2048'>64</pages><pages unit='KiB' size='1048576'>0</pages>
<cpus num='2'><cpu id='0'/><cpu id='1'/></cpus></cell>
<cell id='2'><memory unit='GiB'>1</memory><pages unit='KiB' size='4'>9</pages><cpus num='1'><cpu id='2'/></cpus></cell>
</cells></topology></host></capabilities>"""


def test_a_part_of_libvirt_that_is_missing_spoils_no_other() -> None:
    said = read(FakeHost(fails={"listAllStoragePools": UNSUPPORTED}), EVERYTHING)
    assert isinstance(said.pools, Unknown) and said.pools.code == "host.libvirt"
    assert "not supported" in said.pools.why and "kvm01" in said.pools.leg
    assert said.nwfilters == {"clean-traffic"}


@pytest.mark.parametrize("call", ["listAllStoragePools", "listAllSecrets", "listAllNWFilters", "listAllNetworks"])
def test_a_daemon_that_is_masked_is_a_missing_part(call: str) -> None:
    said = read(FakeHost(fails={call: MASKED}), EVERYTHING)
    unknown = [said.pools, said.secrets, said.nwfilters, said.networks]
    (why,) = [one for one in unknown if isinstance(one, Unknown)]
    assert why.code == "host.libvirt" and "No such file" in why.why


@pytest.mark.parametrize("call", ["listAllSecrets", "listAllNetworks"])
def test_a_cut_connection_is_no_missing_part(call: str) -> None:
    said = inventory(FakeHost(fails={call: CUT}, alive=False)).read(EVERYTHING, within=30)
    assert isinstance(said, Unknown) and said.code == "host.unreachable"


def test_a_host_that_lets_the_time_pass() -> None:
    said = inventory(None).read(NOTHING, within=3)
    assert isinstance(said, Unknown) and "within 3 s" in said.why


def test_a_running_guest() -> None:
    said = one(starts=True, snapshots=1)
    assert (said.name, said.power, said.autostart, said.vcpu_time_ns) == ("g", Power.RUNNING, True, 100)
    assert said.hardware.cpu_model == "qemu64" and said.kept.snapshots == 1
    assert said.active_job is None


def test_each_form_of_the_definition_says_its_own() -> None:
    chain = "<source file='/srv/shared/rec-01.qcow2'/><backingStore><source file='/base'/></backingStore>"
    running = RECORDED.replace("<source file='/srv/shared/rec-01.qcow2'/>", chain)
    changed = RECORDED.replace("pc-q35-7.2", "pc-q35-8.0")
    said = one(xmls={0: running, libvirt.VIR_DOMAIN_XML_INACTIVE: changed})
    assert said.disks[0].backing == ("/base",)
    assert said.machine == "pc-q35-7.2" and said.kept.pending_definition


def test_a_guest_that_is_shut_off_is_its_definition() -> None:
    inactive = {libvirt.VIR_DOMAIN_XML_INACTIVE: RECORDED}
    said = one(state_now=(5, 1), xml="<broken", xmls=inactive)
    assert said.power is Power.SHUT_OFF and said.vcpu_time_ns is None


def test_a_guest_being_received_is_asked_for_nothing_that_waits() -> None:
    domain = FakeDomain(xml=RECORDED, state_now=(3, 2), fails={"jobStats": ON_SOURCE_ONLY})
    (said,) = read(FakeHost(domain), ask_qemu=("*",)).guests
    assert (said.power, said.active_job) == (Power.INCOMING, "incoming migration")
    assert "blockJobInfo" not in domain.asked


def test_a_guest_that_is_leaving_is_asked_for_nothing_that_waits() -> None:
    domain = FakeDomain(xml=RECORDED, job=RUNNING, disk_jobs={"vda": {"type": 1}})
    (said,) = read(FakeHost(domain)).guests
    assert said.active_job == "outgoing migration"
    assert "blockJobInfo" not in domain.asked and said.kept.block_jobs == {}


def test_an_emulator_that_the_host_does_not_have_is_not_asked_for_processors() -> None:
    foreign = FakeDomain(xml=RECORDED.replace("arch='x86_64'", "arch='aarch64'"), state_now=(5, 1))
    offers = read(FakeHost(foreign), frozenset({Topic.CPU_OFFERS})).cpu_offers
    assert isinstance(offers, tuple) and {offer.arch for offer in offers} == {"x86_64"}
    assert len(offers) == 2


def test_a_guest_that_goes_away_meanwhile_is_left_out() -> None:
    (left,) = read(FakeHost(FakeDomain(uuid="u-2", fails={"XMLDesc": GONE}), FakeDomain(xml=RECORDED))).guests
    assert left.uuid == "u-1"


MDEV = "<hostdev mode='subsystem' type='mdev'><source><address uuid='C2-A1'/></source></hostdev>"
WITH_MDEV = RECORDED.replace("<memballoon model='none'/>", MDEV)
DEVICE = "<device><capability type='mdev'><type id='nvidia-11'/><uuid>c2-a1</uuid></capability></device>"


def test_the_kind_of_a_mediated_device() -> None:
    (said,) = read(FakeHost(FakeDomain(xml=WITH_MDEV), devices=[named("mdev_c2", DEVICE)])).guests
    assert said.host_devices[0].mdev_type == "nvidia-11"


def test_a_host_that_does_not_say_the_kind() -> None:
    host = FakeHost(FakeDomain(xml=WITH_MDEV), fails={"listAllDevices": UNSUPPORTED})
    assert read(host).guests[0].host_devices[0].mdev_type is None
    unasked = FakeHost(FakeDomain(xml=RECORDED))
    read(unasked)
    assert unasked.asked == [], "only where a guest has such a device"


def test_a_guest_without_a_cpu_fits_everywhere() -> None:
    host = FakeHost(compares=0)
    assert inventory(host).cpu_offered(guest(cpu_xml=None), within=1) == CpuAnswer(
        offered=True, detail="the guest asks for no particular CPU"
    )
    said = inventory(host).cpu_offered(guest(cpu_xml="<cpu><model>EPYC</model></cpu>"), within=1)
    assert said == CpuAnswer(offered=False)


OFFER = CpuOffer(
    arch="x86_64", virt_type="kvm", emulator="q", machine="pc", host_model="<cpu><model>EPYC</model></cpu>"
)


def test_the_way_back_after_the_next_start() -> None:
    inactive = {libvirt.VIR_DOMAIN_XML_INACTIVE: "<domain><cpu mode='host-model'/></domain>"}
    host = FakeHost(FakeDomain(xmls=inactive), compares=0)
    assert inventory(host).cpu_back(guest(), (OFFER,), within=1) == CpuAnswer(offered=False)


def test_a_way_back_that_is_unknown_or_needless() -> None:
    silent = Unknown(why="no answer")
    host = FakeHost(FakeDomain(xml="<domain><cpu mode='host-model'/></domain>"), compares=0)
    assert inventory(host).cpu_back(guest(), silent, within=1) == silent
    transient = inventory(host).cpu_back(guest(persistent=False), silent, within=1)
    assert isinstance(transient, CpuAnswer) and transient.offered
    gone = inventory(FakeHost()).cpu_back(guest(), (OFFER,), within=1)
    assert isinstance(gone, Unknown) and gone.code == "host.libvirt"


def test_no_common_cpu_is_said_in_the_words_of_libvirt() -> None:
    vendors = error(
        libvirt.VIR_ERR_OPERATION_FAILED, "operation failed: CPU vendors do not match", libvirt.VIR_FROM_CPU
    )
    host = FakeHost(fails={"baselineHypervisorCPU": vendors})
    said = inventory(host).baseline(["<cpu/>"], "x86_64", "kvm", within=1)
    assert isinstance(said, Unknown) and (said.why, said.code) == ("CPU vendors do not match", "host.libvirt")
    assert inventory(FakeHost()).baseline(["<cpu/>"], "x86_64", "kvm", within=1, expand=True) == FakeHost().expanded


def test_the_definition_line_by_line() -> None:
    said = inventory(FakeHost(FakeDomain(xml="<domain><name>g</name></domain>"))).definition(guest().uuid, within=1)
    assert said == "<domain>\n  <name>g</name>\n</domain>\n"


def test_secrets_are_never_read_only_named() -> None:
    host = FakeHost()
    kept = [secret("ABC"), secret("DEF", 2, "client.admin"), secret("123", 9, "new")]
    host.listAllSecrets = lambda: kept  # type: ignore[method-assign]
    said = read(host, frozenset({Topic.SECRETS})).secrets
    assert said == {"abc", "def", "ceph client.admin", "123", "other new"}


BROKEN = "<domain><memory unit='parsec'>1</memory></domain>"


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"xml": BROKEN}, "parsec"), ({"fails": {"XMLDesc": error(libvirt.VIR_ERR_ACCESS_DENIED, "denied")}}, "denied")],
)
def test_a_definition_that_cannot_be_read_hides_no_other_guest(fields: dict[str, Any], why: str) -> None:
    host = FakeHost(FakeDomain(uuid="u-2", snapshots=1, **fields), FakeDomain(xml=RECORDED))
    broken, whole = sorted(read(host).guests, key=lambda guest: guest.unread is None)
    assert broken.unread is not None and why in broken.unread.why and "kvm01" in broken.unread.leg
    assert (broken.uuid, broken.name, broken.power, broken.persistent) == ("u-2", "g", Power.RUNNING, True)
    assert whole.unread is None and whole.machine == "pc-q35-7.2"


def test_a_connection_cut_while_guests_are_read_is_no_answer() -> None:
    said = inventory(FakeHost(FakeDomain(fails={"XMLDesc": CUT}), alive=False)).read(NOTHING, within=30)
    assert isinstance(said, Unknown) and said.code == "host.unreachable"


@pytest.mark.parametrize("number", [1, 125])
def test_a_guest_costs_few_questions(number: int) -> None:
    domains = [FakeDomain(uuid=f"u-{n}", xml=DISKLESS) for n in range(number)]
    host = FakeHost(*domains)
    assert len(read(host).guests) == number
    # Two live forms of the definition, the persistent one, the time of its processors, its job.
    assert [sorted(domain.asked) for domain in domains] == [["XMLDesc"] * 3 + ["jobStats", "vcpus"]] * number
    assert len(host.asked_of_guests) == 8, "however many guests"


DISKLESS = "<domain type='kvm'><memory>1024</memory></domain>"
