"""What holds between one source and one destination, for all guests in question: few scripts, side by side."""

import secrets
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from orchestrator.model.cpu import CpuAnswer
from orchestrator.model.facts import NOT_ASKED, PairFacts, PathAnswer, Unknown
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.topic import Topic
from orchestrator.survey import paths
from orchestrator.survey.end import End
from orchestrator.survey.parallel import begin

_Cpus = dict[tuple[str | None, str, str], Future[CpuAnswer | Unknown]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A source and a destination, and the topics asked of every guest that may go from one to the other."""

    source: End
    destination: End
    topics: frozenset[Topic]

    def ask(self, guests: Sequence[Guest]) -> dict[GuestId, PairFacts]:
        """Answer the facts of every guest, by UUID."""
        cpus = self._once_each(guests) if Topic.CPU in self.topics else {}
        backs = self._way_back(guests) if Topic.CPU_BACK in self.topics else {}
        texts = {guest.uuid: begin(partial(self._definitions, guest), "survey-xml") for guest in guests}
        files = self._files(guests) if Topic.PATHS in self.topics else NOT_ASKED
        found = {}
        for guest in guests:
            here, there = texts[guest.uuid].result()
            cpu, back = cpus.get(_cpu(guest)), backs.get(guest.uuid)
            found[guest.uuid] = PairFacts(
                guest=guest.uuid,
                source=self.source.entry.name,
                destination=self.destination.entry.name,
                cpu=NOT_ASKED if cpu is None else cpu.result(),
                cpu_back=NOT_ASKED if back is None else back.result(),
                paths=files if isinstance(files, Unknown) else _of(guest, files),
                definition_here=here,
                definition_there=there,
            )
        return found

    def _once_each(self, guests: Sequence[Guest]) -> _Cpus:
        """Guests of one make share one question."""
        there = self.destination
        alike = {_cpu(guest): guest for guest in guests}
        return {
            cpu: begin(partial(there.inventory.cpu_offered, guest, within=there.left), "survey-cpu")
            for cpu, guest in alike.items()
        }

    def _way_back(self, guests: Sequence[Guest]) -> "dict[GuestId, Future[CpuAnswer | Unknown]]":
        """Each guest has a definition of its own, which tells what its next start would bring."""
        here, offers = self.source, self.destination.facts.cpu_offers
        return {
            guest.uuid: begin(partial(here.inventory.cpu_back, guest, offers, within=here.left), "survey-back")
            for guest in guests
        }

    def _files(self, guests: Sequence[Guest]) -> tuple[PathAnswer, ...] | Unknown:
        wanted = tuple(dict.fromkeys(path for guest in guests for path in paths.files(guest)))
        places = tuple(dict.fromkeys(place for guest in guests for place in paths.directories(guest)))
        if not wanted:
            return ()
        token = f".ferry-{secrets.token_hex(12)}"
        written = self.source.run(paths.write_script(token, places, wanted))
        proven = paths.written(written, places)
        left = places if isinstance(written, Unknown) else tuple(proven)
        try:
            said = self.destination.run(paths.look_script(token, places, wanted))
            left = paths.left_over(said, left, places)
            refused = paths.refused(written, self.source.entry.name) or paths.refused(said, self.destination.entry.name)
            return refused or paths.answers(said, places, wanted, written)
        finally:
            if left:
                self.source.run(paths.remove_script(token, left))

    def _definitions(self, guest: Guest) -> tuple[str | None, str | None]:
        if not any(other.uuid == guest.uuid for other in self.destination.facts.guests):
            return None, None
        here = self.source.inventory.definition(guest.uuid, within=self.source.left)
        there = self.destination.inventory.definition(guest.uuid, within=self.source.left)
        return _text(here), _text(there)


def _cpu(guest: Guest) -> tuple[str | None, str, str]:
    return guest.cpu_xml, guest.arch, guest.virt_type


def _of(guest: Guest, files: tuple[PathAnswer, ...]) -> tuple[PathAnswer, ...]:
    mine = set(paths.files(guest))
    return tuple(answer for answer in files if answer.path in mine)


def _text(said: str | Unknown) -> str | None:
    return None if isinstance(said, Unknown) else said
