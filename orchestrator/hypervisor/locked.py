"""What needs a guest's lock, or its QEMU: jobs on the guest and its disks, errors of disks, QEMU's own objections.

A QEMU that hangs, on storage that is gone for instance, lets such a question wait without end. They are asked after
everything else, of a few guests side by side, and for a limited time: what has no answer then is Unknown.
"""

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

import libvirt

from orchestrator.hypervisor import failures, statistics, typed
from orchestrator.hypervisor.answers import of_guest, refusal
from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.line import NoAnswerError, in_background
from orchestrator.hypervisor.look import job
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import Guest, GuestId, Power
from orchestrator.model.host import HostEntry

T = TypeVar("T")
# include/libvirt/libvirt-domain.h: virDomainBlockJobType and virDomainDiskErrorCode.
_JOBS: Final = {1: "pull", 2: "copy", 3: "commit", 4: "active commit", 5: "backup"}
_ERRORS: Final = {1: "unspecified error", 2: "no space"}
_NO_JOBS_ON = ("cdrom", "floppy")
# A daemon serves five calls of one client at a time; as many guests but one may hang before the others wait for them.
SIDE_BY_SIDE: Final = 4
# Seconds for a host's first guest and for each further one, of the time that is left: an answer takes milliseconds.
_PATIENCE: Final = 2.0
_EACH: Final = 0.05


def complete(
    connections: HostConnections, guests: Sequence[Guest], *, ask_qemu: Collection[str], until: float
) -> tuple[Guest, ...]:
    """Add it to the active guests. Guests that go away meanwhile are left out. until: on the monotonic clock."""
    answers: dict[GuestId, Guest | None] = {}
    active = [guest for guest in guests if guest.power is not Power.SHUT_OFF and guest.unread is None]
    if not active:
        return tuple(guests)

    def ask(connection: libvirt.virConnect) -> None:
        domains = {domain.UUIDString(): domain for domain in connection.listAllDomains()}
        for guest in active:
            if guest.uuid not in domains:
                answers[guest.uuid] = None
        waiting = iter([(guest, domains[guest.uuid]) for guest in active if guest.uuid not in answers])
        one_after_another = partial(_ask, connections.entry, connection, waiting, answers, ask_qemu=ask_qemu)
        for worker in [in_background(one_after_another, "libvirt-guest") for _ in range(SIDE_BY_SIDE)]:
            worker.result()

    why = _within(connections, ask, min(until - time.monotonic(), _PATIENCE + _EACH * len(active)))
    asked = {guest.uuid for guest in active}
    seen = [answers.get(one.uuid, _silent(one, why, ask_qemu=ask_qemu)) if one.uuid in asked else one for one in guests]
    return tuple(guest for guest in seen if guest is not None)


def _within(connections: HostConnections, ask: Callable[[libvirt.virConnect], None], seconds: float) -> Unknown:
    """Do it, and say what is to be said of a guest that has no answer afterwards."""
    leg = failures.leg(connections.entry)
    if seconds <= 0:
        return Unknown(why="no time was left to ask for its jobs", code="host.libvirt", leg=leg)
    try:
        connections.control.read(ask, seconds)
    except NoAnswerError:
        pass
    except libvirt.libvirtError as error:
        return failures.unknown(error, connections.entry)
    why = f"its jobs were not told within {seconds:.3g} s; its QEMU, or that of another guest of the host, may hang"
    return Unknown(why=why, code="host.libvirt", leg=leg)


def _ask(
    entry: HostEntry,
    connection: libvirt.virConnect,
    waiting: Iterator[tuple[Guest, libvirt.virDomain]],
    answers: dict[GuestId, Guest | None],
    *,
    ask_qemu: Collection[str],
) -> None:
    """Take one guest after the other, as long as there are any; others do the same meanwhile."""
    for guest, domain in waiting:
        try:
            answers[guest.uuid] = _with_answers(entry, connection, guest, domain, ask_qemu=ask_qemu)
        except libvirt.libvirtError as error:
            if error.get_error_code() == failures.NO_DOMAIN:
                answers[guest.uuid] = None
            elif refusal(error, connection):
                answers[guest.uuid] = _silent(guest, failures.declined(error, entry), ask_qemu=ask_qemu)
            else:
                raise


def _with_answers(
    entry: HostEntry,
    connection: libvirt.virConnect,
    guest: Guest,
    domain: libvirt.virDomain,
    *,
    ask_qemu: Collection[str],
) -> Guest:
    stats = job(domain)
    if stats is None:
        power = Power.INCOMING if guest.power is Power.PAUSED else guest.power
        return replace(guest, power=power, active_job="incoming migration")
    if (busy := statistics.named(stats)) is not None:
        return replace(guest, active_job=busy)  # the job holds the lock: every further question would wait for it

    def said(ask: Callable[[], T], nothing: T) -> T | Unknown:
        return of_guest(connection, entry, ask, nothing)

    jobs = {disk: said(partial(typed.block_job, domain, disk), None) for disk in _disks(guest)}
    # QEMU keeps an error of a disk only while it holds the guest for it.
    none: dict[str, int] = {}
    errors = said(partial(typed.disk_errors, domain), none) if guest.power is Power.PAUSED else none
    beside = replace(
        guest.kept,
        block_jobs={disk: _word(_JOBS, job, "unknown") for disk, job in jobs.items() if job is not None},
        disk_errors=dict.fromkeys(_disks(guest), errors)
        if isinstance(errors, Unknown)
        else {disk: _ERRORS.get(number, "unspecified error") for disk, number in errors.items()},
        blocked_reasons=said(partial(_objections, domain), None) if _meant(guest, ask_qemu) else None,
    )
    return replace(guest, kept=beside)


def _meant(guest: Guest, names: Collection[str]) -> bool:
    """Whether QEMU may be asked about this guest: it is named, or all are."""
    return any(name in (guest.name, guest.uuid, "*") for name in names)


def _objections(domain: libvirt.virDomain) -> tuple[str, ...] | None:
    said = json.loads(typed.ask_monitor(domain, "query-migrate"))
    return tuple(said.get("return", {}).get("blocked-reasons", ()))


def _word(words: Mapping[int, str], number: int | Unknown, otherwise: str) -> str | Unknown:
    return number if isinstance(number, Unknown) else words.get(number, otherwise)


def _disks(guest: Guest) -> tuple[str, ...]:
    return tuple(disk.target for disk in guest.disks if disk.source is not None and disk.device not in _NO_JOBS_ON)


def _silent(guest: Guest, why: Unknown, *, ask_qemu: Collection[str]) -> Guest:
    """The guest with all of this unknown."""
    disks = _disks(guest)
    beside = replace(
        guest.kept,
        block_jobs=dict.fromkeys(disks, why),
        disk_errors=dict.fromkeys(disks, why) if guest.power is Power.PAUSED else {},
        blocked_reasons=why if _meant(guest, ask_qemu) else None,
    )
    return replace(guest, unread=why, kept=beside)
