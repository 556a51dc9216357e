"""Which guests of a host leave it or arrive at it now, whoever moves them.

Who is paused or halved by a migration shows in one listing; who is copied while it runs only the guest's own job
tells, and that question waits for the guest's lock, or for its QEMU. The guests are therefore asked a few at a time, on
a connection of their own. One that lets the time pass is unsure, and asked no more until its old question has returned:
hung questions of a guest never add up, and never stand in the way of what else is asked of the host.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from functools import partial
from typing import Final, Literal

import libvirt

from orchestrator.hypervisor import failures, states, statistics, typed
from orchestrator.hypervisor.answers import refusal
from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.line import NoAnswerError, in_background
from orchestrator.hypervisor.look import TORN, job
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.traffic import Migrating, Traffic

# Of five calls of one client that a daemon serves at a time (max_client_requests).
SIDE_BY_SIDE: Final = 4
# Seconds for the first guest and for each further one, of the time that is left: an answer takes milliseconds.
_PATIENCE: Final = 2.0
_EACH: Final = 0.05
_SUGGEST: Final = ("migration", "migrated", "post-copy", TORN)

_Answer = Migrating | Literal["still", "unsure"]
_Question = Callable[[], _Answer]


class TrafficReader:
    """Reads it of one host. Give each host one: it knows which guests still owe an answer."""

    def __init__(self, connections: HostConnections) -> None:
        self._connections = connections
        self._lock = threading.Lock()
        self._owed: dict[GuestId, Future[_Answer]] = {}

    def read(self, within: float) -> Traffic | Unknown:
        """Say what moves. Unknown: not even the listing came; guests that did not answer are `unsure`."""
        deadline = time.monotonic() + within
        work = partial(self._look, until=deadline - min(within / 10, 0.5))
        try:
            return self._connections.beside.read(work, within)
        except NoAnswerError:
            return failures.silent(self._connections.entry, within)
        except libvirt.libvirtError as error:
            return failures.unknown(error, self._connections.entry)

    def _look(self, connection: libvirt.virConnect, until: float) -> Traffic:
        questions = _questions(connection)
        answers = self._ask(questions, min(until, time.monotonic() + _PATIENCE + _EACH * len(questions)))
        unsure = (guest for guest in questions if answers.get(guest, "unsure") == "unsure")
        moving = (answer for answer in answers.values() if isinstance(answer, Migrating))
        return Traffic(
            migrations=tuple(sorted(moving, key=lambda one: (one.name, one.guest))), unsure=tuple(sorted(unsure))
        )

    def _ask(self, questions: dict[GuestId, _Question], until: float) -> dict[GuestId, _Answer]:
        """Ask the guests, and answer what was told in time. Raises what a failing connection raises."""
        with self._lock:
            self._owed = {guest: answer for guest, answer in self._owed.items() if not answer.done()}
            waiting = deque(guest for guest in questions if guest not in self._owed)
            places = SIDE_BY_SIDE - len(self._owed)
        asked: dict[GuestId, Future[_Answer]] = {}
        turns = threading.Semaphore(max(places, 0))
        while waiting and places > 0 and turns.acquire(timeout=max(0.0, until - time.monotonic())):
            guest = waiting.popleft()
            asked[guest] = in_background(questions[guest], "libvirt-guest")
            asked[guest].add_done_callback(lambda _answer: turns.release())
        told = wait_for(asked.values(), max(0.0, until - time.monotonic())).done
        with self._lock:
            self._owed |= {guest: answer for guest, answer in asked.items() if answer not in told}
        return {guest: answer.result() for guest, answer in asked.items() if answer in told}


def _questions(connection: libvirt.virConnect) -> dict[GuestId, _Question]:
    """One for every active guest; those whose state suggests a migration come first."""
    active = [(d, s, r) for d, s, r in typed.states(connection) if states.power(s) is not Power.SHUT_OFF]
    active.sort(key=lambda one: states.reason(one[1], one[2]) not in _SUGGEST)
    return {GuestId(domain.UUIDString()): partial(_moves, connection, domain) for domain, _state, _reason in active}


def _moves(connection: libvirt.virConnect, domain: libvirt.virDomain) -> _Answer:
    """What the guest's job says. One that has gone meanwhile moves no more."""
    try:
        stats = job(domain)
    except libvirt.libvirtError as error:
        if error.get_error_code() == failures.NO_DOMAIN:
            return "still"
        if refusal(error, connection):
            return "unsure"
        raise
    made = partial(Migrating, guest=GuestId(domain.UUIDString()), name=domain.name())
    if stats is None:
        return made(direction="in")
    return made(direction="out", storage=stats.get("disk_total", 0) > 0) if statistics.leaving(stats) else "still"
