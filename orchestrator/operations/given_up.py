"""Evacuations that somebody has changed their mind about: nobody goes on emptying those hosts."""

from collections.abc import Sequence

from orchestrator.evacuation.errands import Errands, without
from orchestrator.model.host import HostName
from orchestrator.operations.doors import Doors


def leave_out(doors: Doors, hosts: Sequence[HostName], *, dry_run: bool = False) -> Errands:
    """Take these hosts out of all evacuations on record, and answer those that they were part of. A process that is at
    one of them just now goes on; what it leaves, nobody takes up. Raises store.*"""
    store = doors.store()
    while True:
        before, after = without(store.errands(), hosts)
        if not before or dry_run or store.change_errands(before, after):
            return before
