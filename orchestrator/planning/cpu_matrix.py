"""Which guest's CPU fits which host: now, after a restart, or never; and whether the guest could come back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.checks.case import LIVE
from orchestrator.model.cpu import CpuAnswer, CpuOffer
from orchestrator.model.facts import Asked, Facts, HostFacts, PairFacts, Unknown
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.settings import Settings
from orchestrator.planning.resolve import NOT_TOLD, resolve


class Fit(StrEnum):
    """fits: the host offers the CPU the guest runs on. unproven: libvirt says yes without comparing anything.

    restart: only once the guest has been shut down and started with another CPU. never: it has no definition that could
    be given one, or the host runs no such guests at all. unknown: a host does not say.
    """

    FITS = "fits"
    UNPROVEN = "unproven"
    RESTART = "restart"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One guest and one host it could go to. missing: features that the host lacks for it, by name.

    returns: whether its host could take it back after it was restarted there; None where that is not known.
    missing_back: what its host lacks then.
    """

    guest: GuestId
    name: str
    source: HostName
    destination: HostName
    fit: Fit
    why: str = ""
    missing: tuple[str, ...] = ()
    returns: bool | None = None
    missing_back: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """hosts: the columns. cells: in the order of guests, then hosts. left_out: guest → why it has no row."""

    hosts: tuple[HostName, ...]
    cells: tuple[Cell, ...]
    left_out: tuple[tuple[str, str], ...] = ()


Row = tuple[Guest, HostName]


def rows(
    names: Sequence[str], facts: Facts, configured: Mapping[HostName, HostEntry] = NOT_TOLD
) -> tuple[tuple[Row, ...], tuple[tuple[str, str], ...]]:
    """The running guests that were named, or all of them; and those left out. Raises as resolve."""
    if not names:
        found = ((guest, host) for host, said in facts.answering().items() for guest in said.guests)
        alive = [(guest, host) for guest, host in found if guest.power in LIVE]
        return tuple(sorted(alive, key=lambda row: (row[0].name, row[1]))), ()
    named = [resolve(name, facts, configured) for name in names]
    idle = tuple((guest.name, f"it is {guest.power} on {host}") for guest, host in named if guest.power not in LIVE)
    return tuple((guest, host) for guest, host in named if guest.power in LIVE), idle


def wanted(given: Iterable[Row], hosts: Sequence[HostName], settings: Settings, *, mixed: bool) -> tuple[Asked, ...]:
    """What must be asked. mixed: the operator named the hosts, so that their groups do not matter."""
    return tuple(
        Asked(guest=guest.uuid, source=source, destination=host)
        for guest, source in given
        for host in hosts
        if host != source and (mixed or settings.hosts[host].group == settings.hosts[source].group)
    )


def matrix(
    given: Sequence[Row], asked: Sequence[Asked], facts: Facts, left_out: tuple[tuple[str, str], ...] = ()
) -> Matrix:
    """Decide every cell that was asked about."""
    guests = {guest.uuid: guest for guest, _ in given}
    cells = tuple(_cell(guests[one.guest], one, facts) for one in asked)
    columns = tuple(host for host in facts.hosts if any(cell.destination == host for cell in cells))
    return Matrix(hosts=columns, cells=cells, left_out=left_out)


def lacked(guest: Guest, answer: CpuAnswer, host: HostFacts | Unknown) -> tuple[str, ...]:
    """The features that a host lacks for a guest's live CPU, by name.

    libvirt names them, unless it does not even know one of their names; then those that the <cpu> lists are looked for
    among what the host offers.
    """
    offer = None if isinstance(host, Unknown) else _offer(guest, host)
    if answer.missing or offer is None or not offer.features:
        return answer.missing
    listed = {name for name, policy in guest.hardware.cpu_features.items() if policy == "require"}
    return tuple(sorted(listed - offer.features))


def _lacked_back(
    guest: Guest, answer: CpuAnswer, here: HostFacts | Unknown, there: HostFacts | Unknown
) -> tuple[str, ...]:
    """Likewise for the CPU that the guest would have after a restart over there, which is what that host offers."""
    if answer.missing or isinstance(here, Unknown) or isinstance(there, Unknown):
        return answer.missing
    mine, theirs = _offer(guest, here), _offer(guest, there)
    return tuple(sorted(theirs.features - mine.features)) if mine and theirs and mine.features else ()


def _offer(guest: Guest, host: HostFacts) -> CpuOffer | None:
    offers = () if isinstance(host.cpu_offers, Unknown) else host.cpu_offers
    return next((o for o in offers if (o.arch, o.virt_type) == (guest.arch, guest.virt_type)), None)


def _cell(guest: Guest, asked: Asked, facts: Facts) -> Cell:
    pair = facts.pairs.get((guest.uuid, asked.destination))
    host, home = (facts.hosts.get(h, Unknown(why="it was not asked")) for h in (asked.destination, asked.source))
    fit, why, missing = _fit(guest, asked.destination, host, pair)
    back = pair.cpu_back if pair is not None and isinstance(pair.cpu_back, CpuAnswer) else None
    told = back is not None and (back.compared or not back.offered)
    return Cell(
        guest=guest.uuid,
        name=guest.name,
        source=asked.source,
        destination=asked.destination,
        fit=fit,
        why=why,
        missing=missing,
        returns=back.offered if back is not None and told else None,
        missing_back=() if back is None or back.offered else _lacked_back(guest, back, home, host),
    )


def _fit(
    guest: Guest, to: HostName, host: HostFacts | Unknown, pair: PairFacts | None
) -> tuple[Fit, str, tuple[str, ...]]:
    if isinstance(host, Unknown):
        return Fit.UNKNOWN, f"{to} does not answer: {host.why}", ()
    if pair is None:
        return Fit.UNKNOWN, f"nobody asked {to} about it", ()
    if isinstance(pair.cpu, Unknown):
        return Fit.UNKNOWN, pair.cpu.why, ()
    if pair.cpu.offered:
        return (Fit.FITS, "", ()) if pair.cpu.compared else (Fit.UNPROVEN, pair.cpu.detail, ())
    fit, why = _later(guest, to, host)
    missing = lacked(guest, pair.cpu, host)
    lacks = "" if missing else pair.cpu.detail
    return fit, f"{lacks}; {why}" if lacks else why, missing


def _later(guest: Guest, to: HostName, host: HostFacts) -> tuple[Fit, str]:
    """What a restart would change for a guest whose CPU the host does not offer."""
    if not guest.persistent:
        return Fit.NEVER, "the guest is transient: it has no definition that could be given another CPU"
    if isinstance(host.cpu_offers, Unknown):
        return Fit.UNKNOWN, f"{to} does not say what it offers: {host.cpu_offers.why}"
    offer = _offer(guest, host)
    if offer is None or not (offer.host_model or offer.usable or offer.passthrough or offer.maximum):
        return Fit.NEVER, f"{to} runs no {guest.arch} guests under {guest.virt_type}"
    if _adapts(guest.kept.cpu_mode, offer):
        return Fit.RESTART, f"its definition asks for {guest.kept.cpu_mode}: started on {to}, it fits"
    return Fit.RESTART, f"give it a CPU that both hosts offer: ferry cpu apply {guest.name}"


def _adapts(mode: str | None, offer: CpuOffer) -> bool:
    """Whether a CPU of that mode becomes what the host has, wherever it is started."""
    match mode:
        case "host-model":
            return offer.host_model is not None
        case "host-passthrough":
            return offer.passthrough
        case "maximum":
            return offer.maximum
    return False
