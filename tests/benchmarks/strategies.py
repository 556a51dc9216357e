"""What is compared: ferry's own choice, five other systems' ladders, and every single means by itself, as policies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from tests.lab.place import CHECKOUT

OURS = "ours"
PEERS = ("virsh", "nova", "ovirt", "kubevirt", "proxmox")
BUDGET_MS = 500
CUT_SECONDS = 90
_POLICIES = CHECKOUT / "policies"
# QEMU's own default. More of the budget than that does not keep it: pauses of up to twice the limit were measured.
_LIMIT = "300ms"


@dataclass(frozen=True)
class Strategy:
    """consents: whether it is measured with consent to post-copy, without, or (where that is the same) only once."""

    name: str
    policy: Mapping[str, Any]
    consents: tuple[bool, ...]

    def name_of_policy(self, *, consent: bool) -> str:
        """Also that of its file, which has to be the same."""
        return f"{self.name}-{'postcopy' if consent else 'plain'}"

    def document(self, *, consent: bool, cut_seconds: float = CUT_SECONDS) -> str:
        """The policy as YAML: everything that has nothing to do with the comparison is the lab's."""
        lab = _read("lab")
        more = {
            "name": self.name_of_policy(consent=consent),
            "max_duration": f"{cut_seconds:g}s",
            "memory_reserve": lab["memory_reserve"],
            "checks": lab.get("checks", {}),
            "postcopy": consent,
            "postcopy_without_recovery": "accept",
        }
        stream = StringIO()
        YAML().dump({**self.policy, **more}, stream)
        return stream.getvalue()


def every() -> Sequence[Strategy]:
    """All that can be measured here; a peer whose policy does not ship is left out."""
    ours = Strategy(OURS, {**_read("lab"), "downtime_budget": f"{BUDGET_MS}ms", **_LOOKING}, (False, True))
    peers = [_peer(name) for name in PEERS if (_POLICIES / f"{name}.yaml").exists()]
    fixed = [
        _fixed("tcp", {"transport": "tcp"}),
        _fixed("parallel", {"transport": "parallel"}),
        _fixed("zstd", {"transport": "compressed", "compression": "zstd"}),
        _fixed("xbzrle", {"transport": "xbzrle"}),
        _fixed("auto-converge", {"transport": "tcp"}, throttle="on"),
        _fixed("post-copy", {"transport": "tcp"}, {"then": "postcopy", "round": 2}),
    ]
    return [ours, *peers, *fixed]


_LOOKING: Mapping[str, Any] = {"transport": "auto", "convergence": {"look_inside": True}}


def _peer(name: str) -> Strategy:
    policy = _read(name)
    ladder = policy.get("convergence", {}).get("ladder", [])
    uses_postcopy = any(rung["then"] == "postcopy" for rung in ladder)
    return Strategy(name, policy, (False, True) if uses_postcopy else (False,))


def _fixed(name: str, policy: Mapping[str, Any], *rungs: Mapping[str, Any], throttle: str = "off") -> Strategy:
    """One means from beginning to end: a ladder keeps ferry from helping, and its last rung is the cut itself."""
    ladder = [*rungs, {"then": "abort", "elapsed": f"{CUT_SECONDS}s"}]
    convergence = {
        "measure": "never", "throttle": throttle, "max_throttle": 99, "restart": False, "downtime_limit": _LIMIT,
        "ladder": ladder,
    }  # fmt: skip
    whole = {"downtime_budget": f"{BUDGET_MS}ms", **policy, "convergence": convergence}
    return Strategy(name, whole, (True,) if rungs else (False,))


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe").load((_POLICIES / f"{name}.yaml").read_text())
    return document
