"""Which guest is meant by NAME, HOST/NAME or a UUID; what is not certain is never guessed."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from orchestrator.checks.case import LIVE
from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.guest import Guest, GuestId, Power
from orchestrator.model.host import HostEntry, HostName
from orchestrator.planning.silence import by_hand
from orchestrator.planning.silence import silent as silent_host

Place = tuple[Guest, HostName]
NOT_TOLD: Mapping[HostName, HostEntry] = {}


def resolve(name: str, facts: Facts, configured: Mapping[HostName, HostEntry] = NOT_TOLD) -> Place:
    """Find the guest and its host. configured: the hosts, by which an error can name the connection of a silent one.

    The same UUID live on one host and shut off on others is one guest with stale definitions: the live one is meant.
    Live on several, it is still one guest (the first host by name is answered); the checks then raise the alarm.
    Raises guest.unknown, usage.ambiguous-guest, usage.unknown-host, host.unreachable.
    """
    host, slash, rest = name.partition("/")
    if not slash:
        return _one(name, _named(name, facts.answering().items()), facts, configured)
    if HostName(host) not in facts.hosts:
        raise unknown_host(host, facts.hosts)
    answer = facts.hosts[HostName(host)]
    if isinstance(answer, Unknown):
        raise silent_host(HostName(host), answer, configured, so=f"so {name} cannot be found")
    return _one(name, _named(rest, [(HostName(host), answer)]), facts, configured)


def lives_on(guest: GuestId, facts: Facts) -> tuple[HostName, ...]:
    """Every host that says it has this guest running or paused."""
    return tuple(
        host
        for host, answer in sorted(facts.answering().items())
        if any(g.uuid == guest and g.power in LIVE for g in answer.guests)
    )


def silent(facts: Facts) -> tuple[HostName, ...]:
    """The hosts that were asked and did not answer."""
    return tuple(sorted(host for host, answer in facts.hosts.items() if isinstance(answer, Unknown)))


def unknown_host(host: str, known: Iterable[str]) -> OrchestratorError:
    """Say that no such host is configured, and which ones are."""
    names = sorted(known)
    return OrchestratorError.of(
        "usage.unknown-host",
        f"There is no host {host}{_perhaps(host, names)}. Configured: {', '.join(names) or 'none'}",
    )


def _named(name: str, hosts: Iterable[tuple[HostName, HostFacts]]) -> list[Place]:
    here = [(guest, host) for host, answer in sorted(hosts) for guest in answer.guests if guest.power != Power.ABSENT]
    by_uuid = [place for place in here if place[0].uuid == name.lower()]
    return by_uuid or [place for place in here if place[0].name == name]


def _one(name: str, places: list[Place], facts: Facts, configured: Mapping[HostName, HostEntry]) -> Place:
    if not places:
        raise _nowhere(name, facts, configured)
    live = [place for place in places if place[0].power in LIVE]
    if len({guest.uuid for guest, _ in places}) == 1 and live:
        return live[0]
    if len(places) == 1:
        return places[0]
    said = "; ".join(f"{guest.uuid}, {guest.power} on {host}" for guest, host in places)
    first, host = places[0]
    raise OrchestratorError.of(
        "usage.ambiguous-guest",
        f"{name} is found {len(places)} times: {said}",
        now="Nothing was touched.",
        fix=f"Say which one, as HOST/NAME ({host}/{first.name}) or by its UUID ({first.uuid}).",
    )


def _nowhere(name: str, facts: Facts, configured: Mapping[HostName, HostEntry]) -> OrchestratorError:
    quiet = {host: answer for host, answer in sorted(facts.hosts.items()) if isinstance(answer, Unknown)}
    asked = ", ".join(sorted(facts.answering())) or "no host"
    if quiet and "/" not in name:
        codes = {answer.code for answer in quiet.values()}
        code = codes.pop() if len(codes) == 1 else "host.unreachable"
        return OrchestratorError.of(
            code,
            f"{name} was looked for on {asked}; a host that does not answer may have it: "
            + "; ".join(f"{host} ({answer.why})" for host, answer in quiet.items()),
            now="Nothing was touched.",
            fix=by_hand(code, configured.get(next(iter(quiet)))),
        )
    names = {guest.name for answer in facts.answering().values() for guest in answer.guests}
    host, _, rest = name.rpartition("/")
    elsewhere = sorted(h for h, a in facts.answering().items() if any(rest in (g.name, g.uuid) for g in a.guests))
    if elsewhere:
        return OrchestratorError.of(
            "guest.unknown", f"{rest} is not on {host}; {', '.join(elsewhere)} has it", fix="ferry guests"
        )
    return OrchestratorError.of(
        "guest.unknown", f"There is no guest {rest} on {host or asked}{_perhaps(rest, sorted(names))}"
    )


def _perhaps(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=3)
    return f" (perhaps {', '.join(close)}?)" if close else ""
