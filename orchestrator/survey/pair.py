"""What holds between one source and one destination, for all guests in question: few scripts, side by side."""

import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from orchestrator.model.facts import CpuAnswer, HostFacts, PairFacts, PathAnswer, Unknown
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.host import HostEntry
from orchestrator.ports import CommandResult, HostShell, Inventory
from orchestrator.survey import legs, paths
from orchestrator.survey.parallel import begin

_Cpus = dict[tuple[str | None, str, str], Future[CpuAnswer | Unknown]]


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One host of the pair with its doors."""

    entry: HostEntry
    facts: HostFacts
    inventory: Inventory
    shell: HostShell


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A source and a destination, and the network between them."""

    source: End
    destination: End
    network: str
    deadline: float  # of time.monotonic()

    def ask(self, guests: Sequence[Guest]) -> dict[GuestId, PairFacts]:
        """Answer the facts of every guest, by UUID."""
        address = self.destination.entry.addresses.get(self.network)
        way = begin(lambda: self._way(address), "survey-legs")
        seen = begin(lambda: self._files(guests), "survey-files")
        cpus = _once_each(guests, lambda guest: self.destination.inventory.cpu_offered(guest, within=self._left()))
        texts = {guest.uuid: begin(partial(self._definitions, guest), "survey-xml") for guest in guests}
        said, files = way.result(), seen.result()
        no_address = Unknown(why=f"{self.destination.entry.name} has no address on network {self.network}")
        found = {}
        for guest in guests:
            here, there = texts[guest.uuid].result()
            found[guest.uuid] = PairFacts(
                guest=guest.uuid,
                source=self.source.entry.name,
                destination=self.destination.entry.name,
                cpu=cpus[_cpu(guest)].result(),
                ports=no_address if address is None else legs.ports(said, address),
                paths=files if isinstance(files, Unknown) else _of(guest, files),
                peer=legs.peer(said, self.source.entry, self.destination.entry),
                definition_here=here,
                definition_there=there,
            )
        return found

    def _left(self) -> float:
        return max(0.1, self.deadline - time.monotonic())

    def _run(self, end: End, script: str) -> CommandResult | Unknown:
        if isinstance(end.facts.bridges, Unknown) and end.facts.bridges.leg:
            return end.facts.bridges  # this host's shell has just failed: the reason is known, and costs time
        return end.shell.run(script, within=self._left())

    def _way(self, address: str | None) -> CommandResult | Unknown:
        ports = legs.ports_to_try(self.destination.facts)
        return self._run(self.source, legs.script(self.destination.entry.peer_uri, address, ports))

    def _files(self, guests: Sequence[Guest]) -> tuple[PathAnswer, ...] | Unknown:
        wanted = tuple(dict.fromkeys(path for guest in guests for path in paths.files(guest)))
        places = tuple(dict.fromkeys(place for guest in guests for place in paths.directories(guest)))
        if not wanted:
            return ()
        token = f".ferry-{secrets.token_hex(12)}"
        written = self._run(self.source, paths.write_script(token, places)) if places else None
        proven = paths.written(written, places)
        left = places if isinstance(written, Unknown) else tuple(proven)
        try:
            said = self._run(self.destination, paths.look_script(token, places, wanted))
            left = paths.left_over(said, left, places)
            return paths.answers(said, places, wanted, proven)
        finally:
            if left:
                self._run(self.source, paths.remove_script(token, left))

    def _definitions(self, guest: Guest) -> tuple[str | None, str | None]:
        if not any(other.uuid == guest.uuid for other in self.destination.facts.guests):
            return None, None
        here = self.source.inventory.definition(guest.uuid, within=self._left())
        there = self.destination.inventory.definition(guest.uuid, within=self._left())
        return _text(here), _text(there)


def _cpu(guest: Guest) -> tuple[str | None, str, str]:
    return guest.cpu_xml, guest.arch, guest.virt_type


def _once_each(guests: Sequence[Guest], ask: Callable[[Guest], CpuAnswer | Unknown]) -> _Cpus:
    """Guests of one make share one question."""
    alike = {_cpu(guest): guest for guest in guests}
    return {cpu: begin(partial(ask, guest), "survey-cpu") for cpu, guest in alike.items()}


def _of(guest: Guest, files: tuple[PathAnswer, ...]) -> tuple[PathAnswer, ...]:
    mine = set(paths.files(guest))
    return tuple(answer for answer in files if answer.path in mine)


def _text(said: str | Unknown) -> str | None:
    return None if isinstance(said, Unknown) else said
