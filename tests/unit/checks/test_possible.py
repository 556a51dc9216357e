"""What a policy asks of the transport: each rule with what it passes, refuses and cannot decide."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.checks import encryption_possible, tls_force, transport_possible
from orchestrator.checks.case import Case, OnLink
from orchestrator.migration.demands import unmet
from orchestrator.migration.features import offers
from orchestrator.model.facts import Unknown
from orchestrator.model.policy import Policy
from orchestrator.model.services import Certificate, DaemonSettings
from tests.unit.checks.builders import TODAY, case, guest, host, on_link, settings
from tests.unit.checks.rows import Row, hold, no, noted, ok, undecided

WHY = Unknown(why="the script broke off", code="host.shell")
CERTIFICATES = tuple(
    Certificate(
        role=role,
        use="qemu",
        path=f"/etc/pki/qemu/{role}-cert.pem",
        names=frozenset({"10.0.2.2"}),
        not_after=datetime(2030, 1, 1, tzinfo=UTC),
        ca_fingerprint="aa",
        trusted=True,
    )
    for role in ("server", "client")
)


def way(*, here: Any = None, there: Any = None, **policy: Any) -> Case:
    """A move under this policy, between hosts of which something is different."""
    given = settings(policy=Policy(name="strict", **policy))
    good = {"certificates": CERTIFICATES}
    looked = case(
        settings=given,
        source=host("kvm01", **(good | (here or {}))),
        destination=host("kvm02", **(good | (there or {}))),
    )
    found = offers(guest(), looked.source, looked.destination, given, TODAY, "migration")
    return replace(looked, unmet=tuple(unmet(looked.policy, found)))


def forced(encryption: Any) -> OnLink:
    """The way to a host that lets nothing unencrypted through."""
    strict = settings(policy=Policy(name="strict", encryption=encryption))
    return on_link(settings=strict, destination=host("kvm02", daemon=DaemonSettings(tls_force=True)))


OLD = {"libvirt_version": 9_000_000, "qemu_version": 7_002_000}
NOTHING = {"certificates": ()}

ROWS = {
    "ferry chooses": ok(transport_possible, way()),
    "parallel": ok(transport_possible, way(transport="parallel")),
    "compressed": ok(transport_possible, way(transport="compressed")),
    "compressed, an old destination": no(
        transport_possible, way(transport="compressed", there=OLD), "transport: compressed", "kvm02 has libvirt 9.0.0"
    ),
    "compressed by zlib, an old source": no(
        transport_possible, way(transport="compressed", compression="zlib", here=OLD), "compression: zlib", "kvm01 has"
    ),
    "no RDMA": no(transport_possible, way(transport="rdma"), "transport: rdma", "kvm01 has no active RDMA device"),
    "RDMA unread": undecided(
        transport_possible, way(transport="rdma", there={"rdma": WHY}), "broke off", severity="blocker"
    ),
    "RDMA unread, but nobody asks": ok(transport_possible, way(there={"rdma": WHY})),
    "parallel and post-copy": no(
        transport_possible,
        way(transport="parallel", postcopy=True),
        "transport: parallel and postcopy: true contradict each other",
        "policy strict",
    ),
    "post-copy, and ferry chooses": ok(transport_possible, way(postcopy=True)),
    "post-copy, and held": no(
        transport_possible, way(postcopy=True, start_at_destination="verified"), "start_at_destination: verified"
    ),
    "tunnelled and direct": no(transport_possible, way(transport="tunnelled", control="direct"), "control: direct"),
    "RDMA and encryption": no(transport_possible, way(transport="rdma", encryption="preferred"), "transport: rdma"),
    "zero-copy": ok(transport_possible, way(transport="parallel", zerocopy=True)),
    "zero-copy of one stream": noted(transport_possible, way(transport="tcp", zerocopy=True), "only parallel streams"),
    "zero-copy, and ferry chooses": ok(transport_possible, way(zerocopy=True)),
    "zero-copy, encrypted": noted(
        transport_possible, way(zerocopy=True, encryption="required"), "a page that is encrypted"
    ),
    "zero-copy, an old source": noted(
        transport_possible, way(zerocopy=True, here={"qemu_version": 7_000_000}), "kvm01 has QEMU 7.0.0"
    ),
    "encrypted": ok(encryption_possible, way(encryption="required")),
    "nobody asks for encryption": ok(encryption_possible, way(here=NOTHING, there=NOTHING)),
    "no certificate there": no(
        encryption_possible,
        way(encryption="required", there=NOTHING),
        "encryption: required cannot be had: kvm02 has no server certificate",
        "encryption: off in the policy strict",
    ),
    "no certificate there, encryption preferred": noted(
        encryption_possible, way(encryption="preferred", there=NOTHING), "travels unencrypted", "kvm02"
    ),
    "certificates unread": undecided(
        encryption_possible, way(encryption="required", here={"certificates": WHY}), "broke off", severity="blocker"
    ),
    "certificates unread, encryption preferred": noted(
        encryption_possible, way(encryption="preferred", here={"certificates": WHY}), "travels unencrypted", "broke off"
    ),
    "encryption forced, and required": ok(tls_force, forced("required")),
    "encryption forced, and preferred": no(tls_force, forced("preferred"), "policy strict need not encrypt"),
    "encryption forced, and off": no(
        tls_force, forced("off"), "policy strict does not encrypt", "encryption: required"
    ),
    "in the tunnel": ok(encryption_possible, way(encryption="required", transport="tunnelled", there=NOTHING)),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_rule(row: Row) -> None:
    hold(row)
