"""What must hold of networks: one is for migrations, hosts have addresses there, and policies name those that exist."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from orchestrator.config.check import suggestion
from orchestrator.config.forms import HostForm, NetworkForm
from orchestrator.config.report import Report
from orchestrator.config.tree import Path, Tree
from orchestrator.model.network import Network, Role

Networks = Mapping[str, Network]
_CHOICE = "migration_networks"


def networks(tree: Tree, forms: Mapping[str, NetworkForm], report: Report) -> Networks:
    """The networks by name. What `migration_network` names is one of role migration, and so is an only one."""
    known, named = tree.mapping(("networks",)), tree.at(("migration_network",))
    if isinstance(named, str) and named not in known:
        report.add(f'there is no network "{named}"', _meant(named, known), tree.place(("migration_network",)))
    assumed = {named} if named is not None else {only for only in known if len(known) == 1 and not _roles(forms, only)}
    found = {name: _network(name, form, migrates=name in assumed) for name, form in forms.items()}
    # What could not be read may have been the one for migrations.
    if known and len(found) == len(known) and named is None and not migrating(found):
        saw = f"{'several networks' if len(known) > 1 else 'a network'}, and none of role migration"
        fix = f"Add roles: [migration] to one of them, or migration_network: {next(iter(known))}"
        report.add(saw, fix, tree.place(("networks",), key=True))
    return found


def _roles(forms: Mapping[str, NetworkForm], name: str) -> list[str]:
    return forms[name].roles if name in forms else []


def migrating(found: Networks) -> tuple[str, ...]:
    """Names of those that memory may travel over unasked."""
    return tuple(name for name, network in found.items() if Role.MIGRATION in network.roles)


def addresses(tree: Tree, hosts: Mapping[str, HostForm], found: Networks, report: Report) -> None:
    """Every address lies in its network, and every host has one where memory may travel."""
    known = tree.mapping(("networks",))
    carrying = migrating(found) if len(found) == len(known) else ()  # one that could not be read may be the host's
    for name, host in hosts.items():
        path: Path = ("hosts", name, "addresses")
        for network, address in host.addresses.items():
            if known and network not in known:
                meant = suggestion(network, known)
                fix = f"Did you mean {meant}?" if meant else f"Add it under networks:, or use: {', '.join(known)}."
                report.add(f'there is no network "{network}"', fix, tree.place((*path, network), key=True))
            elif network in found and not _inside(address, found[network]):
                ranges = " and ".join((found[network].cidr, *found[network].routed))
                saw = f"{address} is no address of a host in {ranges} ({network})"
                fix = "Give the address that this host has there; a range behind a router stands under routed:."
                report.add(saw, fix, tree.place((*path, network)))
        if carrying and not {*carrying} & {*host.addresses}:
            kind = "the migration network" if len(carrying) == 1 else "any migration network:"
            saw = f"{name} has no address on {kind} {', '.join(carrying)}"
            report.add(saw, f"Add it: addresses: {{{carrying[0]}: …}}", tree.place(path, key=True))


def choice(tree: Tree, path: Path, found: Networks, report: Report) -> None:
    """What a policy says of migration networks can be done with those that there are."""
    given: Path = (*path, _CHOICE)
    for key in ("order", "exclude"):
        names = tree.at((*given, key))
        for number, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str) and found and name not in found:
                report.add(f'there is no network "{name}"', _meant(name, found), tree.place((*given, key, number)))
    kinds = {role for network in found.values() for role in network.roles}
    if found and tree.at((*given, "on_missing")) == "management" and Role.MANAGEMENT not in kinds:
        saw = "on_missing is management, and no network is of role management"
        fix = "Add roles: [management] to that network, or write on_missing: fail."
        report.add(saw, fix, tree.place((*given, "on_missing")))
    out, order = tree.at((*given, "exclude")), tree.at((*given, "order"))
    if isinstance(out, list) and not order and migrating(found) and not {*migrating(found)} - _texts(out):
        saw = "every migration network is excluded"
        report.add(saw, "Leave one of them, or name another one under order:.", tree.place((*given, "exclude")))


def _texts(values: list[Any]) -> set[str]:
    return {value for value in values if isinstance(value, str)}


def _network(name: str, form: NetworkForm, *, migrates: bool) -> Network:
    return Network(
        name=name,
        cidr=form.cidr,
        routed=tuple(form.routed),
        roles=frozenset(map(Role, form.roles)) | ({Role.MIGRATION} if migrates else frozenset()),
        priority=form.priority,
        capacity=form.capacity,
        share=form.share,
        encryption=form.encryption,
        rdma=form.rdma,
    )


def _meant(name: str, known: Mapping[str, object]) -> str:
    meant = suggestion(name, known)
    return f"Did you mean {meant}?" if meant else f"Name one of: {', '.join(known)}."


def _inside(address: str, network: Network) -> bool:
    return any(_inside_range(address, cidr) for cidr in (network.cidr, *network.routed))


def _inside_range(address: str, cidr: str) -> bool:
    ip, network = ipaddress.ip_address(address), ipaddress.ip_network(cidr)
    if ip not in network:
        return False
    # The first and last address of an IPv4 network belong to no host; of a /31 or /32 they do.
    ends = (network.network_address, network.broadcast_address)
    return ip.version == 6 or network.prefixlen >= 31 or ip not in ends
