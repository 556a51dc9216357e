"""Who stays on a host that is to be emptied although nobody asked for it, and why."""

from collections.abc import Iterator, Mapping, Sequence
from shlex import quote

from orchestrator.checks.remedy import called
from orchestrator.model.evacuation import Staying
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.policy import Affinity
from orchestrator.planning.appraisal import Appraisal, blocked
from orchestrator.planning.ground import Ground
from orchestrator.planning.leaving import Leaving
from orchestrator.planning.measures import Measures
from orchestrator.planning.settling import Settled
from orchestrator.planning.shortage import why
from orchestrator.planning.wanted import Wanted


def cannot_leave(
    leaving: Leaving, about: Mapping[GuestId, tuple[Finding, ...]], rules: Sequence[Affinity]
) -> Mapping[GuestId, Staying]:
    """Guests that no host can take, and those that must be with one that stays. about: what the checks say of each."""
    found: dict[GuestId, Staying] = {}
    for one in leaving.going:
        against = next((f for f in about[one.guest.uuid] if f.severity is Severity.BLOCKER), None)
        if against is not None:
            found[one.guest.uuid] = staying(one, f"{against.check}: {against.saw}", against.fix)
    hard = [rule for rule in rules if rule.together and rule.hard]
    rest = [one for one in leaving.going if one.guest.uuid not in found] if hard else []
    still = {s.name: s.host for s in (*leaving.staying, *found.values()) if s.live}
    grown = bool(still)
    while grown:
        grown = False
        for one in rest:
            tied = _tied(one, hard, still) if one.guest.uuid not in found else None
            if tied is not None:
                say = f"it must be together with {tied}, which stays"
                found[one.guest.uuid] = staying(one, say, f"ferry why {quote(tied)}; or change the rule in the policy.")
                still[one.guest.name], grown = one.source, True
    return found


def _tied(one: Wanted, rules: Sequence[Affinity], still: Mapping[str, HostName]) -> str | None:
    for rule in rules:
        if rule.concerns(one.guest.name):
            for name, host in still.items():
                if host == one.source and rule.concerns(name):
                    return name
    return None


def without_place(
    settled: Settled, ground: Ground, free: Mapping[HostName, tuple[int, ...]], counted: Measures
) -> Iterator[Staying]:
    """Guests of parties that are left, each with what speaks against every host."""
    for party in settled.left:
        for one in party.members:
            refusals = _refusals(one, settled, ground)
            if party.fits and any(ground_passes(one.guest.uuid, to, settled) for to in party.fits):
                yield staying(one, f"no host has room: {why(party, free, counted)}", f"ferry why {called(one.guest)}")
            elif refusals:
                said, fix = "; ".join(f"{to}: {saw}" for to, saw, _ in refusals), refusals[0][2]
                yield staying(one, f"no host can take it: {said}", fix)
            else:
                closed = "; ".join(ground.closed[to] for to in sorted(ground.closed) if to != one.source)
                yield staying(one, f"no host may take it{': ' if closed else ''}{closed}", "Name other destinations.")


def ground_passes(guest: GuestId, to: HostName, settled: Settled) -> bool:
    """Whether no check is known to refuse a place to the guest."""
    found = settled.judged.get((guest, to))
    return found is None or found.passes


def _refusals(one: Wanted, settled: Settled, ground: Ground) -> list[tuple[HostName, str, str]]:
    """Host, what refuses the guest there, and the fix."""
    found = []
    for to in ground.open:
        judged = settled.judged.get((one.guest.uuid, to)) or ground.appraise(one, to)
        against = _against(judged)
        if against is not None:
            found.append((to, f"{against.check}: {against.saw}", against.fix))
    return found


def _against(appraisal: Appraisal) -> Finding | None:
    if not blocked(appraisal.findings):
        return None
    return next(f for f in appraisal.findings if f.severity is Severity.BLOCKER)


def staying(one: Wanted, why_: str, fix: str) -> Staying:
    """A live guest that stays where it is."""
    return Staying(guest=one.guest.uuid, name=one.guest.name, host=one.source, why=why_, fix=fix)
