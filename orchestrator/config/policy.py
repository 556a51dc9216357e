"""The policy that a configuration names: a shipped one by its name, or a file of the operator's."""

from dataclasses import dataclass
from pathlib import Path

from orchestrator.config import limits, sense
from orchestrator.config.check import check, suggestion
from orchestrator.config.report import Report
from orchestrator.config.source import read
from orchestrator.config.tree import Path as TreePath
from orchestrator.config.tree import Tree, parse
from orchestrator.errors import OrchestratorError
from orchestrator.model.inheritance import Layer, Setting, leaves
from orchestrator.model.policy import Allowances, Policy

_SHIPPED = Path(__file__).parent.parent / "policies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A policy as it was read: its values, where each of them stands, the digest of the text, and the text itself."""

    policy: Policy
    settings: tuple[Setting, ...]
    digest: str
    tree: Tree


def shipped() -> tuple[str, ...]:
    """The policies that come with ferry."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.yaml")))


def load_policy(named: str, beside: str) -> Policy | None:
    """A policy by name, or by file as seen from the directory of `beside`; None where there is none.

    Raises config.invalid with every problem at once.
    """
    path = _path(named, beside)
    if path is None:
        return None
    report = Report()
    document = _document(path, report)
    report.conclude()
    assert document is not None
    return document.policy


def read_policy(named: str, config: Tree, report: Report) -> Document | None:
    """The policy of the site; None when something is wrong, which the report then says."""
    path = _path(named, config.source.file)
    if path is not None:
        return _document(path, report)
    place = config.place(("policy",))
    fix = f"Name a file, or one of: {', '.join(shipped())}."
    if _is_file(named):
        report.add(f"there is no file {Path(config.source.file).parent / named}", fix, place)
    else:
        meant = suggestion(named, shipped())
        report.add(f'no policy "{named}" comes with ferry', f"Did you mean {meant}?" if meant else fix, place)
    return None


def written(values: Allowances, tree: Tree, path: TreePath, layer: Layer, of: str) -> tuple[Setting, ...]:
    """Each value that stands below `path`, with its line; what is not written there is somebody else's."""
    return tuple(
        Setting(
            path=tuple(step for step in way if isinstance(step, str)),
            value=value,
            layer=layer,
            of=of,
            file=tree.source.file,
            line=tree.place((*path, *way)).line,
        )
        for way, value in leaves(values)
        if tree.holds((*path, *way))
    )


def _path(named: str, beside: str) -> Path | None:
    if _is_file(named):
        path = Path(beside).parent / named  # an absolute name stays itself
        return path if path.exists() else None
    return _SHIPPED / f"{named}.yaml" if named in shipped() else None


def _is_file(named: str) -> bool:
    return "/" in named or named.endswith((".yaml", ".yml"))


def _document(path: Path, report: Report) -> Document | None:
    try:
        source = read(path)
    except OrchestratorError as error:
        report.take(error)
        return None
    tree = parse(source, report)
    if tree is None:
        return None
    policy = check(Policy, tree, (), report)
    sense.named_as_its_file(tree, path, report)
    sense.possible(tree, (), Layer.SITE, report)
    if policy is None:
        return None
    limits.effective(policy, tree, report)
    settings = written(policy, tree, (), Layer.SITE, policy.name)
    return Document(policy=policy, settings=settings, digest=source.digest, tree=tree)
