"""The documents of `ferry policy`: values with their origin, differences, waivers that end."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

from orchestrator.documents.adapters import adapter
from orchestrator.model.bandwidth import Portion
from orchestrator.model.inheritance import Layer, Setting
from orchestrator.model.policy import Charge, GuardRule, Rung, Waiver
from orchestrator.model.provenance import Audit, Difference, Explained, Granted
from orchestrator.model.units import Quantity

Document = dict[str, Any]
Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who settled a value, and where. of: the name of the policy, group, host or pattern; line 0 for a default."""

    layer: Layer
    of: str
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """A value that does not count, because a later layer settles it differently."""

    value: Value
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """A value that counts."""

    key: str
    value: Value
    origin: Origin
    instead_of: tuple[Replaced, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverHere:
    """A waiver. days_left is below 0 once it is over, null where nobody asked."""

    check: str
    reason: str
    until: date
    guest: str
    host: str
    origin: Origin
    days_left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedPolicy:
    """ferry policy show, ferry policy explain. networks: what the shares come to."""

    name: str
    description: str
    guest: str
    host: str
    overrides: tuple[str, ...]
    values: tuple[Counting, ...]
    waivers: tuple[WaiverHere, ...]
    networks: tuple[Portion, ...] = ()
    schema: Literal["ferry.policy/1"] = "ferry.policy/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A value in which two policies differ; a list, because of waivers there may be several, or none."""

    key: str
    a: tuple[Value, ...]
    b: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDifference:
    """ferry policy diff"""

    a: str
    b: str
    differences: tuple[Differing, ...]
    schema: Literal["ferry.policy-diff/1"] = "ferry.policy-diff/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAudit:
    """ferry policy check"""

    file: str
    policy: str
    waivers: tuple[WaiverHere, ...]
    remarks: tuple[str, ...]
    schema: Literal["ferry.policy-check/1"] = "ferry.policy-check/1"


ALL = (ExplainedPolicy, PolicyDifference, PolicyAudit)


def policy_document(explained: Explained, networks: Sequence[Portion] = ()) -> Document:
    """ferry.policy: every value that counts, with its origin, and what the shares come to on these networks."""
    values = tuple(
        Counting(
            key=one.setting.key,
            value=plain(one.setting.value),
            origin=_origin(one.setting),
            instead_of=tuple(Replaced(value=plain(s.value), origin=_origin(s)) for s in one.instead_of),
        )
        for one in explained.values
    )
    document = ExplainedPolicy(
        name=explained.name,
        description=explained.description,
        guest=explained.guest,
        host=explained.host,
        overrides=explained.overrides,
        values=values,
        waivers=tuple(_waiver(granted) for granted in explained.waivers),
        networks=tuple(networks),
    )
    return _document(document)


def policy_difference_document(a: str, b: str, differences: Sequence[Difference]) -> Document:
    """ferry.policy-diff: in what two policies differ."""
    rows = tuple(Differing(key=one.key, a=tuple(map(plain, one.a)), b=tuple(map(plain, one.b))) for one in differences)
    return _document(PolicyDifference(a=a, b=b, differences=rows))


def policy_audit_document(audit: Audit) -> Document:
    """ferry.policy-check: waivers and remarks of a configuration that is right."""
    waivers = tuple(_waiver(granted, audit.today) for granted in audit.waivers)
    return _document(PolicyAudit(file=audit.file, policy=audit.policy, waivers=waivers, remarks=audit.remarks))


def plain(value: object) -> Value:
    """A value of a policy as it is written in a file."""
    if isinstance(value, Quantity):
        return str(value)
    if isinstance(value, Waiver):
        return f"{value.check} for guest {value.guest} on host {value.host} until {value.until}: {value.reason}"
    if isinstance(value, tuple):
        return "; ".join(str(plain(rung)) for rung in value)
    if isinstance(value, Rung | GuardRule | Charge):
        said = {f.name: getattr(value, f.name) for f in fields(value)}
        left_out = 0 if isinstance(value, Charge) else None
        return " ".join(f"{key} {plain(one)}" for key, one in said.items() if one != left_out) or "nothing"
    assert value is None or isinstance(value, str | int | float | bool)
    return str(value) if isinstance(value, str) else value


def _origin(setting: Setting) -> Origin:
    return Origin(layer=setting.layer, of=setting.of, file=setting.file, line=setting.line)


def _waiver(granted: Granted, today: date | None = None) -> WaiverHere:
    waiver = granted.waiver
    return WaiverHere(
        check=waiver.check,
        reason=waiver.reason,
        until=waiver.until,
        guest=waiver.guest,
        host=waiver.host,
        origin=_origin(granted.setting),
        days_left=None if today is None else granted.days_left(today),
    )


def _document(document: object) -> Document:
    """The document as plain values, its schema first."""
    form: Any = type(document)
    values: Document = adapter(form).dump_python(document, mode="json")
    return {"schema": values.pop("schema"), **values}
