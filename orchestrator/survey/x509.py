"""X.509 certificates: what one says of itself, and whether the CA beside it has signed it."""

from collections.abc import Sequence
from dataclasses import replace

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256

from orchestrator.model.services import Certificate


def described(nothing: Certificate, text: str, authority: str) -> Certificate:
    """Fill in what the PEM text says. authority: PEM text of the CA beside it. Raises ValueError."""
    chain = x509.load_pem_x509_certificates(text.encode())
    authorities = x509.load_pem_x509_certificates(authority.encode()) if authority else []
    first = chain[0]
    root = _root(chain, authorities)
    beside = root or (authorities[0] if authorities else None)
    return replace(
        nothing,
        subject=first.subject.rfc4514_string(),
        names=_names(first),
        not_before=first.not_valid_before_utc,
        not_after=first.not_valid_after_utc,
        ca_fingerprint="" if beside is None else beside.fingerprint(SHA256()).hex(),
        trusted=root is not None,
    )


def _root(chain: Sequence[x509.Certificate], authorities: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """The authority that signed it, directly or through the certificates that it brings along."""
    current = chain[0]
    for following in (*chain[1:], None):
        signer = next((authority for authority in authorities if _signed(current, authority)), None)
        if signer is not None:
            return signer
        if following is None or not _signed(current, following):
            return None
        current = following
    return None


def _signed(certificate: x509.Certificate, signer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(signer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _names(certificate: x509.Certificate) -> frozenset[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return frozenset(str(one.value) for one in common)
    hosts, addresses = names.get_values_for_type(x509.DNSName), names.get_values_for_type(x509.IPAddress)
    return frozenset((*hosts, *map(str, addresses)))
