"""How one guest's memory will travel, chosen from facts and policy, each choice with its reason."""

from orchestrator.model.facts import PairFacts, Unknown
from orchestrator.model.guest import Disk, Guest, Power
from orchestrator.model.host import HostEntry
from orchestrator.model.policy import Policy
from orchestrator.model.settings import Settings
from orchestrator.model.sharing import declared, proven, recognised
from orchestrator.model.transport import Transport

# Kinds whose sharing is either proven by ferry (file) or outside libvirt's test (block, network).
_KNOWN_KINDS = frozenset({"file", "block", "network"})


def choose(guest: Guest, destination: HostEntry, settings: Settings, pair: PairFacts) -> Transport:
    """Choose for one guest and the destination it was found fit for, which has an address on the migration network."""
    policy, network = settings.policy_for(guest=guest.name, host=destination.name), settings.migration_network
    used = {nic.source for nic in guest.nics}
    renamed = {here: there for here, there in policy.networks.items() if here in used and here != there}
    address = destination.addresses[network]
    paused = guest.power is Power.PAUSED
    untested = _sharing_proven(guest, settings, pair)
    because = [
        f"{address} is the address of {destination.name} on the migration network {network}",
        "the definition moves along and leaves the source"
        if guest.persistent
        else "the guest is transient and stays so",
        *(["the guest is paused and arrives paused"] if paused else []),
        *_pace(policy),
        *(f"{here} is called {there} at {destination.name}" for here, there in renamed.items()),
        *([_sharing_sentence(guest, settings, pair)] if untested else []),
    ]
    return Transport(
        network=network,
        address=address,
        persistent=guest.persistent,
        paused=paused,
        downtime_limit_ms=int(policy.downtime_limit),
        bandwidth_bytes_per_second=None if policy.bandwidth is None else int(policy.bandwidth),
        sharing_proven=untested,
        networks=renamed,
        because=tuple(because),
    )


def _pace(policy: Policy) -> list[str]:
    limit = f"the policy {policy.name} allows a pause of {policy.downtime_limit}"
    if policy.bandwidth is None:
        return [limit, f"the policy {policy.name} sets no bandwidth, so the network does"]
    return [limit, f"the policy {policy.name} caps each move at {policy.bandwidth}"]


def _sharing_proven(guest: Guest, settings: Settings, pair: PairFacts) -> bool:
    """Whether libvirt's own test of shared storage must, and may, be answered by ferry's proof.

    That switches the test off for all disks of the guest at once, so a single one that is not proven forbids it.
    """
    files = _written_files(guest)
    strange = _strange(files, pair)
    if not strange or any(d.source is not None and not _is_known(d) for d in guest.disks):
        return False
    return all(_proven(path, pair) for path in files) and all(
        declared(path, settings.shared_filesystems) for path in strange
    )


def _sharing_sentence(guest: Guest, settings: Settings, pair: PairFacts) -> str:
    strange = _strange(_written_files(guest), pair)
    names = sorted({pair_filesystem or "unnamed" for pair_filesystem in (_filesystem(p, pair) for p in strange)})
    return (
        f"libvirt does not take {' and '.join(names)} as shared; {settings.file} declares it, and a token written by "
        f"{pair.source} was seen by {pair.destination}, so that libvirt's own test is switched off for this move"
    )


def _written_files(guest: Guest) -> tuple[str, ...]:
    written = (disk.local_path for disk in guest.disks if disk.in_file and _is_written(disk))
    return tuple(path for path in written if path is not None)


def _is_known(disk: Disk) -> bool:
    return disk.kind in _KNOWN_KINDS or disk.local_path is not None


def _is_written(disk: Disk) -> bool:
    return not disk.read_only and disk.device != "cdrom"


def _strange(files: tuple[str, ...], pair: PairFacts) -> tuple[str, ...]:
    return tuple(path for path in files if not recognised(_filesystem(path, pair)))


def _filesystem(path: str, pair: PairFacts) -> str:
    answers = () if isinstance(pair.paths, Unknown) else pair.paths
    return next((answer.filesystem for answer in answers if answer.path == path), "")


def _proven(path: str, pair: PairFacts) -> bool:
    answers = () if isinstance(pair.paths, Unknown) else pair.paths
    return any(answer.path == path and proven(answer) is True for answer in answers)
