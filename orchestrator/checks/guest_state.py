"""The guest is in a state that can move the way it is asked to."""

from collections.abc import Iterator

from orchestrator.checks.case import LIVE, AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Power
from orchestrator.model.transport import Mode

# Live, but somebody is in the middle of something with it, or libvirt refuses to migrate it like this.
_HELD = {
    "i/o error": "a disk reported an I/O error, and libvirt does not migrate in that state",
    "migration": "a migration paused it",
    "post-copy": "it is in the middle of a post-copy migration",
    "post-copy failed": "a post-copy migration broke off",
    "save": "it is being saved",
    "dump": "it is being dumped",
    "snapshot": "a snapshot is being taken",
    "shutting down": "it is shutting down",
    "starting up": "it is starting",
}


def _examine(case: AtSource) -> Iterator[Found]:
    if case.guest.power not in LIVE:
        if case.mode is not Mode.OFFLINE or case.lives_on or case.silent or case.guest.power is not Power.SHUT_OFF:
            yield _not_live(case)
    elif case.mode is Mode.OFFLINE:
        yield blocker(
            f"{case.guest.name} is {case.guest.power} on {case.source.name}; offline moves only the definition of a "
            "guest that is shut off",
            f"Move it live: ferry migrate {called(case.guest)}   Or have it shut down for the move: --mode cold",
        )
    elif case.mode is Mode.COLD and case.guest.power is Power.PAUSED:
        yield blocker(
            f"{case.guest.name} is paused on {case.source.name}, so it cannot shut itself down",
            virsh(case.source_entry, "resume", called(case.guest)),
        )
    elif case.guest.unread is not None:
        yield blocker(
            f"What {case.guest.name} is and does on {case.source.name} could not be read: {case.guest.unread.why}. A "
            "guest whose QEMU does not answer cannot move either",
            "Look whether its QEMU or its storage hangs: "
            + "; ".join(virsh(case.source_entry, word, called(case.guest)) for word in ("domcontrol", "dumpxml")),
        )
    elif case.guest.reason in _HELD:
        yield blocker(
            f"{case.guest.name} is {case.guest.power} on {case.source.name}, but {_HELD[case.guest.reason]}",
            virsh(case.source_entry, "domstate", called(case.guest), "--reason"),
        )


def _not_live(case: AtSource) -> Found:
    guest, here = case.guest, case.source.name
    elsewhere = [host for host in case.lives_on if host != here]
    if elsewhere:
        # Never the hint to start it: that would make two of it.
        return blocker(
            f"{here} has only a definition of {guest.name} ({guest.power}); the guest lives on {elsewhere[0]}",
            f"ferry migrate {elsewhere[0]}/{called(guest)}",
        )
    if guest.power is Power.INCOMING:
        return blocker(
            f"{here} is receiving a copy of {guest.name} that has not run yet",
            "ferry status",
        )
    why = f" ({guest.reason})" if guest.reason else ""
    start = virsh(case.source_entry, "start", called(guest))
    if case.silent:
        silent = ", ".join(case.silent)
        return blocker(
            f"{guest.name} is {guest.power} on {here}{why}; {silent} might run it, but does not answer",
            f"First make sure that it does not run on {silent}; only then: {start}",
        )
    return blocker(
        f"{guest.name} is {guest.power} on {here}{why}; only a live guest can move with its memory",
        f"Start it: {start}   Or move its definition alone: ferry migrate {called(guest)} --offline",
    )


RULE = Rule(
    name="guest-state",
    title="The guest is running or paused, or shut off for an offline move.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    waivable=False,
    examine=_examine,
)
