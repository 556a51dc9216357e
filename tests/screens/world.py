"""One small world that the screens are drawn from: three hosts, a handful of guests, fixed times."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from orchestrator.model.facts import Facts, HostFacts, Identity, Unknown
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.guest import Disk, Guest, GuestId, Power
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.lease import Held
from orchestrator.model.move import Doubt, Move, Outcome, State
from orchestrator.model.network import Network, Role
from orchestrator.model.plan import Plan, Rejected
from orchestrator.model.policy import Policy
from orchestrator.model.report import MoveReport, RunReport
from orchestrator.model.run import Holder, Run, RunId, Who
from orchestrator.model.sample import Sample
from orchestrator.model.settings import Settings
from orchestrator.model.transport import Transport

GIB = 2**30
MIB = 2**20
BEGIN = datetime(2026, 11, 21, 4, 12, tzinfo=UTC)
KVM01, KVM02, KVM03 = (HostName(f"kvm0{n}") for n in (1, 2, 3))
HOSTILE = "web'$(id)\x1b[2J[red]\u202etxt"
SILENT = Unknown(why="no answer within 10 s", leg="libvirt of kvm03")

WHO = Who(
    login="anna",
    user="root",
    controller="ctl1",
    terminal="pts/3",
    argv=("ferry", "migrate", "web-01", "--to", "kvm02"),
    version="0.1.0",
    config_digest="7c1e09ab",
    policy_digest="33f0a1b2",
    reason="new memory for kvm01",
)

SETTINGS = Settings(
    file="/etc/ferry/ferry.yaml",
    hosts={
        name: HostEntry(
            name=name,
            uri=f"qemu+ssh://root@{name}/system",
            peer_uri=f"qemu+tls://{name}/system",
            ssh=f"root@{name}",
            addresses={"migration": f"10.0.2.{n}"},
        )
        for n, name in enumerate((KVM01, KVM02, KVM03), start=1)
    },
    networks={"migration": Network(name="migration", cidr="10.0.2.0/24", roles=frozenset({Role.MIGRATION}))},
    store="sqlite:////var/lib/ferry/ferry.db",
    policy=Policy(name="default"),
)


def guest(name: str, number: int, **changes: object) -> Guest:
    """A running guest with one shared disk."""
    made = Guest(
        uuid=uuid(number),
        name=name,
        power=Power.RUNNING,
        reason="booted",
        persistent=True,
        autostart=False,
        memory_bytes=4 * GIB,
        vcpus=2,
        virt_type="kvm",
        arch="x86_64",
        machine="pc-q35-7.2",
        emulator="/usr/bin/qemu-system-x86_64",
        cpu_xml=None,
        disks=(Disk(target="vda", device="disk", kind="file", source=f"/srv/shared/{name}.qcow2"),),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def uuid(number: int) -> GuestId:
    """A readable UUID."""
    return GuestId(f"00000000-0000-4000-8000-{number:012}")


def host(name: HostName, guests: tuple[Guest, ...], libvirt: int = 11_003_000, qemu: int = 10_000_002) -> HostFacts:
    """A host that answers."""
    return HostFacts(
        name=name,
        identity=Identity(host_uuid=f"{name}-uuid", machine_id="m", boot_id="b"),
        hostname=name,
        libvirt_version=libvirt,
        qemu_version=qemu,
        arch="x86_64",
        cpu_model="EPYC-Rome",
        cpus=16,
        memory_total_bytes=64 * GIB,
        memory_free_bytes=int(9.8 * GIB),
        machine_types=(),
        networks=frozenset(),
        bridges=frozenset({"br0"}),
        guests=guests,
    )


GUESTS = (
    guest("web-01", 1, autostart=True),
    guest("db-01", 2, memory_bytes=32 * GIB, vcpus=8, active_job="outgoing migration"),
    guest(
        "build-07",
        3,
        power=Power.PAUSED,
        persistent=False,
        disks=(Disk(target="sda", device="cdrom", kind="file", source=None),),
    ),
    guest("old", 4, power=Power.SHUT_OFF, disks=()),
)

FACTS = Facts(
    hosts={
        KVM01: host(KVM01, GUESTS),
        KVM02: host(KVM02, (guest("mail-01", 5),), libvirt=9_000_000, qemu=7_002_000),
        KVM03: SILENT,
    }
)


def move(name: str, number: int, memory: int = 4 * GIB, to: HostName = KVM02) -> Move:
    """A move from kvm01."""
    return Move(
        guest=uuid(number),
        name=name,
        source=KVM01,
        destination=to,
        peer_uri=f"qemu+tls://{to}/system",
        memory_bytes=memory,
        persistent=True,
        autostart=False,
        paused=False,
        transport=Transport(
            network="migration",
            address="10.0.2.2",
            persistent=True,
            paused=False,
            downtime_limit_ms=300,
            bandwidth_bytes_per_second=None,
            sharing_proven=True,
            because=("10.0.2.2 is the address of kvm02 on the network migration", f"{name} is persistent"),
        ),
        probe_address="10.0.3.11",
        because="most free memory of 2 hosts that pass",
    )


BLOCKER = Finding(
    check="host-device",
    severity=Severity.BLOCKER,
    guest="build-07",
    source=KVM01,
    destination=KVM02,
    saw="build-07 uses the PCI device 0000:3b:00.0 of kvm01, which cannot travel",
    fix="virsh -c qemu+ssh://root@kvm01/system detach-device build-07 device.xml --live",
)
WARNING = Finding(
    check="identity",
    severity=Severity.WARNING,
    guest="web-01",
    source=KVM01,
    destination=KVM02,
    saw="kvm02 has a shut-off definition of the same UUID; it will be replaced by the running one",
    fix="",
    detail=("-<vcpu>1</vcpu>", "+<vcpu>2</vcpu>"),
)
NOTE = Finding(
    check="version-direction",
    severity=Severity.NOTE,
    guest="web-01",
    source=KVM01,
    destination=KVM02,
    saw="QEMU 10.0.2 at the source, 7.2.0 at the destination: the machine type pc-q35-7.2 exists on both",
    fix="",
)

PLAN = Plan(
    moves=(move("web-01", 1), move("db-01", 2, 32 * GIB)),
    findings=(NOTE, WARNING),
    rejected=(Rejected(guest="db-01", destination=KVM03, why="does not answer"),),
)
BLOCKED = Plan(
    moves=(move("web-01", 1),),
    findings=(NOTE, BLOCKER, WARNING),
    rejected=(Rejected(guest="build-07", destination=KVM02, why="host-device"),),
)


def run(*moves: Move) -> Run:
    """A run of these moves."""
    return Run(id=RunId("1121-0412-a4"), started_at=BEGIN, who=WHO, moves=moves, policy=SETTINGS.policy)


def migrated(name: str, number: int, **changes: object) -> MoveReport:
    """A move that went well."""
    made = move(name, number)
    outcome = Outcome(
        guest=made.guest,
        state=State.MIGRATED,
        where=KVM02,
        because="both hosts agree",
        duration_ms=9_400,
        downtime_ms=28,
        blackout_ms=31,
        rounds=2,
        transferred_bytes=4 * GIB,
    )
    return report(made, replace(outcome, **changes))  # type: ignore[arg-type]


def kept(name: str, number: int, code: str = "migration.failed", because: str = "the connection broke") -> MoveReport:
    """A move whose guest stays."""
    made = move(name, number)
    return report(
        made, Outcome(guest=made.guest, state=State.KEPT, where=KVM01, because=because, code=code, duration_ms=4_000)
    )


def unclear(name: str, number: int) -> MoveReport:
    """A move of which nobody knows the end."""
    made = move(name, number)
    outcome = Outcome(
        guest=made.guest,
        state=State.UNCLEAR,
        where=None,
        because="kvm02 is silent: no answer within 10 s",
        code="guest.side-silent",
        doubt=Doubt.SILENCE,
    )
    return report(made, outcome)


def report(made: Move, outcome: Outcome) -> MoveReport:
    """The line of a move that is over."""
    return MoveReport(
        move=made, state=outcome.state, because=outcome.because, since=BEGIN + timedelta(seconds=9), outcome=outcome
    )


def done(*moves: MoveReport, code: int = 0) -> RunReport:
    """A run that is over."""
    return RunReport(run=run(*(m.move for m in moves)), moves=moves, exit_code=code, ended_at=BEGIN + timedelta(0, 115))


SAMPLE = Sample(
    elapsed_ms=4_000,
    total_bytes=4 * GIB,
    processed_bytes=3 * GIB,
    remaining_bytes=620 * MIB,
    transfer_bytes_per_second=460 * MIB,
    dirty_bytes_per_second=40 * MIB,
    round=2,
)


def interrupted() -> RunReport:
    """A run whose process has died in the middle."""
    first, second = move("web-01", 1), move("db-01", 2)
    return RunReport(
        run=run(first, second),
        moves=(
            MoveReport(
                move=first,
                state=State.PRECOPY,
                because="the source reports the outgoing job",
                since=BEGIN + timedelta(seconds=3),
                sample=SAMPLE,
            ),
            MoveReport(move=second, state=State.WAITING, because="kvm01 has 2 of 2 live slots taken", since=BEGIN),
        ),
        exit_code=None,
        ended_at=None,
        lease=Held(
            name="1121-0412-a4",
            number=7,
            holder=Holder(controller="ctl1", boot_id="b", pid=4711, started=1),
            until=BEGIN + timedelta(seconds=130),
            expired=True,
        ),
    )
