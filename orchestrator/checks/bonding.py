"""A bond below the migration network spreads the connections of one move over its links."""

from collections.abc import Iterator

from orchestrator.checks.case import AtHost
from orchestrator.checks.interfaces import own_way, place
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, note
from orchestrator.model.cabling import Interface
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_SPREADING = frozenset({"802.3ad", "balance-xor"})
_BY_PORT = frozenset({"layer3+4", "encap3+4"})


def _examine(case: AtHost) -> Iterator[Found]:
    for one in own_way(case):
        if one.bond_mode is None or _spreads(one):
            continue
        chosen = f" and hash {one.bond_hash}" if one.bond_mode in _SPREADING else ""
        yield note(
            f"{place(case, one)}, is a bond of mode {one.bond_mode}{chosen}: all connections to one host go over one "
            "of its links",
            "For more than one link, take mode 802.3ad with xmit_hash_policy layer3+4: "
            + on(case.entry, "cat", f"/proc/net/bonding/{one.name}"),
        )


def _spreads(bond: Interface) -> bool:
    return bond.bond_mode in _SPREADING and (bond.bond_hash is None or bond.bond_hash in _BY_PORT)


RULE = Rule(
    name="bonding",
    title="A bond for migrations spreads connections over its links.",
    scope=Scope.HOST,
    severity=Severity.NOTE,
    needs=frozenset({Topic.INTERFACES}),
    examine=_examine,
    of_network=True,
)
