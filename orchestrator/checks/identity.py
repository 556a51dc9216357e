"""At the destination, name and UUID are free, or taken by a stale definition of this very guest."""

from collections.abc import Iterator

from orchestrator.checks.case import LIVE, BetweenHosts
from orchestrator.checks.definition_diff import difference
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Guest, Power

_ALARM = 7


def _examine(case: BetweenHosts) -> Iterator[Found]:
    for other in case.destination.guests:
        if other.uuid == case.guest.uuid and other.power is not Power.ABSENT:
            yield from _same_guest(case, other)
        elif other.name == case.guest.name:
            yield _other_guest(case, other)


def _same_guest(case: BetweenHosts, other: Guest) -> Iterator[Found]:
    if other.power in LIVE:
        return  # runs-once raises the alarm, with every host that has it
    if other.power is Power.INCOMING:
        yield _incoming(case)
    elif other.name != case.guest.name:
        yield blocker(
            f"{case.to} has a definition with the UUID of {case.guest.name} under another name, {other.name}; "
            "libvirt refuses that",
            virsh(case.destination_entry, "domrename", other.uuid, called(case.guest)),
        )
    else:
        yield from _left_behind(case, other)
        yield _stale(case, other)


def _left_behind(case: BetweenHosts, other: Guest) -> Iterator[Found]:
    """What libvirt would take for this guest's own once it has arrived."""
    there = case.destination_entry
    if known(other.kept.managed_save):
        yield blocker(
            f"{case.to} keeps a saved memory of {case.guest.name} from earlier. After the guest has moved there, its "
            "next start would go on from that old memory, with disks that have changed since",
            virsh(there, "managedsave-remove", other.uuid),
        )
    if snapshots := known(other.kept.snapshots):
        many = "1 snapshot" if snapshots == 1 else f"{snapshots} snapshots"
        yield blocker(
            f"{case.to} keeps {many} of {case.guest.name} from earlier, which would become the guest's own there and "
            "tell of disks and a definition that it no longer has",
            f"Look at them, then let libvirt forget each: {virsh(there, 'snapshot-list', other.uuid, '--tree')}; "
            + virsh(there, "snapshot-delete", other.uuid, "NAME", "--metadata"),
        )


def _incoming(case: BetweenHosts) -> Found:
    look = virsh(case.destination_entry, "domstate", case.guest.uuid, "--reason")
    if case.guest.active_job:
        return blocker(f"{case.guest.name} is already on its way: {case.to} is receiving a copy of it", "ferry status")
    return blocker(
        f"ALARM: {case.to} holds an incoming copy of {case.guest.name} although {case.source.name} is sending none: "
        "a second copy that could start to run. Nothing was touched.",
        f"Find out who began it, before anything else: {look}",
        exit_code=_ALARM,
    )


def _stale(case: BetweenHosts, other: Guest) -> Found:
    fate = (
        "It will be replaced by the one of the guest that arrives."
        if case.guest.persistent
        else "The guest is transient, so libvirt keeps that definition as it is, and the guest will start from it next."
    )
    marked = ", marked to start with the host" if other.autostart else ""
    here, there = case.definitions
    dump = virsh(case.destination_entry, "dumpxml", "--inactive", other.uuid)
    return warning(
        f"{case.to} already has a definition of {case.guest.name} with the same UUID, {other.power}{marked}. {fate}",
        f"To keep a copy of it: {dump} > {other.uuid}.xml",
        detail=difference(there, here, there_name=case.to, here_name=case.source.name),
    )


def _other_guest(case: BetweenHosts, other: Guest) -> Found:
    # virsh renames only what is shut off, and a running guest is never asked to stop for this.
    if other.power is Power.SHUT_OFF:
        fix = virsh(case.destination_entry, "domrename", other.uuid, f"{other.uuid}-renamed")
    else:
        fix = f"Take another destination: ferry check {case.source.name}/{called(case.guest)}"
    return blocker(
        f"{case.to} has another guest of the name {case.guest.name}: UUID {other.uuid}, {other.power}; "
        f"the guest on {case.source.name} is {case.guest.uuid}",
        fix,
    )


RULE = Rule(
    name="identity",
    title="Name and UUID are free at the destination.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    undecided=Severity.BLOCKER,  # a memory kept there would be started from
    waivable=False,
    examine=_examine,
)
