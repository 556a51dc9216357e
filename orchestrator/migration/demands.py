"""What a policy asks for and this move cannot have: its demands refuse the move, its preferences are passed over."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from orchestrator.migration.conflicts import Conflict, Trait, conflicts
from orchestrator.migration.ways import demanded, lacking, said
from orchestrator.model.offer import Feature, Key, Offers, Unmet
from orchestrator.model.policy import Allowances, Policy
from orchestrator.model.transport import Method

_KEYS: Mapping[Trait, Key] = {
    Trait.POSTCOPY: "postcopy",
    Trait.TLS: "encryption",
    Trait.ZEROCOPY: "zerocopy",
    Trait.DIRECT: "control",
    Trait.HELD: "start_at_destination",
}
_PLAIN = Allowances()


def demanding(policy: Policy) -> bool:
    """Whether it asks for anything that not every pair of hosts has: without that nothing need be looked at."""
    return (
        policy.transport != _PLAIN.transport
        or policy.encryption != _PLAIN.encryption
        or policy.zerocopy
        or (policy.postcopy and policy.start_at_destination == "verified")
    )


def unmet(policy: Policy, offers: Offers) -> Iterator[Unmet]:
    """Each of them, the demands first. A method that ferry may choose is taken for the least demanding one."""
    method = Method.TCP if policy.transport == "auto" else Method(policy.transport)
    missing = lacking(method, policy, offers)
    if missing is not None:
        key, why = missing
        yield Unmet(key=key, why=f"{_written(key, policy)} cannot be had: {why}", fix=_without(policy, key))
    sketch = replace(demanded(method, policy), postcopy=policy.postcopy)
    broken = conflicts(sketch)
    for row in broken:
        yield _contradiction(row, policy)
    if policy.encryption == "preferred" and not offers.has(Feature.TLS) and method is not Method.TUNNELLED:
        yield Unmet(
            key="encryption",
            why=f"the memory travels unencrypted, which the policy would rather not: {offers.absent[Feature.TLS]}",
            fix=_without(policy, "encryption"),
            demand=False,
        )
    yield from _zerocopy(method, policy, offers)


def _zerocopy(method: Method, policy: Policy, offers: Offers) -> Iterator[Unmet]:
    if not policy.zerocopy:
        return
    against = [
        row for row in conflicts(replace(demanded(method, policy), zerocopy=True)) if row.other is Trait.ZEROCOPY
    ]
    why = offers.absent.get(Feature.ZEROCOPY)
    # A method that ferry chooses is not settled yet.
    if why is None and against and (policy.transport != "auto" or against[0].one is not Trait.SINGLE):
        why = said(against[0])
    if why is not None:
        yield Unmet(
            key="zerocopy", why=f"pages are copied before they are sent: {why}", fix="zerocopy: false", demand=False
        )


def _contradiction(row: Conflict, policy: Policy) -> Unmet:
    one, other = (_KEYS.get(trait, "transport") for trait in (row.one, row.other))
    return Unmet(
        key=other,
        why=f"{_written(one, policy)} and {_written(other, policy)} contradict each other: {row.why}",
        fix=f"Change one of them in the policy {policy.name}",
    )


def _without(policy: Policy, key: Key) -> str:
    other = f"{key}: {getattr(_PLAIN, key)} in the policy {policy.name}"
    return f"Certificates for QEMU on both hosts, or {other}" if key == "encryption" else other


def _written(key: Key, policy: Policy) -> str:
    value = getattr(policy, key)
    return f"{key}: {str(value).lower() if isinstance(value, bool) else value}"
