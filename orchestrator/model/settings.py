"""The configuration as the rest of ferry sees it, after every file has been read and found right."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.network import Network
from orchestrator.model.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """hosts and networks by name; store: a URL; ssh_config: the OpenSSH configuration of both SSH doors (None: yours).

    shared_filesystems: directories the operator declares shared between hosts although libvirt does not know their
    file system; ferry still demands its own proof. file: where this came from. digests: of the texts that were read.
    """

    file: str
    hosts: Mapping[HostName, HostEntry]
    networks: Mapping[str, Network]
    migration_network: str
    store: str
    policy: Policy
    shared_filesystems: tuple[str, ...] = ()
    ssh_config: str | None = None
    config_digest: str = ""
    policy_digest: str = ""
