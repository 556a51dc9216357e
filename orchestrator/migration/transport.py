"""How one guest's memory will travel, chosen from facts and policy, each choice with its reason."""

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.migration.ways import built
from orchestrator.model.facts import PairFacts, Unknown
from orchestrator.model.guest import Disk, Guest, Power
from orchestrator.model.host import HostEntry
from orchestrator.model.offer import Offers
from orchestrator.model.settings import Settings
from orchestrator.model.sharing import declared, proven, recognised
from orchestrator.model.transport import Method, Mode, Transport

# Of a pause, what is not the sending of the last pages, as long as no move has shown better.
DEFAULT_HANDOVER_MS = 100
# QEMU stops the guest in the first window of 100 ms whose rate promises that the rest fits into the limit, and among
# many windows there is one that promises too much: pauses of 0.9 to 1.25 times the limit were measured. What several
# streams have in their buffers counts as sent: 60 to 400 ms more were measured, whatever the limit.
_KEEPS_LIMIT, _BUFFERED_MS, _LEAST_SHARE = 0.75, 200, 0.2
STREAMS = (Method.PARALLEL, Method.COMPRESSED)
# Kinds whose sharing is either proven by ferry (file) or outside libvirt's test (block, network).
_KNOWN_KINDS = frozenset({"file", "block", "network"})


def choose(
    guest: Guest,
    destination: HostEntry,
    settings: Settings,
    pair: PairFacts,
    offers: Offers,
    network: str,
    *,
    mode: Mode = Mode.LIVE,
    over: str = "",
) -> Transport:
    """Choose for one guest and the destination it was found fit for, which has an address on the network.

    over: why it is that network.

    Where the policy leaves the method to ferry, this is a first guess, a single stream: the choice is made when the
    move begins, from what is measured then.
    """
    policy = settings.policy_for(guest=guest.name, host=destination.name, network=network)
    method = Method.TCP if policy.transport == "auto" else Method(policy.transport)
    used = {nic.source for nic in guest.nics}
    paused = guest.power is Power.PAUSED
    base = Transport(
        network=network,
        address=destination.addresses[network],
        persistent=guest.persistent,
        paused=paused,
        downtime_limit_ms=downtime_limit(int(policy.downtime_budget), method),
        bandwidth_bytes_per_second=None if policy.bandwidth is None else int(policy.bandwidth),
        sharing_proven=mode in (Mode.LIVE, Mode.PAUSE) and _sharing_proven(guest, settings, pair),
        networks={here: there for here, there in policy.networks.items() if here in used and here != there},
        mode=mode,
        control=policy.control,
        # A guest that is paused arrives paused anyway.
        held=policy.start_at_destination == "verified" and not paused and mode in (Mode.LIVE, Mode.PAUSE),
    )
    way = built(base, method, policy, offers, memory_bytes=guest.memory_bytes)
    return replace(way, because=tuple(_because(base, guest, destination, settings, pair, over)))


def downtime_limit(budget_ms: int, method: Method, handover_ms: int = DEFAULT_HANDOVER_MS) -> int:
    """Milliseconds that QEMU may plan for sending the last pages, so that the pause as a whole keeps the budget."""
    sending = budget_ms - handover_ms
    unbuffered = max(sending - _BUFFERED_MS, _LEAST_SHARE * sending) if method in STREAMS else sending
    return max(round(unbuffered * _KEEPS_LIMIT), 1)


def _because(
    way: Transport, guest: Guest, destination: HostEntry, settings: Settings, pair: PairFacts, over: str
) -> Iterator[str]:
    policy = settings.policy_for(guest=guest.name, host=destination.name, network=way.network)
    if way.mode in (Mode.OFFLINE, Mode.COLD):
        yield "the definition alone moves, over the connection between the two libvirt daemons, and leaves the source"
        return
    yield f"{way.address} is the address of {destination.name} on the migration network {way.network}"
    if over:
        yield over
    if guest.persistent:
        yield "the definition moves along and leaves the source"
    else:
        yield "the guest is transient and stays so"
    if way.paused:
        yield "the guest is paused and arrives paused"
    yield f"the policy {policy.name} allows a pause of {policy.downtime_budget}"
    if policy.bandwidth is None:
        yield f"the policy {policy.name} sets no bandwidth, so the network does"
    else:
        yield f"the policy {policy.name} caps each move at {policy.bandwidth}"
    if way.held:
        yield "the guest arrives paused, and ferry starts it once the source is seen without it"
    if way.control == "direct":
        yield "ferry itself drives both hosts: if it dies during the copy, the copy is cancelled"
    for here, there in way.networks.items():
        yield f"{here} is called {there} at {destination.name}"
    if way.sharing_proven:
        yield _sharing_sentence(guest, settings, pair)


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
