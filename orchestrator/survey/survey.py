"""The Survey of the real hosts: all at once, and a host that hangs costs its own row."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import partial

from orchestrator.model.facts import Ask, Asked, Facts, HostFacts, PairFacts, Unknown
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.host import HostEntry, HostName
from orchestrator.ports import HostShell, Inventory
from orchestrator.survey import identity
from orchestrator.survey.pair import End, Pair
from orchestrator.survey.parallel import begin

_Hosts = Mapping[HostName, Future[HostFacts | Unknown]]
_Pairs = dict[tuple[GuestId, HostName], PairFacts]


class HostSurvey:
    """Ask the hosts themselves."""

    def __init__(
        self,
        entries: Mapping[HostName, HostEntry],
        inventories: Mapping[HostName, Inventory],
        shells: Mapping[HostName, HostShell],
    ) -> None:
        self._entries = entries
        self._inventories = inventories
        self._shells = shells

    def facts(self, ask: Ask, *, within: float) -> Facts:
        """Read what is asked for, all hosts in parallel; what cannot be read is Unknown."""
        deadline = time.monotonic() + within
        names = dict.fromkeys((*ask.hosts, *(end for pair in ask.pairs for end in (pair.source, pair.destination))))
        known = ask.known.hosts if ask.known is not None else {}
        shell = ask.shell or bool(ask.pairs)
        hosts = {
            name: begin(partial(self._host, name, known.get(name), shell, deadline), f"survey-{name}") for name in names
        }
        # A pair begins as soon as its two hosts have answered: a third one that hangs does not use up its time.
        pairs = [begin(partial(self._pair, group, hosts, deadline), "survey-pair") for group in _groups(ask)]
        found: _Pairs = {}
        for pair in pairs:
            found |= pair.result()
        return Facts(hosts={name: answer.result() for name, answer in hosts.items()}, pairs=found)

    def _host(
        self, name: HostName, known: HostFacts | Unknown | None, shell: bool, deadline: float
    ) -> HostFacts | Unknown:
        if isinstance(known, Unknown):
            return known  # asked a moment ago; asking again would cost the same time for the same answer
        if isinstance(known, HostFacts) and (not shell or identity.told(known)):
            return known
        within = max(0.1, deadline - time.monotonic())
        leg = f"controller to {name}, ssh"
        run = self._shells[name].run
        said = begin(lambda: run(identity.SCRIPT, within=within), f"survey-{name}-shell") if shell else None
        facts = known if isinstance(known, HostFacts) else self._inventories[name].read(within=within)
        if said is None or isinstance(facts, Unknown):
            return facts
        return identity.merged(facts, identity.parse(said.result(), leg))

    def _pair(self, group: Sequence[Asked], hosts: _Hosts, deadline: float) -> _Pairs:
        first = group[0]
        ends = [(name, hosts[name].result()) for name in (first.source, first.destination)]
        silent = [facts for _, facts in ends if isinstance(facts, Unknown)]
        if silent:
            return {(asked.guest, asked.destination): _unknown(asked, silent[0]) for asked in group}
        source, destination = (
            End(
                entry=self._entries[name],
                facts=facts,
                inventory=self._inventories[name],
                shell=self._shells[name],
            )
            for name, facts in ends
            if isinstance(facts, HostFacts)
        )
        guests = [guest for asked in group if (guest := _guest(source.facts, asked.guest)) is not None]
        pair = Pair(source=source, destination=destination, network=first.migration_network, deadline=deadline)
        answers = pair.ask(guests) if guests else {}
        gone = Unknown(why="the guest is not on this host any more", leg=f"{first.source}")
        return {(asked.guest, asked.destination): answers.get(asked.guest) or _unknown(asked, gone) for asked in group}


def _groups(ask: Ask) -> list[list[Asked]]:
    groups: dict[tuple[HostName, HostName, str], list[Asked]] = {}
    for asked in ask.pairs:
        groups.setdefault((asked.source, asked.destination, asked.migration_network), []).append(asked)
    return list(groups.values())


def _guest(facts: HostFacts, uuid: GuestId) -> Guest | None:
    return next((guest for guest in facts.guests if guest.uuid == uuid), None)


def _unknown(asked: Asked, why: Unknown) -> PairFacts:
    return PairFacts(
        guest=asked.guest, source=asked.source, destination=asked.destination, cpu=why, ports=why, paths=why, peer=why
    )
