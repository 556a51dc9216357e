"""What came of a log-in from one host's libvirt to another's."""

from dataclasses import replace

from orchestrator.checks.case import OnLink
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import known
from orchestrator.model.facts import LinkFacts, Unknown


def way_back(case: OnLink, back: LinkFacts) -> OnLink:
    """The same two hosts with their parts exchanged."""
    return replace(case, source=case.destination, destination=case.source, link=back, back=case.link)


def objection(case: OnLink) -> tuple[str, str] | None:
    """What was seen and the way out; None if the source reached the destination and nobody else."""
    peer, uri = case.link.peer, case.destination_entry.peer_uri
    expected = case.destination.identity.host_uuid.lower()
    if isinstance(peer, Unknown):
        if peer.code == "host.shell":  # nobody has tried: that is no word against the destination
            known(peer)
        leg = peer.leg or f"libvirt of {case.source.name} to libvirt of {case.to}"
        return (
            f"{case.source.name} cannot reach libvirt of {case.to} under {uri} ({leg}): {peer.why}",
            on(case.source_entry, "virsh", "-c", uri, "version"),
        )
    if peer.lower() == expected:
        return None
    where = "back to the source itself" if peer.lower() == case.source.identity.host_uuid.lower() else "elsewhere"
    return (
        f"From {case.source.name}, {uri} leads {where}: host UUID {peer.lower()}; {case.to} is {expected}",
        f"Mend peer_uri of {case.to} in {case.settings.file}, or the name resolution of {case.source.name}: "
        + on(case.source_entry, "virsh", "-c", uri, "hostname"),
    )
