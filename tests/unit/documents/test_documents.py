"""Documents: the schema first, the same bytes for the same value, and nothing that a reader could take for another."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator import documents
from orchestrator.catalogue import CATALOGUE
from orchestrator.documents import schemas, shapes
from orchestrator.documents.adapters import adapter
from orchestrator.errors import OrchestratorError, Place, Problem
from orchestrator.model.command import StartPool
from orchestrator.model.cordon import Arriving, Cordon, Cordoning
from orchestrator.model.effect import Refused
from orchestrator.model.entry import Recorded, Seq
from orchestrator.model.event import Opened, Progress, Waiting
from orchestrator.model.facts import Facts, HostFacts, Identity, Unknown
from orchestrator.model.finding import Finding, Remedy, Severity
from orchestrator.model.given import Given
from orchestrator.model.guest import Guest, Power
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.lease import Held
from orchestrator.model.move import Outcome, State
from orchestrator.model.order import Change, Order
from orchestrator.model.plan import Plan, Rejected
from orchestrator.model.policy import Policy
from orchestrator.model.released import Freed
from orchestrator.model.repaired import Repaired
from orchestrator.model.report import MoveReport, OrderReport, RunReport
from orchestrator.model.run import RunId
from orchestrator.model.services import VirtualNetwork
from orchestrator.model.settings import Settings
from orchestrator.planning.audit import audit
from tests.contract.store_contract import ENTRIES, G1, MOVE, SAMPLE, T0, A, B, holder, run

CHECKOUT = Path(__file__).parents[3]

GUEST = Guest(
    uuid=G1,
    name="web-01",
    power=Power.RUNNING,
    reason="booted",
    persistent=True,
    autostart=False,
    memory_bytes=2**29,
    vcpus=2,
    virt_type="kvm",
    arch="x86_64",
    machine="pc-q35-10.0",
    emulator="/usr/bin/qemu-system-x86_64",
    cpu_xml=None,
)
HOST = HostFacts(
    name=A,
    identity=Identity(host_uuid="u", machine_id=Unknown(why="not asked"), boot_id="b"),
    hostname="kvm01.example",
    libvirt_version=11_003_000,
    qemu_version=10_000_002,
    arch="x86_64",
    cpu_model="EPYC",
    cpus=8,
    memory_total_bytes=2**34,
    memory_free_bytes=2**33,
    machine_types=(),
    networks=tuple(
        VirtualNetwork(name=name, active=name != "spare", autostart=True)
        for name in ("default", "backup", "alpha", "spare")
    ),
    bridges=frozenset({"br1", "br0"}),
    guests=(replace(GUEST, name="zoe"), GUEST),
)
SILENT = Unknown(why="no route", leg="qemu+ssh://root@kvm02/system")
FACTS = Facts(hosts={A: HOST, B: SILENT})
SETTINGS = Settings(
    file="/etc/ferry/ferry.yaml",
    hosts={
        name: HostEntry(name=name, uri="u", peer_uri="p", ssh="s", addresses={"migration": "10.77.2.11"})
        for name in (A, B)
    },
    networks={},
    store="sqlite:////x",
    policy=Policy(name="default"),
)
PLAN = Plan(
    moves=(MOVE,),
    findings=(
        Finding(
            check="memory", severity=Severity.WARNING, guest="web-01", source=A, destination=B, saw="tight", fix="none"
        ),
    ),
    rejected=(Rejected(guest="web-01", destination=HostName("kvm03"), why="no bridge"),),
)
REPORT = RunReport(
    run=run("r"),
    moves=(
        MoveReport(
            move=MOVE,
            state=State.MIGRATED,
            because="seen",
            since=T0,
            outcome=Outcome(guest=G1, state=State.MIGRATED, where=B, because="seen", downtime_ms=67),
            sample=SAMPLE,
        ),
    ),
    exit_code=None,
    ended_at=None,
    lease=Held(name="r", number=2, holder=holder(), until=T0, expired=True),
    orders=(OrderReport(order=Order(kind="abort", by="ada on ctl1", guest=G1), at=T0, name="web-01", taken=False),),
)
ERROR = OrchestratorError(
    (
        Problem(code="config.invalid", saw="bad", place=Place(file="f", line=3, column=4, excerpt=("a", "b"))),
        Problem(code="host.unreachable", saw="silence", now="on kvm01", cause="cable", fix="plug"),
    )
)
RECORDED = Recorded(run=RunId("r"), seq=Seq(1), at=T0, entry=ENTRIES[0])
EVENTS = {
    "opened": Opened(run=run("r")),
    "recorded": RECORDED,
    "progress": Progress(run=RunId("r"), guest=G1, at=T0, sample=SAMPLE),
    "waiting": Waiting(run=RunId("r"), guest=G1, because="slots"),
}

REPAIRED = Repaired(
    check="pool-active", remedy=Remedy(host=B, repair=StartPool(pool="images")), effect=Refused(why="no such pool")
)

GIVEN = Given(
    run=RunId("r"),
    order=Order(kind="set", by="ada on ctl1", guest=G1, change=Change(downtime_ms=200)),
    name="web-01",
    number=7,
    holder=holder(),
    left="process 1 on ctl drives it and is stopped",
)

FREED = Freed(
    run=RunId("r"),
    guest=G1,
    name="web-01",
    host=B,
    because="its mainboard is broken",
    says="kvm02 does not answer: no route to host",
    frees={"host:kvm02.live": 1},
    keeps={},
    done=True,
)

CORDON = Cordon(host=B, by="anna on ctl1", at=T0, because="a new mainboard")
CORDONING = Cordoning(
    host=B, cordon=CORDON, before=None, arriving=(Arriving(name="web-01", run=RunId("r"), begun=True),), done=True
)

EXAMPLES: dict[str, tuple[Any, dict[str, Any]]] = {
    "ferry.hosts/1": (shapes.Hosts, documents.hosts_document(FACTS, SETTINGS)),
    "ferry.guests/1": (shapes.Guests, documents.guests_document(FACTS)),
    "ferry.facts/1": (shapes.SavedFacts, documents.facts_document(FACTS, T0)),
    "ferry.doctor/1": (shapes.Doctor, documents.audit_document(audit(SETTINGS, FACTS, T0.date()))),
    "ferry.order/1": (shapes.OrderGiven, documents.order_document(GIVEN, REPORT)),
    "ferry.release/1": (shapes.Release, documents.release_document(FREED)),
    "ferry.cordon/1": (shapes.CordonPut, documents.cordon_document(CORDONING)),
    "ferry.repairs/1": (shapes.Repairs, documents.repairs_document([REPAIRED])),
    "ferry.plan/1": (shapes.Proposal, documents.plan_document(PLAN)),
    "ferry.run/1": (shapes.Run, documents.run_document(REPORT)),
    "ferry.history/1": (shapes.History, documents.history_document([REPORT, REPORT])),
    "ferry.status/1": (shapes.Status, documents.status_document([])),
    "ferry.error/1": (shapes.Error, documents.error_document(ERROR)),
    "ferry.event/1": (shapes.Line, documents.event_document(RECORDED)),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_document_begins_with_its_schema_and_is_read_back_by_it(name: str) -> None:
    form, document = EXAMPLES[name]
    assert next(iter(document.items())) == ("schema", name)
    text = json.dumps(document)
    again = adapter(form).validate_json(text, strict=True)
    told = {"schema": name, **adapter(form).dump_python(again, mode="json")}
    assert told.keys() == document.keys()
    # Compared as values: what is a set in them has no order in the text.
    assert adapter(form).validate_json(json.dumps(told), strict=True) == again
    with pytest.raises(ValueError):
        adapter(form).validate_json(json.dumps(document | {"novelty": 1}), strict=True)


def test_there_is_an_example_of_every_document() -> None:
    assert {form for form, _ in EXAMPLES.values()} == set(shapes.ALL)


def test_hosts() -> None:
    first, second = documents.hosts_document(FACTS, SETTINGS)["hosts"]
    assert (first["name"], first["answers"], first["libvirt_version"]) == ("kvm01", True, "11.3.0")
    assert first["qemu_version"] == "10.0.2"
    assert (first["networks"], first["bridges"]) == (["alpha", "backup", "default"], ["br0", "br1"])
    assert first["guests"] == ["web-01", "zoe"]
    assert (second["name"], second["answers"], second["why"], second["code"]) == (
        "kvm02",
        False,
        "no route",
        "host.unreachable",
    )
    unasked = Facts(hosts={A: replace(HOST, bridges=Unknown(why="not asked"))})
    assert documents.hosts_document(unasked, SETTINGS)["hosts"][0]["bridges"] is None


def test_guests() -> None:
    document = documents.guests_document(FACTS)
    assert [(g["host"], g["guest"]["name"]) for g in document["guests"]] == [("kvm01", "web-01"), ("kvm01", "zoe")]
    assert document["guests"][0]["guest"]["memory_bytes"] == 2**29
    assert [s["host"] for s in document["silent"]] == ["kvm02"]


def test_runs() -> None:
    document = documents.run_document(REPORT)
    [move] = document["run"]["moves"]
    assert (move["move"]["name"], move["outcome"]["downtime_ms"]) == (MOVE.name, 67)
    assert document["run"]["run"]["who"]["argv"] == ["ferry", "migrate", "web-01"]
    assert document["run"]["lease"]["until"] == "2026-11-21T04:12:00.123456Z"
    assert len(documents.history_document([REPORT, REPORT])["runs"]) == 2


def test_errors_say_what_the_catalogue_knows() -> None:
    document = documents.error_document(ERROR)
    first, second = document["problems"]
    assert document["exit_code"] == 3
    assert first["place"] == {"file": "f", "line": 3, "column": 4, "excerpt": ["a", "b"]}
    assert (first["fix"], first["cause"]) == (CATALOGUE["config.invalid"].fix, CATALOGUE["config.invalid"].causes)
    assert (second["now"], second["cause"], second["fix"], second["exit_code"]) == ("on kvm01", "cable", "plug", 6)
    assert second["place"] is None


@pytest.mark.parametrize("kind", EVENTS)
def test_events_say_their_kind(kind: str) -> None:
    document = documents.event_document(EVENTS[kind])  # type: ignore[arg-type]
    assert (document["schema"], document["kind"]) == ("ferry.event/1", kind)
    assert adapter(shapes.Line).validate_json(json.dumps(document), strict=True).event == EVENTS[kind]


class TestDigest:
    """The same for the same moves, another for any other."""

    def test_it_depends_on_what_would_be_done(self) -> None:
        digest = documents.plan_digest(PLAN)
        assert len(digest) == 64
        assert digest == documents.plan_document(PLAN)["digest"]
        assert digest != documents.plan_digest(replace(PLAN, moves=(replace(MOVE, destination=A),)))
        assert digest != documents.plan_digest(
            replace(PLAN, moves=(replace(MOVE, transport=replace(MOVE.transport, downtime_limit_ms=301)),))
        )
        assert digest != documents.plan_digest(replace(PLAN, moves=()))

    def test_it_does_not_depend_on_what_was_measured_or_remarked(self) -> None:
        later = replace(PLAN, moves=(replace(MOVE, vcpu_time_ns=99_999),), findings=(), rejected=())
        assert documents.plan_digest(later) == documents.plan_digest(PLAN)

    def test_the_order_of_moves_is_part_of_it(self) -> None:
        other = replace(MOVE, name="other")
        assert documents.plan_digest(replace(PLAN, moves=(MOVE, other))) != documents.plan_digest(
            replace(PLAN, moves=(other, MOVE))
        )


def test_the_published_schemas_are_current() -> None:
    directory = CHECKOUT / "docs" / "reference" / "schemas"
    published = {path.name: path.read_text() for path in directory.glob("*")}
    assert published == schemas.texts(), "python -m orchestrator.documents.schemas docs/reference/schemas"


def test_writing_the_schemas_leaves_no_stale_one(tmp_path: Path) -> None:
    (tmp_path / "ferry.gone-1.json").touch()
    schemas.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(schemas.texts())
    hosts = json.loads((tmp_path / "ferry.hosts-1.json").read_text())
    assert hosts["properties"]["schema"]["const"] == "ferry.hosts/1"
    assert hosts["additionalProperties"] is False


def test_documents_are_the_same_bytes_in_every_process() -> None:
    """Sets have an order of their own in each process; documents must not show it."""
    program = (
        "import json; from orchestrator import documents; from tests.unit.documents import test_documents as t;"
        "print(json.dumps([documents.hosts_document(t.FACTS, t.SETTINGS), documents.plan_document(t.PLAN)]))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            cwd=CHECKOUT,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
