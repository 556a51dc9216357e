"""What is on its way to hosts: libvirt counts memory as free that an arriving guest has not filled yet."""

from collections.abc import Iterable, Mapping

from orchestrator.checks.memory import required_bytes, required_of
from orchestrator.model.facts import Facts
from orchestrator.model.guest import Guest, GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.open_move import Coming
from orchestrator.planning.appraisal import Promised

_THERE = (Power.RUNNING, Power.PAUSED, Power.INCOMING)


def promised(facts: Facts, coming: Iterable[Coming] = ()) -> dict[HostName, Promised]:
    """Of every host that answered: guests that are arriving, and those of `coming` that it does not show yet."""
    answering = facts.answering()
    known = {guest.uuid: guest for answer in answering.values() for guest in answer.guests}
    towards: dict[HostName, dict[GuestId, Coming]] = {}
    for one in coming:
        towards.setdefault(one.destination, {})[one.guest] = one
    found: dict[HostName, Promised] = {}
    for name, answer in answering.items():
        there = {guest.uuid for guest in answer.guests if guest.power in _THERE}
        total = Promised()
        for guest in answer.guests:
            if guest.power is Power.INCOMING:
                total = total.plus(_unfilled(guest, towards.get(name, {}).get(guest.uuid)), guest.vcpus)
        for uuid, one in towards.get(name, {}).items():
            if uuid not in there:
                total = _with(total, one, known)
        found[name] = total
    return found


def _unfilled(guest: Guest, one: Coming | None) -> int:
    """What an arriving guest will still take. Of one in huge pages nothing was free that it fills."""
    whole = required_bytes(guest)
    filled = min(one.filled_bytes, guest.memory_bytes) if one is not None and whole > guest.memory_bytes else 0
    return whole - filled


def _with(total: Promised, one: Coming, known: Mapping[GuestId, Guest]) -> Promised:
    guest = known.get(one.guest)
    if guest is not None:
        return total.plus(required_bytes(guest), guest.vcpus)
    return total if one.memory_bytes is None else total.plus(required_of(one.memory_bytes), 0)
