"""The source's libvirt reaches the destination's, and not some other machine."""

from collections.abc import Iterator

from orchestrator.checks.case import Case
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Rule
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Finding

_NAME = "peer"


def _examine(case: Case) -> Iterator[Finding]:
    peer, uri = case.pair.peer, case.destination_entry.peer_uri
    expected = case.destination.identity.host_uuid.lower()
    if isinstance(peer, Unknown):
        leg = peer.leg or f"libvirt of {case.source.name} to libvirt of {case.to}"
        yield case.blocker(
            _NAME,
            f"{case.source.name} cannot reach libvirt of {case.to} under {uri} ({leg}): {peer.why}",
            on(case.source_entry, "virsh", "-c", uri, "version"),
        )
    elif peer.lower() != expected:
        where = "back to the source itself" if peer.lower() == case.source.identity.host_uuid.lower() else "elsewhere"
        yield case.blocker(
            _NAME,
            f"From {case.source.name}, {uri} leads {where}: host UUID {peer.lower()}; {case.to} is {expected}",
            f"Mend peer_uri of {case.to} in {case.settings.file}, or the name resolution of {case.source.name}: "
            + on(case.source_entry, "virsh", "-c", uri, "hostname"),
        )


RULE = Rule(name=_NAME, title="The source's libvirt reaches the destination's.", examine=_examine)
