"""Evacuations that somebody has changed their mind about: nobody goes on emptying those hosts."""

from collections.abc import Sequence

from orchestrator.evacuation.errands import Errands, without
from orchestrator.model.host import HostName
from orchestrator.operations.doors import Doors
from orchestrator.operations.occasions import keep_over
from orchestrator.ports import Store


def leave_out(doors: Doors, hosts: Sequence[HostName], *, dry_run: bool = False) -> Errands:
    """Take these hosts out of all evacuations on record, and answer those that they were part of. A process that is at
    one of them just now goes on; what it leaves, nobody takes up. Raises store.*"""
    store = doors.store()
    while True:
        before, after = without(store.errands(), hosts)
        if not dry_run:
            keep_all_over(store, before, after)
        if not before or dry_run or store.change_errands(before, after):
            return before


def keep_all_over(store: Store, before: Errands, after: Errands) -> None:
    """Write for the schedule which of its evacuations are left nothing of."""
    left = {one.occasion for one in after}
    for one in before:
        if one.occasion not in left:
            keep_over(store, one.occasion)
