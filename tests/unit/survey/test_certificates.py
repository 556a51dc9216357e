"""Certificates as a host shows them, made here for the purpose."""

import ipaddress
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from orchestrator.model.facts import Unknown
from orchestrator.model.services import Certificate
from orchestrator.survey.topics.certificates import SECTION

BEGIN, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
CA, SERVER = "/etc/pki/CA/cacert.pem", "/etc/pki/libvirt/servercert.pem"


class Signer:
    """A key with a certificate, which can sign others."""

    def __init__(self, name: str, by: "Signer | None" = None, names: tuple[str, ...] = ()) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        signer = by or self
        made = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(signer.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGIN)
            .not_valid_after(END)
        )
        if names:
            made = made.add_extension(x509.SubjectAlternativeName([_general(one) for one in names]), critical=False)
        self.certificate = made.sign(signer.key, SHA256())

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(SHA256()).hex()


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def lines(**files: str) -> list[str]:
    """As the section prints them: `ca` and `server` of libvirt, nothing else is there."""
    paths = {"ca": CA, "server": SERVER}
    return [line for role, pem in files.items() for line in _file(paths[role], pem)] + ["missing /etc/pki/qemu/x"]


def _file(path: str, pem: str) -> Iterator[str]:
    yield f"file {path}"
    yield from (f"pem {line}" for line in pem.splitlines())


def read(given: list[str]) -> dict[tuple[str, str], Certificate]:
    found = SECTION.read(given)
    assert isinstance(found, tuple)
    return {(one.use, one.role): one for one in found}


@pytest.fixture(scope="module")
def authority() -> Signer:
    return Signer("the CA")


def test_a_server_with_names_and_addresses(authority: Signer) -> None:
    server = Signer("kvm01", by=authority, names=("kvm01.lan", "10.77.0.11", "fd77::11"))
    found = read(lines(ca=authority.pem, server=server.pem))
    assert found["libvirt", "server"] == Certificate(
        role="server",
        use="libvirt",
        path=SERVER,
        subject="CN=kvm01",
        names=frozenset({"kvm01.lan", "10.77.0.11", "fd77::11"}),
        not_before=BEGIN,
        not_after=END,
        ca_fingerprint=authority.fingerprint,
        trusted=True,
    )
    assert found["libvirt", "ca"].trusted and found["libvirt", "ca"].ca_fingerprint == authority.fingerprint


def test_without_other_names_the_common_name_counts(authority: Signer) -> None:
    found = read(lines(ca=authority.pem, server=Signer("kvm01", by=authority).pem))
    assert found["libvirt", "server"].names == {"kvm01"}


def test_one_that_another_ca_has_signed(authority: Signer) -> None:
    found = read(lines(ca=authority.pem, server=Signer("kvm01", by=Signer("the CA")).pem))
    server = found["libvirt", "server"]
    assert not server.trusted and server.ca_fingerprint == authority.fingerprint
    assert not read(lines(ca=authority.pem, server=Signer("kvm01").pem))["libvirt", "server"].trusted


def test_without_a_ca_nothing_is_trusted(authority: Signer) -> None:
    server = read(lines(server=Signer("kvm01", by=authority).pem))["libvirt", "server"]
    assert not server.trusted and server.ca_fingerprint == "" and not server.missing


def test_a_server_that_brings_what_lies_between(authority: Signer) -> None:
    between = Signer("between", by=authority)
    server = Signer("kvm01", by=between)
    assert read(lines(ca=authority.pem, server=server.pem + between.pem))["libvirt", "server"].trusted
    assert not read(lines(ca=authority.pem, server=server.pem))["libvirt", "server"].trusted
    stranger = Signer("between", by=Signer("the CA"))
    assert not read(lines(ca=authority.pem, server=server.pem + stranger.pem))["libvirt", "server"].trusted
    appended = Signer("kvm01").pem + between.pem
    assert not read(lines(ca=authority.pem, server=appended))["libvirt", "server"].trusted, "it signed nothing here"


def test_one_of_several_cas(authority: Signer) -> None:
    server = Signer("kvm01", by=authority)
    found = read(lines(ca=Signer("old CA").pem + authority.pem, server=server.pem))["libvirt", "server"]
    assert found.trusted and found.ca_fingerprint == authority.fingerprint


def test_what_is_missing_says_so(authority: Signer) -> None:
    found = read(lines(ca=authority.pem))
    assert len(found) == 6
    assert found["qemu", "client"] == Certificate(
        role="client", use="qemu", path="/etc/pki/qemu/client-cert.pem", missing=True
    )


def test_a_broken_file_is_unknown(authority: Signer) -> None:
    broken = authority.pem.replace(authority.pem[40:60], "x" * 20)
    assert isinstance(SECTION.read(lines(ca=broken)), Unknown)


def test_a_key_in_the_same_file_is_never_printed(authority: Signer) -> None:
    (_, rest) = SECTION.script.split("sed -n '", 1)
    key = authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    done = subprocess.run(
        ["sed", "-n", rest.split("'")[0]], input=key + authority.pem + key, capture_output=True, text=True, check=True
    )
    assert done.stdout == "".join(f"pem {line}\n" for line in authority.pem.splitlines())
