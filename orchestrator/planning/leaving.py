"""Which guests leave the hosts that are to be emptied, and which stay because they were excluded or do not run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orchestrator.checks.case import LIVE
from orchestrator.errors import OrchestratorError
from orchestrator.model.evacuation import EvacuationRequest, Staying
from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.guest import Guest, GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.settings import Settings
from orchestrator.planning.resolve import unknown_host
from orchestrator.planning.selecting import means
from orchestrator.planning.silence import silent
from orchestrator.planning.wanted import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """going: live guests. off: guests that are shut off, of which the definition is to move. staying: all others."""

    going: tuple[Wanted, ...]
    off: tuple[Wanted, ...]
    staying: tuple[Staying, ...]


def leaving(request: EvacuationRequest, settings: Settings, facts: Facts) -> Leaving:
    """Sort the guests of the hosts. Raises usage.unknown-host, host.unreachable and guest.unknown."""
    places = live_places(facts)
    going, off, staying = [], [], []
    present = tuple(_present(request, settings, facts))
    if request.only and not any(means(request.only, host, guest) for host, guest in present):
        saw = f"{', '.join(request.only)}: no guest of {', '.join(request.hosts)} has that name, UUID, tag or label"
        raise OrchestratorError.of("guest.unknown", saw, fix="See which there are: ferry guests")
    for host, guest in present:
        stays = _stays(request, guest, host)
        if stays is not None:
            staying.append(stays)
        elif guest.power is Power.SHUT_OFF:
            off.append(Wanted(guest=guest, source=host, lives_on=places.get(guest.uuid, ()), offline=True))
        else:
            going.append(Wanted(guest=guest, source=host, lives_on=places.get(guest.uuid, ())))
    return Leaving(going=tuple(going), off=tuple(off), staying=tuple(staying))


def live_places(facts: Facts) -> Mapping[GuestId, tuple[HostName, ...]]:
    """Every live guest, with the hosts that say they have it."""
    found: dict[GuestId, tuple[HostName, ...]] = {}
    for host, answer in sorted(facts.answering().items()):
        for guest in answer.guests:
            if guest.power in LIVE:
                found[guest.uuid] = (*found.get(guest.uuid, ()), host)
    return found


def _present(request: EvacuationRequest, settings: Settings, facts: Facts) -> Iterator[tuple[HostName, Guest]]:
    for host in dict.fromkeys((*request.hosts, *request.to)):
        if host not in settings.hosts:
            raise unknown_host(host, settings.hosts)
    for host in dict.fromkeys(request.hosts):
        answer = facts.hosts.get(host, Unknown(why="it was not asked"))
        if not isinstance(answer, HostFacts):
            raise silent(host, answer, settings.hosts)
        for guest in sorted(answer.guests, key=lambda g: (g.name, g.uuid)):
            if guest.power is not Power.ABSENT:
                yield host, guest


def _stays(request: EvacuationRequest, guest: Guest, host: HostName) -> Staying | None:
    live = guest.power is not Power.SHUT_OFF
    why = fix = ""
    asked = True
    if means(request.exclude, host, guest):
        why, fix = "it was excluded", "Leave it out of --exclude."
    elif request.only and not means(request.only, host, guest):
        why, fix = "only others were asked for", "Name it in --only."
    elif guest.power is Power.INCOMING:
        why, fix, asked = f"it is just arriving on {host}", "Wait until it is there, and begin again.", False
    elif guest.power is Power.SHUT_OFF and request.offline == "stay":
        why = "it is shut off, and its definition stays where it is"
        fix = "Move definitions too: --offline move"
    if not why:
        return None
    return Staying(guest=guest.uuid, name=guest.name, host=host, why=why, fix=fix, live=live, asked=asked)
