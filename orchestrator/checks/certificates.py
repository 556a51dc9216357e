"""Judge the certificates that one libvirt shows another: there, in date, signed, for the right name, of one CA."""

from collections.abc import Iterator
from datetime import date

from orchestrator.checks.interfaces import plain
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, blocker, warning
from orchestrator.model.facts import HostFacts
from orchestrator.model.host import HostEntry
from orchestrator.model.services import Certificate

_SOON_DAYS = 14


def of_libvirt(certificates: tuple[Certificate, ...], role: str) -> Certificate | None:
    """The certificate libvirt uses in that role, as far as the host says."""
    return next((one for one in certificates if one.use == "libvirt" and one.role == role), None)


def usable(host: HostFacts, entry: HostEntry, certificate: Certificate) -> Iterator[Found]:
    """Whether the file is there and the CA beside it has signed it."""
    what = f"libvirt's {certificate.role} certificate of {host.name}, {certificate.path},"
    if certificate.missing:
        yield blocker(f"{what} does not exist", on(entry, "ls", "-l", certificate.path))
    elif not certificate.trusted:
        yield blocker(
            f"{what} is not signed by the CA that lies beside it; its subject is {certificate.subject or 'empty'}",
            f"Have it signed by the CA of both hosts: {_show(entry, certificate)}",
        )


def dated(host: HostFacts, entry: HostEntry, certificate: Certificate, today: date) -> Iterator[Found]:
    """Whether today is between its two days, and its end not near."""
    if certificate.missing:
        return
    what = f"libvirt's {certificate.role} certificate of {host.name}, {certificate.path},"
    begins, ends = certificate.not_before, certificate.not_after
    fix = f"Have a new one signed, and restart the daemon: {_show(entry, certificate)}"
    if begins is not None and begins.date() > today:
        yield blocker(f"{what} holds from {begins.date()} only; today is {today}", fix)
    elif ends is not None and ends.date() < today:
        yield blocker(f"{what} ended on {ends.date()}; today is {today}", fix)
    elif ends is not None and (ends.date() - today).days <= _SOON_DAYS:
        yield warning(f"{what} ends on {ends.date()}, in {(ends.date() - today).days} days", fix)


def named_for(host: HostFacts, entry: HostEntry, certificate: Certificate, name: str) -> Iterator[Found]:
    """Whether it is valid for the name or address under which the other side connects."""
    if certificate.missing or any(_matches(pattern, name) for pattern in certificate.names):
        return
    names = ", ".join(sorted(certificate.names)) or "no name"
    yield blocker(
        f"libvirt's server certificate of {host.name}, {certificate.path}, is for {names}; other hosts connect to "
        f"{name} (peer_uri {entry.peer_uri})",
        f"Have it signed for {name} too, or change peer_uri of {host.name}: {_show(entry, certificate)}",
    )


def one_authority(here: Certificate | None, there: Certificate | None) -> bool:
    """Whether both CA certificates are the same one, as far as both are known."""
    if here is None or there is None or not here.ca_fingerprint or not there.ca_fingerprint:
        return True
    return here.ca_fingerprint == there.ca_fingerprint


def _matches(pattern: str, name: str) -> bool:
    pattern, name = pattern.lower().rstrip("."), name.lower().rstrip(".")
    if pattern.startswith("*."):  # stands for one label
        return name.partition(".")[2] == pattern[2:]
    return plain(pattern) == plain(name)


def _show(entry: HostEntry, certificate: Certificate) -> str:
    return on(entry, "openssl", "x509", "-noout", "-text", "-in", certificate.path)
