"""The configuration: found, read, checked whole, and only then used."""

from collections.abc import Mapping
from typing import TypeVar

from orchestrator.config import networks, rules
from orchestrator.config.check import check
from orchestrator.config.discovery import find
from orchestrator.config.forms import FileForm, HostForm, NetworkForm
from orchestrator.config.overrides import overrides
from orchestrator.config.policy import Document, read_policy
from orchestrator.config.report import Report
from orchestrator.config.schedule import schedule
from orchestrator.config.source import Source, read
from orchestrator.config.tree import Tree, parse
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.inheritance import Override
from orchestrator.model.schedule import Scheduled
from orchestrator.model.settings import Settings

T = TypeVar("T")


def load(path: str | None, env: Mapping[str, str]) -> Settings:
    """The settings of the file that counts. Raises config.missing; config.invalid with every problem at once."""
    source = read(find(path, env))
    report = Report()
    tree = parse(source, report)
    settings = _settings(source, tree, report) if tree is not None else None
    report.conclude()
    assert settings is not None
    return settings


def _settings(source: Source, tree: Tree, report: Report) -> Settings | None:
    file = check(FileForm, tree, (), report)
    rules.something_there(tree, report)
    hosts = _each(HostForm, "hosts", tree, report)
    found = networks.networks(tree, _each(NetworkForm, "networks", tree, report), report)
    networks.addresses(tree, hosts, found, report)
    rules.all_different(tree, hosts, report)
    entries = {HostName(name): rules.entry(tree, name, host, report) for name, host in hosts.items()}
    policy = _policy(tree, report)
    different = overrides(tree, hosts, report)
    planned = schedule(tree, report)
    if len(found) == len(tree.mapping(("networks",))):
        _choices(tree, policy, found, report)
    if file is None or policy is None:
        return None
    rules.ssh_config(tree, file, report)
    rules.hooks(tree, file, report)
    rules.store_password(tree, file, report)
    return _assembled(source, file, entries, found, policy, different, planned)


def _policy(tree: Tree, report: Report) -> Document | None:
    named = tree.at(("policy",))
    named = "default" if named is None else named
    return read_policy(named, tree, report) if isinstance(named, str) else None


def _choices(tree: Tree, policy: Document | None, found: networks.Networks, report: Report) -> None:
    """The networks that the policy, groups, hosts and guests name."""
    if policy is not None:
        networks.choice(policy.tree, (), found, report)
    for part in ("groups", "hosts", "guests"):
        for name in tree.mapping((part,)):
            networks.choice(tree, (part, name, "policy"), found, report)


def _each(form: type[T], part: str, tree: Tree, report: Report) -> dict[str, T]:
    found = {name: check(form, tree, (part, name), report) for name in tree.mapping((part,))}
    return {name: value for name, value in found.items() if value is not None}


def _assembled(
    source: Source,
    file: FileForm,
    hosts: Mapping[HostName, HostEntry],
    found: networks.Networks,
    policy: Document,
    different: tuple[Override, ...],
    planned: tuple[Scheduled, ...],
) -> Settings:
    return Settings(
        file=source.file,
        hosts=hosts,
        networks=found,
        store=file.store,
        store_password=file.store_password,
        policy=policy.policy,
        shared_filesystems=tuple(file.shared_filesystems),
        ssh_config=file.ssh_config,
        hooks=file.hooks,
        config_digest=source.digest,
        policy_digest=policy.digest,
        policy_settings=policy.settings,
        overrides=different,
        schedule=planned,
    )
