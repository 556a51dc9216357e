"""The policy that a configuration names: a shipped one by its name, or a file of the operator's."""

from pathlib import Path

from orchestrator.config.check import check, suggestion
from orchestrator.config.report import Report
from orchestrator.config.source import read
from orchestrator.config.tree import Tree, parse
from orchestrator.errors import OrchestratorError
from orchestrator.model.policy import Policy

_SHIPPED = Path(__file__).parent.parent / "policies"
_AT_LEAST = {
    "downtime_limit": (1, "1ms", "QEMU would never hand the guest over"),
    "max_duration": (1000, "1s", "every move would be cancelled at once"),
    # libvirt counts in MiB/s, and takes 0 for "without limit".
    "bandwidth": (2**20, "1MiB/s", "libvirt cannot go slower"),
}


def shipped() -> tuple[str, ...]:
    """The policies that come with ferry."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.yaml")))


def read_policy(named: str, config: Tree, report: Report) -> tuple[Policy, str] | None:
    """The policy and the digest of its text; None when something is wrong, which the report then says."""
    path = _path(named, config, report)
    if path is None:
        return None
    try:
        source = read(path)
    except OrchestratorError as error:
        report.take(error)
        return None
    tree = parse(source, report)
    policy = check(Policy, tree, (), report) if tree else None
    if tree is None or policy is None:
        return None
    _sensible(policy, path, tree, report)
    return policy, source.digest


def _path(named: str, config: Tree, report: Report) -> Path | None:
    place = config.place(("policy",))
    if "/" in named or named.endswith((".yaml", ".yml")):
        path = Path(config.source.file).parent / named  # an absolute name stays itself
        if not path.exists():
            report.add(f"there is no file {path}", f"Name a file, or one of: {', '.join(shipped())}.", place)
            return None
        return path
    if named not in shipped():
        meant = suggestion(named, shipped())
        fix = f"Did you mean {meant}?" if meant else f"Name a file, or one of: {', '.join(shipped())}."
        report.add(f'no policy "{named}" comes with ferry', fix, place)
        return None
    return _SHIPPED / f"{named}.yaml"


def _sensible(policy: Policy, path: Path, tree: Tree, report: Report) -> None:
    if policy.name != path.stem:
        saw = f'the policy "{policy.name}" stands in a file named {path.name}'
        report.add(saw, f"Write name: {path.stem}, or rename the file.", tree.place(("name",)))
    for key, (least, shown, why) in _AT_LEAST.items():
        value = getattr(policy, key)
        if value is not None and value < least:
            report.add(f"{key} is {value}: {why}", f"Give at least {shown}.", tree.place((key,)))
