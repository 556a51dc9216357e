"""Whether QEMU of one host can encrypt what it sends to QEMU of the other, as their certificates say."""

from datetime import date
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from orchestrator.model.facts import HostFacts, Unknown
from orchestrator.model.host import HostEntry
from orchestrator.model.services import Certificate


def shown(source: HostFacts, destination: HostFacts, today: date) -> Certificate | str:
    """The certificate that the destination's QEMU shows, or why there can be no encrypted connection.

    The source shows one too: libvirt has the destination ask for it unless told otherwise (migrate_tls_x509_verify).
    """
    client, server = _usable(source, "client", today), _usable(destination, "server", today)
    if isinstance(client, str):
        return client
    if isinstance(server, str):
        return server
    if client.ca_fingerprint != server.ca_fingerprint:
        return f"{source.name} and {destination.name} have certificates of different authorities for QEMU"
    return server


def _usable(host: HostFacts, role: str, today: date) -> Certificate | str:
    if isinstance(host.certificates, Unknown):
        return unread(host, "what certificates it has", host.certificates)
    one = next((one for one in host.certificates if one.use == "qemu" and one.role == role), None)
    if one is None or one.missing:
        return f"{host.name} has no {role} certificate for QEMU{'' if one is None else f', {one.path}'}"
    if not one.trusted:
        return f"the CA of {host.name} has not signed {one.path}"
    if one.not_before is not None and one.not_before.date() > today:
        return f"{one.path} of {host.name} holds from {one.not_before.date()} only"
    if one.not_after is not None and one.not_after.date() < today:
        return f"{one.path} of {host.name} ended on {one.not_after.date()}"
    return one


def nameless(certificate: Certificate, entry: HostEntry, address: str) -> str | None:
    """Why there is nothing that QEMU could compare the certificate with."""
    if _valid_for(certificate, address) or name_for(certificate, entry, address) is not None:
        return None
    names = ", ".join(sorted(certificate.names)) or "no name"
    return f"{certificate.path} of {entry.name} is for {names}, neither for {address} nor for a name of the host"


def name_for(certificate: Certificate, entry: HostEntry, address: str) -> str | None:
    """What QEMU is to compare the certificate with; None: the address that it connects to."""
    if _valid_for(certificate, address):
        return None
    known = (str(entry.name), urlsplit(entry.peer_uri).hostname or "")
    return next((name for name in known if name and _valid_for(certificate, name)), None)


def _valid_for(certificate: Certificate, name: str) -> bool:
    bare = plain(name)
    for pattern in map(plain, certificate.names):
        if pattern == bare or (pattern.startswith("*.") and bare.partition(".")[2] == pattern[2:]):
            return True
    return False


def unread(host: HostFacts, what: str, unknown: Unknown) -> str:
    """What is not known of a host, as a reason."""
    return f"of {host.name} it is not known {what}: {unknown.why}"


# Asked for each address of each interface, for each guest and each destination.
@lru_cache(maxsize=4096)
def plain(address: str) -> str:
    """An address or a name in its usual spelling, without prefix length and zone."""
    bare = address.partition("/")[0].partition("%")[0].lower().rstrip(".")
    try:
        return str(ip_address(bare))
    except ValueError:
        return bare
