"""The configuration as the rest of ferry sees it, after every file has been read and found right."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.inheritance import Override, Setting, overridden
from orchestrator.model.network import Network, Role
from orchestrator.model.policy import NetworkChoice, Policy
from orchestrator.model.schedule import Scheduled

_Positions = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Where a password is found; exactly one is given. file: an absolute path; env: the name of a variable."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    file: str | None = None
    env: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """hosts and networks by name; store: a URL without a password; store_password: where that is (None: libpq knows, or
    it needs none); ssh_config: the OpenSSH configuration of both SSH doors (None: yours); hooks: the directory of the
    operator's scripts (None: there are none).

    shared_filesystems: directories the operator declares shared between hosts although libvirt does not know their
    file system; ferry still demands its own proof. file: where this came from. digests: of the texts that were read.
    policy: of the site; policy_settings: what its file says, and where. overrides: what groups, hosts and guests
    settle differently, in the order in which it counts. schedule: what `ferry cron` does, in its order.
    """

    file: str
    hosts: Mapping[HostName, HostEntry]
    networks: Mapping[str, Network]
    store: str
    policy: Policy
    store_password: Secret | None = None
    shared_filesystems: tuple[str, ...] = ()
    ssh_config: str | None = None
    hooks: str | None = None
    config_digest: str = ""
    policy_digest: str = ""
    policy_settings: tuple[Setting, ...] = ()
    overrides: tuple[Override, ...] = ()
    schedule: tuple[Scheduled, ...] = ()
    # Worked out once: the rules of a plan ask thousands of times.
    _of_guest: dict[str, _Positions] = field(default_factory=dict, init=False, repr=False, compare=False)
    _of_host: dict[HostName | None, _Positions] = field(default_factory=dict, init=False, repr=False, compare=False)
    _policies: dict[tuple[bool, _Positions], Policy] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def migration_networks(self) -> tuple[str, ...]:
        """Networks of role migration: those of higher priority first, otherwise as they are written."""
        found = (network for network in self.networks.values() if Role.MIGRATION in network.roles)
        return tuple(network.name for network in sorted(found, key=lambda network: -network.priority))

    @property
    def usual_network(self) -> str:
        """The migration network that counts first, which is what a migration of somebody else is counted on; "": none
        has that role."""
        return next(iter(self.migration_networks), "")

    def networks_for(self, choice: NetworkChoice) -> tuple[str, ...]:
        """Networks that a move under this choice might take: those of its order, of role migration, and what stands in
        for them where none of these is usable."""
        others: tuple[str, ...] = ()
        if choice.on_missing == "next":
            others = tuple(self.networks)
        elif choice.on_missing == "management":
            others = tuple(name for name, network in self.networks.items() if Role.MANAGEMENT in network.roles)
        names = (*choice.order, *self.migration_networks, *others)
        return tuple(name for name in dict.fromkeys(names) if name in self.networks and name not in choice.exclude)

    @property
    def networks_in_question(self) -> tuple[str, ...]:
        """Networks that some move might take, whatever guest it is of and wherever it leads."""
        policies = (self.policy, *(overridden(self.policy, [one]) for one in self.overrides))
        return tuple(dict.fromkeys(name for one in policies for name in self.networks_for(one.migration_networks)))

    def policy_for(self, *, guest: str = "", host: HostName | None = None, network: str = "") -> Policy:
        """What is allowed for a guest, by name, at a host; for a move that is the destination.

        network: that it takes; one that demands encryption has it whatever else is written. A host that is configured
        no longer is a host of no group.
        """
        positions = self._positions(guest, host) if self.overrides else ()
        demanded = network in self.networks and self.networks[network].encryption
        if not positions and not demanded:
            return self.policy
        if (demanded, positions) not in self._policies:
            policy = overridden(self.policy, [self.overrides[p] for p in positions])
            self._policies[demanded, positions] = replace(policy, encryption="required") if demanded else policy
        return self._policies[demanded, positions]

    def overrides_for(self, *, guest: str = "", host: HostName | None = None) -> tuple[Override, ...]:
        """What counts for that guest and host beyond the policy of the site, the last one most."""
        return tuple(self.overrides[position] for position in self._positions(guest, host))

    def _positions(self, guest: str, host: HostName | None) -> _Positions:
        if host not in self._of_host:
            self._of_host[host] = self._concerning("", None if host is None else self.hosts.get(host))
        if guest not in self._of_guest:
            self._of_guest[guest] = self._concerning(guest, None)
        return self._of_host[host] + self._of_guest[guest]

    def _concerning(self, guest: str, entry: HostEntry | None) -> _Positions:
        return tuple(number for number, one in enumerate(self.overrides) if one.concerns(guest, entry))
