"""What moves and surveys have left on hosts, and which of it is proven to be nobody's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from orchestrator.checks.case import LIVE
from orchestrator.checks.quantity import mib
from orchestrator.checks.remedy import on
from orchestrator.model.command import RemoveToken, Repair, SetAside
from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.finding import Finding, Remedy, Scope, Severity
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.host import HostName
from orchestrator.model.leftovers import Leftovers, PoolFile, Token, TpmDirectory
from orchestrator.model.settings import Settings
from orchestrator.model.sharing import declared, recognised
from orchestrator.planning.audit import silence
from orchestrator.planning.copies import copies
from orchestrator.planning.resolve import silent
from orchestrator.planning.silence import by_hand

CLEAN = "ferry doctor --leftovers --clean"
_AT_REST = 600  # seconds without a change, after which nobody is taken to be at work on it
# As `stat -f -c %T` prints them. One that is not among them is not proven to be of one host alone.
_LOCAL = frozenset({"ext2/ext3", "xfs", "btrfs", "zfs", "overlayfs", "tmpfs", "f2fs", "jfs", "reiserfs", "bcachefs"})
_IMAGES = ("img", "qcow", "qcow2", "qed", "raw", "vdi", "vhdx", "vmdk")
_ON_DISK = ("leftover-tpm", "leftover-token", "leftover-volume")


def leftovers(settings: Settings, looks: Sequence[Facts], today: date) -> tuple[Finding, ...]:
    """What should not be there any more. looks: one, or several taken seconds apart; the first one has the files.

    Only what is proven dead comes with a remedy, and none of those destroys anything but a token of ferry's own.
    """
    facts = looks[0]
    house = _House(settings=settings, facts=facts, today=today)
    found = [silence(name, said) for name, said in sorted(facts.hosts.items()) if isinstance(said, Unknown)]
    found += copies(settings, looks)
    for name, host in sorted(facts.answering().items()):
        if isinstance(host.leftovers, Leftovers):
            found += _of_host(house, host, host.leftovers)
        else:
            found += _undecided(settings, name, host.leftovers)
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _House:
    """All hosts, and what has been said of directories that several of them see."""

    settings: Settings
    facts: Facts
    today: date
    said: set[str] = field(default_factory=set)

    def shared(self, path: str, filesystem: str) -> bool:
        """Whether every host sees the same thing there."""
        return recognised(filesystem) or declared(path, self.settings.shared_filesystems)

    def told(self, path: str, filesystem: str) -> bool:
        """Whether this has been said of another host that sees the same file."""
        if not self.shared(path, filesystem):
            return False
        told = path in self.said
        self.said.add(path)
        return told

    def finding(self, host: HostName, check: str, severity: Severity, saw: str, fix: str) -> Finding:
        """A finding about that host."""
        return Finding(
            check=check,
            severity=severity,
            guest="",
            source=host,
            destination=None,
            saw=saw,
            fix=fix,
            scope=Scope.HOST,
        )

    def by_hand(self, host: HostName, *words: str) -> str:
        """A command to be run there."""
        return on(self.settings.hosts[host], *words)


def _of_host(house: _House, host: HostFacts, seen: Leftovers) -> Iterator[Finding]:
    for tpm in seen.tpms:
        if all(guest.uuid != tpm.guest for guest in host.guests) and not house.told(tpm.path, tpm.filesystem):
            yield from _tpm(house, host.name, tpm)
    for token in seen.tokens:
        if token.age_seconds > _AT_REST and not house.told(token.path, token.filesystem):
            yield _token(house, host.name, token)
    yield from _volumes(house, host, seen.files)


def _tpm(house: _House, here: HostName, tpm: TpmDirectory) -> Iterator[Finding]:
    """Of a guest that this host does not know."""
    places = _places(house.facts, tpm.guest)
    age = f"last changed {_span(tpm.age_seconds)} ago"
    look = house.by_hand(here, "ls", "-lR", tpm.path)
    if places and house.shared(tpm.path, tpm.filesystem):
        return
    live = [(host, guest) for host, guest in places if guest.power in LIVE]
    if not live:
        who = (
            f"{places[0][1].name}, which {places[0][0]} has {places[0][1].power}: this may be all there is of its keys"
            if places
            else "a guest that no host knows"
        )
        saw = f"{here} has the TPM state of {who} ({tpm.path}, {age})"
        yield house.finding(here, "leftover-tpm", Severity.NOTE, saw, f"Look at it before you decide: {look}")
        return
    there, guest = live[0]
    saw = f"{here} has TPM state of {guest.name}, which lives on {there} and is not defined here ({tpm.path}, {age})"
    doubts = _doubts(house, tpm)
    if doubts:
        saw += f". It is not proven that nobody needs it: {'; '.join(doubts)}"
        yield house.finding(here, "leftover-tpm", Severity.NOTE, saw, look)
        return
    aside = SetAside(path=tpm.path, to=f"{tpm.path}.ferry-leftover-{house.today:%Y%m%d}")
    yield _cleanable(house.finding(here, "leftover-tpm", Severity.WARNING, saw, CLEAN), here, aside)


def _doubts(house: _House, tpm: TpmDirectory) -> list[str]:
    quiet = sorted({*silent(house.facts), *(name for name in house.settings.hosts if name not in house.facts.hosts)})
    doubts = [f"{', '.join(quiet)} did not answer"] if quiet else []
    if tpm.filesystem not in _LOCAL:
        doubts.append(f"its file system ({tpm.filesystem or 'unknown'}) may be shared with other hosts")
    if tpm.age_seconds <= _AT_REST:
        doubts.append("it has just been changed")
    return doubts


def _token(house: _House, here: HostName, token: Token) -> Finding:
    saw = f"{here} has a token that a check left {_span(token.age_seconds)} ago: {token.path}"
    found = house.finding(here, "leftover-token", Severity.NOTE, saw, CLEAN)
    return _cleanable(found, here, RemoveToken(path=token.path))


def _volumes(house: _House, host: HostFacts, files: Sequence[PoolFile]) -> Iterator[Finding]:
    used = _used([host])
    elsewhere = _used([other for other in house.facts.answering().values() if other.name != host.name])
    idle: dict[str, list[PoolFile]] = {}
    for file in files:
        shared = house.shared(file.path, file.filesystem)
        # A silent host might use what lies on a file system that it shares.
        if file.path in used or file.age_seconds <= _AT_REST or (shared and silent(house.facts)):
            continue
        users = elsewhere.get(file.path)
        if users is not None and not shared:
            yield _half_made(house, host.name, file, *users)
        elif users is None and _is_image(file) and not house.told(file.path, file.filesystem):
            idle.setdefault(file.path.rpartition("/")[0], []).append(file)
    for directory, unused in idle.items():
        yield _unused(house, host.name, directory, unused)


def _half_made(house: _House, here: HostName, file: PoolFile, there: HostName, guest: Guest) -> Finding:
    return house.finding(
        here,
        "leftover-volume",
        Severity.WARNING,
        f"{here} has {file.path} ({mib(file.bytes)}, last written {_span(file.age_seconds)} ago), which no guest there "
        f"uses; {guest.name} on {there} uses a file of the same path. A copy has left it half-made, or the guest left "
        "it behind when it moved",
        f"Compare both before you remove it by hand: {house.by_hand(here, 'ls', '-l', file.path)}; "
        f"{house.by_hand(there, 'ls', '-l', file.path)}",
    )


def _unused(house: _House, here: HostName, directory: str, files: Sequence[PoolFile]) -> Finding:
    what = f"{len(files)} images" if len(files) > 1 else "1 image"
    found = house.finding(
        here,
        "leftover-volume",
        Severity.NOTE,
        f"No guest of {here} uses {what} in {directory} ({mib(sum(file.bytes for file in files))})",
        house.by_hand(here, "ls", "-l", directory),
    )
    return replace(
        found,
        detail=tuple(f"{f.path} ({mib(f.bytes)}, last written {_span(f.age_seconds)} ago)" for f in files),
    )


def _cleanable(found: Finding, host: HostName, repair: Repair) -> Finding:
    return replace(found, remedy=Remedy(host=host, repair=repair))


def _undecided(settings: Settings, host: HostName, why: Unknown) -> Iterator[Finding]:
    """A host whose directories could not be listed must not look like one that has nothing in them."""
    reason = f"{why.leg}: {why.why}" if why.leg else why.why
    for check in _ON_DISK:
        yield Finding(
            check=check,
            severity=settings.policy_for(host=host).checks.unknown,
            guest="",
            source=host,
            destination=None,
            saw=f"What lies about on {host} is not known: {reason}",
            fix=f"{by_hand(why.code, settings.hosts.get(host))} (ferry explain {why.code})",
            scope=Scope.HOST,
            undecided=reason,
        )


def _places(facts: Facts, uuid: GuestId) -> list[tuple[HostName, Guest]]:
    return [
        (host, guest) for host, said in sorted(facts.answering().items()) for guest in said.guests if guest.uuid == uuid
    ]


def _used(hosts: Sequence[HostFacts]) -> dict[str, tuple[HostName, Guest]]:
    """Every file that a guest names, with one host and guest that does."""
    return {path: (host.name, guest) for host in hosts for guest in host.guests for path in _files(guest)}


def _files(guest: Guest) -> Iterator[str]:
    for disk in guest.disks:
        yield from (path for path in (disk.source, disk.path, *disk.backing) if path)
    yield from guest.boot_files
    yield from (path for path in (guest.hardware.loader, guest.hardware.nvram) if path)


def _is_image(file: PoolFile) -> bool:
    return file.path.rpartition(".")[2].lower() in _IMAGES


def _span(seconds: int) -> str:
    """3 days, 5 h, 12 min: as much as it takes to tell old from new."""
    if seconds >= 2 * 86400:
        return f"{seconds // 86400} days"
    return f"{seconds // 3600} h" if seconds >= 3600 else f"{seconds // 60} min"
