"""What a new baseline means beside the stored one: for the hosts, for the CPU, and for the guests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from orchestrator.checks.case import LIVE
from orchestrator.model.baseline import Baseline, Member
from orchestrator.model.cpu import CpuAnswer
from orchestrator.model.facts import Facts
from orchestrator.model.guest import Guest
from orchestrator.model.host import HostName
from orchestrator.planning.cpu_matrix import lacked

Make = tuple[HostName, str]  # guests of one make share an answer: where they are, and their live <cpu>
_FINGERPRINT = {"libvirt_version": "libvirt", "qemu_version": "QEMU", "kernel": "kernel", "microcode": "microcode"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One host that came, went or is no longer what it was; what: libvirt 9.0.0 -> 11.3.0, gains avx."""

    host: HostName
    kind: Literal["joined", "left", "changed"]
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """A running guest whose CPU a host of the baseline does not offer. new: because of what changed there."""

    guest: str
    host: HostName
    refused_by: HostName
    missing: tuple[str, ...]
    detail: str = ""
    new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """A running guest that could have more features than it has, once it is given the new baseline and restarted."""

    guest: str
    host: HostName
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The baseline that was stored. broken: hosts of it that do not offer it any more."""

    name: str
    baseline: Baseline
    broken: Mapping[HostName, CpuAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineReport:
    """A baseline and what there is to know of it. gained, lost: features of the CPU against the one before."""

    baseline: Baseline
    before: Before | None = None
    drifts: tuple[Drift, ...] = ()
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    misfits: tuple[Misfit, ...] = ()
    gains: tuple[Gain, ...] = ()
    saved: str | None = None


def stored_before(kept: Mapping[str, Baseline], new: Baseline, name: str | None) -> tuple[str, Baseline] | None:
    """The baseline to compare with: of that name, or else the newest of its kind about some of the same hosts."""
    if name is not None:
        return (name, kept[name]) if name in kept else None
    return next(((known, old) for known, old in kept.items() if _of_a_kind(old, new)), None)


def _of_a_kind(old: Baseline, new: Baseline) -> bool:
    kinds = ((each.arch, each.virt_type, each.named, each.named and each.cpu.model) for each in (old, new))
    return len(set(kinds)) == 1 and not set(old.hosts).isdisjoint(new.hosts)


def drifts(old: Baseline, new: Baseline) -> tuple[Drift, ...]:
    """Hosts that joined, left or changed."""
    was, now = ({member.host: member for member in each.members} for each in (old, new))
    found = [Drift(host=host, kind="joined") for host in now if host not in was]
    found += [Drift(host=host, kind="left") for host in was if host not in now]
    for host in now:
        what = _changes(was[host], now[host]) if host in was else ()
        if what:
            found.append(Drift(host=host, kind="changed", what=what))
    return tuple(found)


def features_gained(old: Baseline, new: Baseline) -> tuple[str, ...]:
    """Features that the new one has and the old one had not; exchange them for those that were lost."""
    return tuple(sorted(set(new.cpu.features) - set(old.cpu.features)))


def makes(facts: Facts, baseline: Baseline) -> dict[Make, list[Guest]]:
    """The running guests on the members that the baseline is about, those of one make together."""
    found: dict[Make, list[Guest]] = {}
    for host in baseline.hosts:
        said = facts.answering().get(host)
        for guest in said.guests if said else ():
            kind = (guest.arch, guest.virt_type) == (baseline.arch, baseline.virt_type)
            if kind and guest.power in LIVE and guest.cpu_xml is not None:
                found.setdefault((host, guest.cpu_xml), []).append(guest)
    return found


def misfits(
    guests: Mapping[Make, list[Guest]], facts: Facts, baseline: Baseline, changed: Iterable[Drift]
) -> tuple[Misfit, ...]:
    """Guests that some member could not take over as they run now."""
    new = {drift.host for drift in changed}
    return tuple(
        Misfit(
            guest=guest.name,
            host=host,
            refused_by=other,
            missing=lacked(alike[0], pair.cpu, facts.hosts[other]),
            detail=pair.cpu.detail,
            new=other in new,
        )
        for (host, _), alike in guests.items()
        for other in baseline.hosts
        if (pair := facts.pairs.get((alike[0].uuid, other))) is not None
        and isinstance(pair.cpu, CpuAnswer)
        and not pair.cpu.offered
        for guest in alike
    )


def gains(
    guests: Mapping[Make, list[Guest]], live: Mapping[Make, frozenset[str]], gained: Iterable[str]
) -> tuple[Gain, ...]:
    """Guests that run without features which the baseline has won. live: the features that each make has."""
    won = frozenset(gained)
    return tuple(
        Gain(guest=guest.name, host=host, features=tuple(sorted(won - live[host, cpu])))
        for (host, cpu), alike in guests.items()
        if (host, cpu) in live and won - live[host, cpu]
        for guest in alike
    )


def _changes(was: Member, now: Member) -> tuple[str, ...]:
    said = []
    for name, label in _FINGERPRINT.items():
        old, new = getattr(was.fingerprint, name), getattr(now.fingerprint, name)
        if old and new and old != new:  # what could not be read has not changed
            said.append(f"{label} {_shown(old)} -> {_shown(new)}")
    gained, lost = sorted(set(now.features) - set(was.features)), sorted(set(was.features) - set(now.features))
    said += [f"gains {', '.join(gained)}"] if gained else []
    said += [f"loses {', '.join(lost)}"] if lost else []
    if was.fingerprint.host_model != now.fingerprint.host_model and not gained and not lost:
        said.append("describes its CPU differently, with the same features")
    return tuple(said)


def _shown(value: object) -> str:
    if isinstance(value, int):
        return f"{value // 1_000_000}.{value // 1000 % 1000}.{value % 1000}"
    return str(value)
