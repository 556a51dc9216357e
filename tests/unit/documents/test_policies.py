"""The documents of `ferry policy`: values as they are written in files, and nothing that its schema does not name."""

from datetime import date

import pytest

from orchestrator import documents
from orchestrator.documents import policies, schemas
from orchestrator.documents.adapters import adapter
from orchestrator.model.finding import Severity
from orchestrator.model.inheritance import Layer, Setting
from orchestrator.model.policy import Waiver
from orchestrator.model.provenance import Audit, Difference, Effective, Explained, Granted
from orchestrator.model.units import Milliseconds

WAIVER = Waiver(check="peer", reason="a", until=date(2026, 11, 30), guest="db-*")
HERE = Setting(path=("downtime_budget",), value=Milliseconds(200), layer=Layer.SITE, of="site", file="f", line=2)
GRANTED = Granted(
    waiver=WAIVER,
    setting=Setting(path=("checks", "waive"), value=WAIVER, layer=Layer.GUESTS, of="db-*", file="f", line=9),
)
EXPLAINED = Explained(
    name="site",
    description="Ours.",
    guest="db-01",
    host="kvm01",
    overrides=("guests db-*",),
    values=(
        Effective(setting=HERE, instead_of=(Setting(path=("downtime_budget",), value=Milliseconds(300)),)),
        Effective(setting=Setting(path=("memory_ratio",), value=1.5)),
        Effective(setting=Setting(path=("bandwidth",), value=None)),
        Effective(setting=Setting(path=("postcopy",), value=False)),
        Effective(setting=Setting(path=("checks", "severity", "cpu"), value=Severity.NOTE)),
    ),
    waivers=(GRANTED,),
)
DIFFERENT = (
    Difference(key="downtime_budget", a=(Milliseconds(200),), b=(Milliseconds(300),)),
    Difference(key="checks.waive", a=(WAIVER,), b=()),
)
AUDIT = Audit(file="f", policy="site", today=date(2026, 11, 21), waivers=(GRANTED,), remarks=("x",))
WRITTEN = {
    policies.ExplainedPolicy: documents.policy_document(EXPLAINED),
    policies.PolicyDifference: documents.policy_difference_document("site", "kvm01", DIFFERENT),
    policies.PolicyAudit: documents.policy_audit_document(AUDIT),
}


def test_every_document_has_an_example_and_a_schema() -> None:
    assert set(WRITTEN) == set(policies.ALL)
    published = set(schemas.texts())
    assert {f"{document['schema'].replace('/', '-')}.json" for document in WRITTEN.values()} <= published


@pytest.mark.parametrize("form", WRITTEN)
def test_a_document_is_what_its_schema_says(form: type) -> None:
    document = WRITTEN[form]
    assert next(iter(document)) == "schema"
    read = adapter(form).validate_python(document)
    assert adapter(form).dump_python(read, mode="json") == document


def test_values_are_as_they_are_written_in_files() -> None:
    document = WRITTEN[policies.ExplainedPolicy]
    values = {row["key"]: row["value"] for row in document["values"]}
    assert values == {
        "downtime_budget": "200ms",
        "memory_ratio": 1.5,
        "bandwidth": None,
        "postcopy": False,
        "checks.severity.cpu": "note",
    }
    first = document["values"][0]
    assert first["origin"] == {"layer": "policy", "of": "site", "file": "f", "line": 2}
    assert first["instead_of"] == [
        {"value": "300ms", "origin": {"layer": "default", "of": "", "file": "", "line": 0}},
    ]


def test_a_waiver_says_whose_it_is_and_how_long_it_holds() -> None:
    [waiver] = WRITTEN[policies.PolicyAudit]["waivers"]
    assert (waiver["check"], waiver["until"], waiver["guest"], waiver["days_left"]) == ("peer", "2026-11-30", "db-*", 9)
    assert waiver["origin"]["of"] == "db-*"
    [explained] = WRITTEN[policies.ExplainedPolicy]["waivers"]
    assert explained["days_left"] is None


def test_a_difference_has_both_sides() -> None:
    first, second = WRITTEN[policies.PolicyDifference]["differences"]
    assert (first["a"], first["b"]) == (["200ms"], ["300ms"])
    assert second["b"] == []
    assert "peer" in second["a"][0]
