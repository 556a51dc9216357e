"""The certificates with which one libvirt logs in at the other, where peer_uri says TLS."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from orchestrator.checks.case import OnLink
from orchestrator.checks.certificates import dated, named_for, of_libvirt, one_authority, usable
from orchestrator.checks.login import way_back
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.services import Certificate
from orchestrator.model.topic import Topic

_CA = "/etc/pki/CA/cacert.pem"


def _examine(case: OnLink) -> Iterator[Found]:
    yield from _there(case)
    if case.back is not None:
        for found in _there(way_back(case, case.back)):
            yield replace(found, severity=Severity.WARNING, saw=f"Guests could not come back: {found.saw}")


def _there(case: OnLink) -> Iterator[Found]:
    uri = urlsplit(case.destination_entry.peer_uri)
    options = parse_qs(uri.query)
    if uri.scheme != "qemu+tls" or "pkipath" in options:  # then other files are used than those that were read
        return
    here, there = known(case.source.certificates), known(case.destination.certificates)
    client, server = of_libvirt(here, "client"), of_libvirt(there, "server")
    if isinstance(case.link.peer, str):
        # The log-in has worked. Where the daemon has other files configured, those that were read say nothing; but a
        # certificate out of date breaks it at the latest when the daemon is restarted.
        yield from (replace(found, severity=Severity.WARNING) for found in _in_date(case, client, server))
        return
    yield from _in_date(case, client, server)
    if client is not None:
        yield from usable(case.source, case.source_entry, client)
    if server is None:
        return
    yield from usable(case.destination, case.destination_entry, server)
    if uri.hostname and options.get("no_verify") != ["1"]:
        yield from named_for(case.destination, case.destination_entry, server, uri.hostname)
    if not one_authority(of_libvirt(here, "ca"), of_libvirt(there, "ca")):
        yield _strangers(case)


def _in_date(case: OnLink, client: Certificate | None, server: Certificate | None) -> Iterator[Found]:
    if client is not None:
        yield from dated(case.source, case.source_entry, client, case.today)
    if server is not None:
        yield from dated(case.destination, case.destination_entry, server, case.today)


def _strangers(case: OnLink) -> Found:
    return blocker(
        f"{case.source.name} and {case.to} have different certificate authorities in {_CA}",
        "Both must print the same: "
        + "; ".join(
            on(entry, "openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", _CA)
            for entry in (case.source_entry, case.destination_entry)
        ),
    )


RULE = Rule(
    name="tls-certificate",
    title="The TLS certificates of both libvirt daemons are in date and fit each other.",
    scope=Scope.LINK,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.CERTIFICATES, Topic.PEER}),  # judged when the log-in has been tried
    examine=_examine,
)
